import { describe, expect, it } from 'vitest'
import { orphansOf as serversOrphans } from '../../../../subgraphs/ticket/src/domain/seat-map/orphan-rule.ts'
import { PackedStatuses, packDelta } from '../../../../subgraphs/ticket/src/domain/seat-map/statuses.ts'
import { makeHall, randomOf } from '../demo/halls.ts'
import { tap, withoutTaken } from './choice.ts'
import { areStacked, floorsOf } from './floors.ts'
import { ACCESSIBLE, findSeat, type Geometry, GAP_BEFORE, planOf, seatLabel } from './geometry.ts'
import { GridIndex } from './grid-index.ts'
import { Hall, type Tier } from './hall.ts'
import { blocksOf, nearestTo } from './nearest.ts'
import { blockAround, orphansOf } from './neighbours.ts'
import { AVAILABLE, BLOCKED, HELD, readDelta, SOLD, unpackStatuses } from './statuses.ts'

const STATUSES = ['AVAILABLE', 'HELD', 'SOLD', 'BLOCKED'] as const

const TIER: Tier = {
  id: 'tier',
  name: 'Regular',
  description: null,
  price: 50_000,
  currency: 'IDR',
  onSale: true,
}

/** A hall of straight rows, as `A: ..x. ..` says it: x is taken, w free for a wheelchair, a space an aisle. */
function hallOf(...rows: string[]): Hall {
  const drawn = rows.map((row) => {
    const [label = '', seats = ''] = row.split(': ')
    const letters = Array.from(seats.replaceAll(' ', ''))
    const gaps: number[] = []
    let seat = 0
    for (const letter of seats) {
      if (letter === ' ') gaps.push(seat)
      else seat += 1
    }
    const accessible = letters.flatMap((letter, at) => (letter === 'w' ? [at] : []))
    return { label, letters, gaps, accessible }
  })
  const geometry: Geometry = {
    format: 'karcis-seat-geometry/1',
    seatSize: 20,
    seatCount: drawn.reduce((sum, { letters }) => sum + letters.length, 0),
    bounds: { x: 0, y: 0, width: 0, height: 0 },
    stage: null,
    floors: [],
    standing: [],
    labels: [],
    sections: [
      {
        name: 'Stalls',
        floor: null,
        outline: null,
        tables: [],
        rows: drawn.map(({ label, letters, gaps, accessible }, at) => ({
          label,
          count: letters.length,
          x: { from: 0, step: 24 },
          y: { from: at * 30, step: 0 },
          numbers: { from: 1, step: 1 },
          gaps,
          accessible,
        })),
      },
    ],
  }
  const statuses = drawn.flatMap(({ letters }) =>
    letters.map((letter) => (letter === 'x' ? SOLD : AVAILABLE)),
  )
  return new Hall(planOf(geometry), Uint8Array.from(statuses), () => TIER)
}

/** Seats by what is written on them, as `A-3`. */
const seatsNamed = (hall: Hall, ...names: string[]): number[] =>
  names.map((name) => findSeat(hall.plan, 'Stalls', name.slice(0, 1), Number(name.slice(2))))

const namesOf = (hall: Hall, seats: readonly number[]): string[] =>
  seats.map((seat) => `${hall.plan.rows[hall.plan.rowOf[seat] ?? 0]?.label}-${seatLabel(hall.plan, seat)}`)

describe('a drawing and its statuses', () => {
  it('unpacks the example of the documentation', () => {
    const plan = planOf({
      format: 'karcis-seat-geometry/1',
      seatSize: 20,
      seatCount: 4,
      bounds: { x: -40, y: 0, width: 60, height: 20 },
      stage: null,
      floors: [],
      labels: [],
      standing: [],
      sections: [
        {
          name: 'Stalls',
          floor: null,
          outline: null,
          tables: [],
          rows: [
            {
              label: 'A',
              count: 2,
              x: { from: -40, step: 60 },
              y: { from: 0, step: 0 },
              numbers: { from: 1, step: 1 },
              gaps: [1],
            },
            {
              label: 'B',
              count: 2,
              x: [-40, 20],
              y: [20, 17],
              numbers: { from: 1, step: 1 },
              labels: ['1', '1a'],
              accessible: [0],
            },
          ],
        },
      ],
    })
    expect([...plan.x]).toEqual([-40, 20, -40, 20])
    expect([...plan.y]).toEqual([0, 0, 20, 17])
    expect([...plan.flags]).toEqual([0, GAP_BEFORE, ACCESSIBLE, 0])
    expect([0, 1, 2, 3].map((seat) => seatLabel(plan, seat))).toEqual(['1', '2', '1', '1a'])
    expect(findSeat(plan, 'Stalls', 'B', 2)).toBe(3)
    expect(findSeat(plan, 'Stalls', 'C', 1)).toBe(-1)
  })

  it('reads what the server packs', () => {
    const random = randomOf(1)
    for (const count of [1, 3, 4, 5, 1_001]) {
      const statuses = Array.from({ length: count }, () => Math.floor(random() * 4))
      const packed = new PackedStatuses(count)
      for (const [seat, status] of statuses.entries()) packed.set(seat, STATUSES[status] ?? 'AVAILABLE')
      expect([...unpackStatuses(packed.toBase64(), count)]).toEqual(statuses)
      const changed = statuses.map((status, index) => ({ index, status: STATUSES[status] ?? 'AVAILABLE' }))
      const read: number[] = []
      readDelta(packDelta(changed), (seat, status) => read.push(seat, status))
      expect(read).toEqual(statuses.flatMap((status, seat) => [seat, status]))
    }
  })

  it('refuses statuses of fewer seats than are drawn', () => {
    expect(() => unpackStatuses(new PackedStatuses(8).toBase64(), 9)).toThrow(RangeError)
  })

  it.each(['cinema', 'theatre', 'stadium'] as const)(
    'finds in the %s what is near, and nothing else',
    (name) => {
      const { geometry } = makeHall(name)
      const { x, y, seatCount, box } = planOf(geometry)
      const index = new GridIndex(x, y)
      const random = randomOf(2)
      for (let round = 0; round < 40; round++) {
        const [left, top] = [
          box.left + random() * (box.right - box.left),
          box.top + random() * (box.bottom - box.top),
        ]
        const [right, bottom] = [left + random() * 400, top + random() * 400]
        const found: number[] = []
        index.within(left, top, right, bottom, (seat) => found.push(seat))
        const seats = Array.from({ length: seatCount }, (_, seat) => seat)
        const inside = seats.filter(
          (seat) =>
            (x.at(seat) ?? 0) >= left &&
            (x.at(seat) ?? 0) <= right &&
            (y.at(seat) ?? 0) >= top &&
            (y.at(seat) ?? 0) <= bottom,
        )
        expect(found.toSorted((a, b) => a - b)).toEqual(inside)
        expect(index.atMostWithin(left, top, right, bottom)).toBeGreaterThanOrEqual(inside.length)
        const distance = (seat: number) => ((x.at(seat) ?? 0) - left) ** 2 + ((y.at(seat) ?? 0) - top) ** 2
        const nearest = index.nearest(left, top, 50)
        const least = seats.reduce((best, seat) => Math.min(best, distance(seat)), 50 * 50)
        if (nearest === -1) expect(least).toBe(50 * 50)
        else expect(distance(nearest)).toBe(least)
      }
    },
  )
})

describe('who is left alone', () => {
  it('is what the server says, for any row and any choice', () => {
    const random = randomOf(3)
    let refused = 0
    for (let round = 0; round < 4_000; round++) {
      const letters = Array.from({ length: 3 + Math.floor(random() * 10) }, () => {
        const of = random()
        return `${random() < 0.12 ? ' ' : ''}${of < 0.35 ? 'x' : of < 0.4 ? 'w' : '.'}`
      })
      const hall = hallOf(`A: ${letters.join('').trim()}`)
      const free = hall.plan.rows[0]
        ? Array.from({ length: hall.plan.seatCount }, (_, at) => at).filter(hall.isFree)
        : []
      const chosen = new Set(free.filter(() => random() < 0.4))
      let position = 0
      const row = Array.from({ length: hall.plan.seatCount }, (_, seat) => {
        position += ((hall.plan.flags.at(seat) ?? 0) & GAP_BEFORE) === 0 ? 1 : 2
        return {
          id: String(seat),
          position,
          free: hall.isFree(seat),
          accessible: ((hall.plan.flags.at(seat) ?? 0) & ACCESSIBLE) !== 0,
        }
      })
      const expected =
        chosen.size === 0 ? [] : serversOrphans(row, new Set([...chosen].map(String))).map(Number)
      expect(orphansOf(hall.plan, chosen, hall.isFree)).toEqual(expected)
      if (expected.length > 0) refused += 1
    }
    expect(refused).toBeGreaterThan(200) // else this has compared nothing with nothing
  })

  it('decides which blocks are offered', () => {
    const hall = hallOf('A: .....', 'B: ...')
    const [a, b] = hall.plan.rows
    const blocks = (row: typeof a) =>
      (row ? blocksOf(hall.plan, row, 2, hall.isFree) : []).map(({ first }) => namesOf(hall, [first])[0])
    expect(blocks(a)).toEqual(['A-1', 'A-4']) // A-2 leaves A-1 alone, A-3 leaves A-5
    expect(blocks(b)).toEqual(['B-1', 'B-2']) // somebody is left alone in any case
  })

  it('moves the party over when there is room', () => {
    const hall = hallOf('A: ......')
    expect(blockAround(hall.plan, 1, 2, hall.isFree)).toEqual({ first: 0, count: 2 })
    expect(blockAround(hall.plan, 4, 2, hall.isFree)).toEqual({ first: 4, count: 2 })
  })

  it('seats nobody across an aisle or around a taken seat', () => {
    const hall = hallOf('A: .. ..', 'B: .x..')
    expect(blockAround(hall.plan, 1, 3, hall.isFree)).toBeNull()
    expect(blockAround(hall.plan, seatsNamed(hall, 'B-1')[0] ?? -1, 2, hall.isFree)).toBeNull()
  })

  it('offers the nearest seats side by side, and single ones where there are no others', () => {
    const hall = hallOf('A: xx..xx', 'B: ......', 'C: x.x.x.')
    const nearest = nearestTo(hall.plan, seatsNamed(hall, 'A-5', 'A-6'), 2, hall.isFree)
    expect(namesOf(hall, nearest ?? [])).toEqual(['B-5', 'B-6']) // right behind them
    const rare = hallOf('A: .x.x.x')
    expect(nearestTo(rare.plan, [5], 2, rare.isFree)).toEqual([4, 2])
    expect(nearestTo(rare.plan, [5], 4, rare.isFree)).toBeNull()
  })
})

describe('what a tap chooses', () => {
  const tapped = (hall: Hall, name: string, party: number) => {
    const { chosen, why } = tap(hall, seatsNamed(hall, name)[0] ?? -1, party)
    hall.choose(chosen)
    return { chosen: namesOf(hall, chosen), why }
  }

  it('seats the whole party side by side, and moves it with the next tap', () => {
    const hall = hallOf('A: ......', 'B: ......')
    expect(tapped(hall, 'A-1', 3).chosen).toEqual(['A-1', 'A-2', 'A-3'])
    expect(tapped(hall, 'B-6', 3).chosen).toEqual(['B-4', 'B-5', 'B-6'])
  })

  it('lets go of a chosen seat, then adds single ones until the party is full', () => {
    const hall = hallOf('A: ......', 'B: ......')
    tapped(hall, 'A-1', 2)
    expect(tapped(hall, 'A-2', 2).chosen).toEqual(['A-1'])
    expect(tapped(hall, 'B-4', 2).chosen).toEqual(['A-1', 'B-4'])
  })

  it('says why not', () => {
    const hall = hallOf('A: .x.x..')
    expect(tapped(hall, 'A-2', 1).why).toBe('TAKEN')
    expect(tapped(hall, 'A-3', 2)).toEqual({ chosen: ['A-3'], why: 'APART' })
    hall.show({ accessible: true, tier: null, maxPrice: null }, null)
    expect(tapped(hall, 'A-5', 1).why).toBe('ASIDE')
  })

  it('keeps of a choice what nobody else has taken', () => {
    const hall = hallOf('A: ......')
    hall.choose([0, 1, 2])
    hall.change([[1, HELD]])
    expect(withoutTaken(hall)).toEqual({ kept: [0, 2], gone: [1] })
  })
})

describe('a hall', () => {
  it('counts what is free as it changes', () => {
    const hall = hallOf('A: ..x.')
    expect(hall.freeOfSection[0]).toBe(3)
    hall.change([
      [0, HELD],
      [0, HELD],
      [2, AVAILABLE],
      [3, BLOCKED],
    ])
    expect(hall.freeOfSection[0]).toBe(2)
    expect(hall.freeOfTier(0)).toBe(2)
  })

  it('changes nothing by a change of a seat that it does not have', () => {
    const hall = hallOf('A: ....')
    expect(() =>
      hall.change([
        [0, SOLD],
        [4, SOLD],
      ]),
    ).toThrow(RangeError)
    expect([0, 1, 2, 3].map((seat) => hall.statusOf(seat))).toEqual([0, 0, 0, 0])
  })

  it('tells own held seats from those of others', () => {
    const hall = hallOf('A: ....')
    hall.change([
      [0, HELD],
      [1, HELD],
    ])
    hall.own([1])
    expect([0, 1, 2].map((seat) => hall.lookOf(seat))).toEqual(['held', 'mine', 'free'])
  })

  it('tells listeners which seats look otherwise, once', () => {
    const hall = hallOf('A: ....')
    const told: (readonly number[] | null)[] = []
    const end = hall.onChange((seats) => told.push(seats))
    hall.change([
      [0, AVAILABLE],
      [1, HELD],
    ])
    hall.choose([2])
    hall.choose([2, 3])
    hall.replace(Uint8Array.from([0, 0, 0, 0]))
    end()
    hall.choose([])
    expect(told).toEqual([[1], [2], [3], null])
  })
})

describe('floors', () => {
  const boxes = (...boxes: [left: number, top: number, right: number, bottom: number][]) =>
    boxes.map(([left, top, right, bottom], at) => ({
      id: String(at),
      name: '',
      box: { left, top, right, bottom },
    }))

  it('are looked at one by one where one is drawn above the other', () => {
    expect(areStacked(boxes([0, 0, 100, 100], [10, 10, 90, 90]))).toBe(true)
    expect(areStacked(boxes([0, 0, 100, 100], [0, 90, 100, 200]))).toBe(false)
    expect(areStacked(floorsOf(planOf(makeHall('theatre').geometry)))).toBe(false)
  })
})
