import { longestRun, type PlacedRow, rankBestSeats } from './best-seats.ts'
import { type ChoosableSeat, groupRows, nearest, type RowPlace, seatsOfRows } from './row-store.ts'
import type { Db } from '../database.ts'

/** Rows of the first reading; each that follows is twice as large, so that a full hall is read in few. */
const FIRST_ROWS = 8

/** Looks for the best seats of one ticket type from the nearest row outwards, and reads no further than it must. */
export interface SeatSearch {
  /**
   * The `want` best ways to sit (or all there are, when fewer), best first.
   * @returns seats in order of position; [] when no row has that many neighbours left.
   */
  best(want: number): Promise<ChoosableSeat[][]>
  /** Seats that turned out to be somebody else's. */
  lose(seatIds: readonly string[]): void
  /** What is left of all rows, once `best` has found nothing. */
  rest(): { remaining: number; adjacent: number }
}

/** @param places the rows, nearest first. @param quantity how many sit side by side. */
export function searchSeats(db: Db, places: readonly RowPlace[], quantity: number): SeatSearch {
  const rows: PlacedRow[] = []
  const seats = new Map<string, ChoosableSeat>()
  let read = 0

  async function readMore(): Promise<void> {
    const next = places.slice(read, read + Math.max(FIRST_ROWS, read))
    read += next.length
    const focals = new Map(next.map((place) => [place.sectionId, place.focal]))
    for (const row of groupRows(await seatsOfRows(db, next))) {
      for (const seat of row) seats.set(seat.id, seat)
      const focal = focals.get(row[0]?.sectionId ?? '')
      if (focal) rows.push({ seats: row, focal })
    }
  }

  return {
    async best(want) {
      for (;;) {
        const ways = rankBestSeats(rows, quantity).slice(0, want)
        const unread = places[read]
        const last = ways.at(want - 1)
        // No row that is not read yet can have a nearer way than the last of these.
        if (!unread || (last?.tidy && last.distance <= nearest(unread))) {
          return ways.map((way) => way.ids.flatMap((id) => seats.get(id) ?? []))
        }
        await readMore()
      }
    },
    lose(seatIds) {
      for (const id of seatIds) {
        const seat = seats.get(id)
        if (seat) seat.free = false
      }
    },
    rest: () => ({
      remaining: [...seats.values()].filter((seat) => seat.free).length,
      adjacent: longestRun(rows),
    }),
  }
}
