import { freeRuns, type RankedSeat } from './orphan-rule.ts'
import { type ChoosableSeat, nearest, type RowLayout } from './row-store.ts'
import type { Point } from './seat.ts'

/** A row with its seats, or the free ones, in order of position, and the point that its audience faces. */
export interface FacingRow<T extends RankedSeat = RankedSeat> {
  seats: T[]
  focal: Point
}

/** People who want to sit side by side. */
export interface Party {
  quantity: number
  /** How many of them need a seat in whose place a wheelchair fits. */
  wheelchairs: number
}

/** Seats side by side in one row that could be taken together. */
export interface SeatBlock<T extends RankedSeat = RankedSeat> {
  /** In order of position. */
  seats: T[]
  /** From the middle of the block to the focal point, squared. */
  distance: number
  /** Whether taking it would leave a single seat alone beside it. */
  leavesOrphan: boolean
  /** What speaks against it, worst first: 0 for nothing. Blocks are compared by this, then by their distance. */
  drawback: number
}

/**
 * What speaks against a block: that it leaves a single seat alone, above all; then how many places for wheelchairs, or seats beside
 * these, it would take from those who need them; then from how many seats not everything is seen.
 */
const drawbackOf = (leavesOrphan: boolean, wasted: number, obstructed: number): number =>
  (leavesOrphan ? 1_000_000 : 0) + wasted * 1_000 + obstructed

/**
 * Blocks that seat a party side by side in one row, best first: of those against which least speaks, the nearest to the focal point.
 * Others come only when there are none of these.
 * @returns [] when no row has that many neighbours left, with as many places for wheelchairs among them.
 */
export function rankBestSeats<T extends RankedSeat>(
  rows: readonly FacingRow<T>[],
  party: Party,
): SeatBlock<T>[] {
  const blocks = rows.flatMap((row) => blocksFor(row, party))
  const least = Math.min(...blocks.map((block) => block.drawback))
  return blocks.filter(({ drawback }) => drawback === least).sort((a, b) => a.distance - b.distance)
}

/** Every block of one row that seats a party. */
export function blocksFor<T extends RankedSeat>(
  { seats, focal }: FacingRow<T>,
  { quantity, wheelchairs }: Party,
): SeatBlock<T>[] {
  return freeRuns(seats).flatMap((run) =>
    windows(run, quantity).flatMap((chosen, before): SeatBlock<T>[] => {
      const accessible = chosen.filter((seat) => seat.accessible).length
      if (accessible < wheelchairs) return []
      const after = run.length - before - quantity
      const leavesOrphan = before === 1 || after === 1
      const companions = wheelchairs > 0 ? 0 : chosen.filter((seat) => seat.companion).length
      const obstructed = chosen.filter((seat) => seat.obstructed).length
      const drawback = drawbackOf(leavesOrphan, accessible - wheelchairs + companions, obstructed)
      return [{ seats: chosen, distance: squared(middleOf(chosen), focal), leavesOrphan, drawback }]
    }),
  )
}

/** The most people that can still sit side by side. */
export const longestRun = (rows: readonly FacingRow[]): number =>
  Math.max(0, ...rows.flatMap(({ seats }) => freeRuns(seats).map((run) => run.length)))

function windows<T>(run: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.max(0, run.length - size + 1) }, (_, at) => run.slice(at, at + size))
}

/** The middle of some seats. */
export function middleOf(seats: readonly Point[]): Point {
  const mean = (of: (seat: Point) => number) => seats.reduce((sum, seat) => sum + of(seat), 0) / seats.length
  return { x: mean((seat) => seat.x), y: mean((seat) => seat.y) }
}

/** How far two places are from each other, squared. */
export const squared = (a: Point, b: Point): number => (a.x - b.x) ** 2 + (a.y - b.y) ** 2

/** Rows of the first read; each read after it takes twice as many, so that a full hall is read in few. */
const FIRST_ROWS = 8

/** Searches one ticket type for its best seats from the nearest row outwards, and reads no further than it must. */
export interface SeatSearch {
  /**
   * The `count` best blocks (or all there are, when fewer), best first.
   * @returns the seats of each block in order of position; [] when no row has that many neighbours left.
   */
  best(count: number): Promise<ChoosableSeat[][]>
  /** Counts seats as taken that turned out to be somebody else's. */
  exclude(seatIds: readonly string[]): void
  /** What is left in all rows, once `best` has found nothing. */
  remainder(): { remaining: number; adjacent: number }
}

/** Reads rows, each with its free seats in order. */
export type ReadRows = (layouts: readonly RowLayout[]) => Promise<ChoosableSeat[][]>

/** @param layouts the rows of the ticket type, nearest first. */
export function searchSeats(
  readRows: ReadRows,
  ticketTypeId: string,
  layouts: readonly RowLayout[],
  party: Party,
): SeatSearch {
  const rows: FacingRow<ChoosableSeat>[] = []
  const seats = new Map<string, ChoosableSeat>()
  const leastUnread = leastDrawbacks(layouts, party)
  let read = 0

  async function readMore(): Promise<void> {
    const next = layouts.slice(read, read + Math.max(FIRST_ROWS, read))
    read += next.length
    const focals = new Map(next.map((row) => [row.sectionId, row.focal]))
    for (const row of await readRows(next)) {
      for (const seat of row) {
        seats.set(seat.id, seat)
        seat.free &&= seat.ticketTypeId === ticketTypeId // it may be sold as another since the rows were read
      }
      const focal = focals.get(row[0]?.sectionId ?? '')
      if (focal) rows.push({ seats: row, focal })
    }
  }

  /** Whether no row that is still unread can have a block before this one. */
  function isSettled(last: SeatBlock | undefined): boolean {
    const unread = layouts[read]
    const least = leastUnread[read]
    if (!unread || least === undefined) return true
    if (!last || last.drawback > least) return false
    return last.drawback < least || last.distance <= nearest(unread)
  }

  return {
    async best(count) {
      for (;;) {
        const blocks = rankBestSeats(rows, party).slice(0, count)
        if (isSettled(blocks.at(count - 1))) return blocks.map((block) => block.seats)
        await readMore()
      }
    },
    exclude(seatIds) {
      for (const id of seatIds) {
        const seat = seats.get(id)
        if (seat) seat.free = false
      }
    },
    remainder: () => ({
      remaining: [...seats.values()].filter((seat) => seat.free).length,
      adjacent: longestRun(rows),
    }),
  }
}

/** For each row what speaks against any block of it and of all rows behind it, at least. */
function leastDrawbacks(layouts: readonly RowLayout[], { quantity }: Party): number[] {
  const least = layouts.map((row) => (row.obstructed ? quantity : 0))
  for (let at = least.length - 2; at >= 0; at--) least[at] = Math.min(least[at] ?? 0, least[at + 1] ?? 0)
  return least
}
