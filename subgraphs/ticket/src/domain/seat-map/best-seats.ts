import type { Db } from '../database.ts'
import { freeRuns, type RowSeat } from './orphan-rule.ts'
import { type ChoosableSeat, findRows, nearest, type RowLayout } from './row-store.ts'
import type { Point } from './seat.ts'

/** A row with all its seats in order of position, and the point that its audience faces. */
export interface FacingRow {
  seats: (RowSeat & Point)[]
  focal: Point
}

/** Seats side by side in one row that could be taken together. */
export interface SeatBlock {
  /** In order of position. */
  seatIds: string[]
  /** From the middle of the block to the focal point, squared. */
  distance: number
  /** Whether taking it would leave a single seat alone beside it. */
  leavesOrphan: boolean
}

/**
 * Blocks that seat `quantity` people side by side in one row, best first: nearest the focal point. Blocks that leave a single seat
 * alone come only when there are no others.
 * @returns [] when no row has that many neighbours left.
 */
export function rankBestSeats(rows: readonly FacingRow[], quantity: number): SeatBlock[] {
  const blocks = rows.flatMap(({ seats, focal }) =>
    freeRuns(seats).flatMap((run) =>
      windows(run, quantity).map((chosen, before): SeatBlock => {
        const after = run.length - before - quantity
        const seatIds = chosen.map((seat) => seat.id)
        return { seatIds, distance: distance(chosen, focal), leavesOrphan: before === 1 || after === 1 }
      }),
    ),
  )
  const clean = blocks.filter((block) => !block.leavesOrphan)
  return (clean.length > 0 ? clean : blocks).sort((a, b) => a.distance - b.distance)
}

/** The most people that can still sit side by side. */
export const longestRun = (rows: readonly FacingRow[]): number =>
  Math.max(0, ...rows.flatMap(({ seats }) => freeRuns(seats).map((run) => run.length)))

function windows<T>(run: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.max(0, run.length - size + 1) }, (_, at) => run.slice(at, at + size))
}

function distance(chosen: readonly Point[], focal: Point): number {
  const middle = (of: (seat: Point) => number) =>
    chosen.reduce((sum, seat) => sum + of(seat), 0) / chosen.length
  return (middle((seat) => seat.x) - focal.x) ** 2 + (middle((seat) => seat.y) - focal.y) ** 2
}

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

/** @param layouts the rows of the ticket type, nearest first. @param quantity how many sit side by side. */
export function searchSeats(
  db: Db,
  ticketTypeId: string,
  layouts: readonly RowLayout[],
  quantity: number,
): SeatSearch {
  const rows: FacingRow[] = []
  const seats = new Map<string, ChoosableSeat>()
  let read = 0

  async function readMore(): Promise<void> {
    const next = layouts.slice(read, read + Math.max(FIRST_ROWS, read))
    read += next.length
    const focals = new Map(next.map((row) => [row.sectionId, row.focal]))
    for (const row of await findRows(db, next)) {
      for (const seat of row) {
        seats.set(seat.id, seat)
        seat.free &&= seat.ticketTypeId === ticketTypeId // it may be sold as another since the rows were read
      }
      const focal = focals.get(row[0]?.sectionId ?? '')
      if (focal) rows.push({ seats: row, focal })
    }
  }

  return {
    async best(count) {
      for (;;) {
        const blocks = rankBestSeats(rows, quantity).slice(0, count)
        const unread = layouts[read]
        const last = blocks.at(count - 1)
        // No row that is still unread can have a block nearer than the last of these.
        if (!unread || (last && !last.leavesOrphan && last.distance <= nearest(unread)))
          return blocks.map((block) => block.seatIds.flatMap((id) => seats.get(id) ?? []))
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
