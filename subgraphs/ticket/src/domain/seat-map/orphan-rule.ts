import type { Point } from './seat.ts'

/** A seat of a row as far as the rule needs it. */
export interface RowSeat {
  id: string
  /** Neighbours differ by 1; a gap is an aisle. */
  position: number
  free: boolean
}

/** A seat with all that the rule goes by. */
export interface RuledSeat extends RowSeat {
  /** Whether a wheelchair fits in its place. */
  accessible: boolean
}

/** A seat as far as its place decides who is best given it. */
export interface RankedSeat extends RuledSeat, Point {
  /** Beside an accessible one, for whoever comes along. */
  companion: boolean
  obstructed: boolean
}

/**
 * The seats of one row that a choice would leave alone: free, with the choice on one side and the choice, a taken seat, an aisle or
 * the end of the row on the other. None when the row has no better choice of as many seats in as few blocks: the rule must not make
 * seats unsellable. None either for a choice with a seat in whose place a wheelchair fits, since that cannot move over.
 * @param row all seats of the row, or the free ones, in order of position. @param chosen ids of seats of this row, all free.
 */
export function orphansOf(row: readonly RuledSeat[], chosen: ReadonlySet<string>): string[] {
  const orphans = leftAlone(row, chosen)
  if (orphans.length === 0) return []
  const taken = row.filter((seat) => chosen.has(seat.id))
  if (taken.some((seat) => seat.accessible)) return []
  return cleanChoice(row, taken.length, blocksOf(taken).length) ? orphans : []
}

/** How far from a choice seats can be that decide whether it leaves any alone. */
export const ORPHAN_REACH = 2

/**
 * Free seats that the choice would leave without a free neighbour, and that touch the choice.
 * @param row seats of one row in order of position: at least all within ORPHAN_REACH of the choice.
 */
export function leftAlone(row: readonly RowSeat[], chosen: ReadonlySet<string>): string[] {
  return row
    .filter((seat, at) => {
      if (!seat.free || chosen.has(seat.id)) return false
      const sides = [neighbour(row, at, -1), neighbour(row, at, 1)]
      const isOpen = (side: RowSeat | null) => side?.free === true && !chosen.has(side.id)
      return !sides.some(isOpen) && sides.some((side) => side !== null && chosen.has(side.id))
    })
    .map((seat) => seat.id)
}

/** Runs of free neighbours, in order. */
export const freeRuns = <T extends RowSeat>(row: readonly T[]): T[][] =>
  blocksOf(row.filter((seat) => seat.free))

/** Seats in order of position, as runs of neighbours. */
export function blocksOf<T extends { position: number }>(seats: readonly T[]): T[][] {
  const blocks: T[][] = []
  let last: T | null = null
  for (const seat of seats) {
    if (last && seat.position === last.position + 1) blocks.at(-1)?.push(seat)
    else blocks.push([seat])
    last = seat
  }
  return blocks
}

/**
 * So many free seats of a row in at most so many blocks that leave nobody alone; null when there are none. Each is a whole run of free
 * neighbours, or the beginning of one of which two or more are left: more blocks of one run would give no other numbers.
 */
export function cleanChoice<T extends RowSeat>(
  row: readonly T[],
  quantity: number,
  most: number,
): T[] | null {
  // By how many seats are chosen so far: those with the fewest blocks.
  let choices = new Map<number, { blocks: number; seats: readonly T[] }>([[0, { blocks: 0, seats: [] }]])
  for (const run of freeRuns(row)) {
    const next = new Map(choices)
    for (const [before, { blocks, seats }] of choices) {
      if (blocks === most) continue
      for (let take = 1; take <= Math.min(run.length, quantity - before); take++) {
        if (take === run.length - 1 || (next.get(before + take)?.blocks ?? Infinity) <= blocks + 1) continue
        next.set(before + take, { blocks: blocks + 1, seats: [...seats, ...run.slice(0, take)] })
      }
    }
    choices = next
  }
  const found = choices.get(quantity)
  return found ? [...found.seats] : null
}

function neighbour(row: readonly RowSeat[], at: number, step: 1 | -1): RowSeat | null {
  const seat = row[at]
  const next = row[at + step]
  return seat && next && next.position === seat.position + step ? next : null
}
