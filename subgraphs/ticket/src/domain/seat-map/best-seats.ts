import { freeRuns, type RowSeat } from './orphan-rule.ts'
import type { Point } from './seat.ts'

/** A seat as the choice of the best ones sees it. */
export interface PlacedSeat extends RowSeat, Point {}

/** A row with all its seats in order of position, and where its section wants its audience to look. */
export interface PlacedRow {
  seats: PlacedSeat[]
  focal: Point
}

/** Seats side by side in one row. `distance` is the square of theirs to where the row looks. */
export interface Way {
  ids: string[]
  distance: number
  /** Whether it leaves no single seat alone. */
  tidy: boolean
}

/**
 * Ways to seat `quantity` people side by side in one row, best first: nearest the focal point. Ways that leave a single seat alone
 * are given only when there is no other.
 * @returns ids in order of position; [] when no row has that many neighbours left.
 */
export function rankBestSeats(rows: readonly PlacedRow[], quantity: number): Way[] {
  const ways = rows.flatMap(({ seats, focal }) =>
    freeRuns(seats).flatMap((run) =>
      windows(run, quantity).map((chosen, before): Way => {
        const after = run.length - before - quantity
        const ids = chosen.map((seat) => seat.id)
        return { ids, distance: distance(chosen, focal), tidy: before !== 1 && after !== 1 }
      }),
    ),
  )
  const tidy = ways.filter((way) => way.tidy)
  return (tidy.length > 0 ? tidy : ways).sort((a, b) => a.distance - b.distance)
}

/** The most people that can still sit side by side. */
export const longestRun = (rows: readonly PlacedRow[]): number =>
  Math.max(0, ...rows.flatMap(({ seats }) => freeRuns(seats).map((run) => run.length)))

function windows<T>(run: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.max(0, run.length - size + 1) }, (_, at) => run.slice(at, at + size))
}

/** Square of the distance between the middle of the chosen seats and the focal point. */
function distance(chosen: readonly Point[], focal: Point): number {
  const middle = (of: (seat: Point) => number) =>
    chosen.reduce((sum, seat) => sum + of(seat), 0) / chosen.length
  return (middle((seat) => seat.x) - focal.x) ** 2 + (middle((seat) => seat.y) - focal.y) ** 2
}
