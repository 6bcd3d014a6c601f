import { describe, expect, it } from 'vitest'
import { longestRun, type FacingRow, rankBestSeats } from '../src/domain/seat-map/best-seats.ts'
import { orphansOf, type RuledSeat } from '../src/domain/seat-map/orphan-rule.ts'

/** A row as a picture: `.` free, `x` taken, `o` chosen (free before), a space is an aisle. */
function picture(row: string): { seats: RuledSeat[]; chosen: Set<string> } {
  const places = Array.from(row).map((sign, at) => ({
    id: String(at + 1),
    position: at + 1,
    free: sign !== 'x',
    accessible: false,
    sign,
  }))
  const seats = places.filter(({ sign }) => sign !== ' ')
  return {
    seats: seats.map(({ sign: _, ...seat }) => seat),
    chosen: new Set(seats.filter(({ sign }) => sign === 'o').map(({ id }) => id)),
  }
}

describe('a choice that leaves one seat alone', () => {
  it.for([
    // picture, seats left alone, why
    ['oo......', '', 'from the end of the row'],
    ['.oo.....', '1', 'one short of the end'],
    ['..oo....', '', 'two left at the end'],
    ['x.oo....', '2', 'one short of a taken seat'],
    ['x..oo...', '', 'two left before a taken seat'],
    ['oo.oo...', '3', 'one left between two chosen'],
    ['.oo.oo..', '1 4', 'two seats alone at once'],
    ['.oo. ....', '1 4', 'an aisle is an end'],
    ['x.x.oo..', '4', 'a seat that was alone before does not count'],
    ['.o...', '1', 'a single seat too'],
    ['oo.', '', 'yields: whichever two of three, one is left'],
    ['.oo', '', 'yields: the same from the other side'],
    ['o.', '', 'yields: whichever of two, one is left'],
    ['x.ox..x', '', 'yields: only twos are left for one'],
    ['x.ox.x..', '2', 'a single seat elsewhere in the row is the better choice for one'],
    ['oo.x....', '3', 'four elsewhere in the row are the better choice for two'],
    ['oo.x...x', '', 'yields: three elsewhere are no better for two'],
    ['oo.x..x', '3', 'exactly two elsewhere are better for two'],
    ['oooo', '', 'the whole row'],
    ['xox', '', 'the only seat'],
  ] as const)('%s leaves [%s]: %s', ([row, alone]) => {
    const { seats, chosen } = picture(row)
    expect(orphansOf(seats, chosen).join(' ')).toBe(alone)
  })
})

describe('the best seats', () => {
  /** Rows from front to back, looking at the middle of the front. */
  const hall = (...rows: string[]): FacingRow[] =>
    rows.map((row, y) => ({
      focal: { x: (rows[0]?.length ?? 0) / 2 + 0.5, y: 0 },
      seats: picture(row).seats.map((seat) => ({
        ...seat,
        id: `${y}:${seat.id}`,
        x: seat.position,
        y,
        companion: false,
        obstructed: false,
      })),
    }))
  const best = (quantity: number, ...rows: string[]) =>
    rankBestSeats(hall(...rows), { quantity, wheelchairs: 0 })[0]
      ?.seats.map(({ id }) => id)
      .join(' ')

  it('are in the middle of the front', () => {
    expect(best(2, '........', '........')).toBe('0:4 0:5')
    expect(best(1, '.......', '.......')).toBe('0:4')
  })

  it('are the nearest that are left', () => {
    expect(best(2, '...xx...', '........')).toBe('1:4 1:5')
  })

  it('leave nobody alone while there is another way', () => {
    expect(best(2, '.......')).toBe('0:3 0:4')
    expect(best(2, '..x...x..', '.........')).toBe('1:4 1:5')
    expect(best(2, 'x...xxx')).toBe('0:3 0:4')
  })

  it('are side by side, never across an aisle', () => {
    expect(best(3, '.. ...')).toBe('0:4 0:5 0:6')
    expect(best(4, '.. ..', 'xx.xx')).toBeUndefined()
    expect(longestRun(hall('.. ..', 'xx...'))).toBe(3)
  })
})
