import { freeRuns, leftAlone, type RowSeat } from './orphan-rule.ts'
import type { Point } from './seat.ts'

/** A seat as the choice of the best ones sees it. */
export interface PlacedSeat extends RowSeat, Point {}

/** A row with all its seats in order of position, and where its section wants its audience to look. */
export interface PlacedRow {
  seats: PlacedSeat[]
  focal: Point
}

/**
 * Ways to seat `quantity` people side by side in one row, best first: nearest the focal point. Ways that leave a single seat alone
 * are given only when there is no other.
 * @returns ids of seats, each way in order of position; [] when no row has that many neighbours left.
 */
export function rankBestSeats(rows: readonly PlacedRow[], quantity: number): string[][] {
  const ways = rows.flatMap(({ seats, focal }) =>
    freeRuns(seats).flatMap((run) =>
      windows(run, quantity).map((chosen) => {
        const ids = chosen.map((seat) => seat.id)
        return { ids, distance: distance(chosen, focal), tidy: leftAlone(run, new Set(ids)).length === 0 }
      }),
    ),
  )
  const tidy = ways.filter((way) => way.tidy)
  const best = tidy.length > 0 ? tidy : ways
  return best.sort((a, b) => a.distance - b.distance).map((way) => way.ids)
}

/** The most people that can still sit side by side. */
export const longestRun = (rows: readonly PlacedRow[]): number =>
  Math.max(0, ...rows.flatMap(({ seats }) => freeRuns(seats).map((run) => run.length)))

/** The front centre of a section. @param seats all of its seats, at least one. */
export function frontCentre(seats: readonly Point[]): Point {
  const xs = seats.map((seat) => seat.x)
  return { x: (min(xs) + max(xs)) / 2, y: min(seats.map((seat) => seat.y)) }
}

function windows<T>(run: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.max(0, run.length - size + 1) }, (_, at) => run.slice(at, at + size))
}

/** Square of the distance between the middle of the chosen seats and the focal point. */
function distance(chosen: readonly Point[], focal: Point): number {
  const middle = (of: (seat: Point) => number) =>
    chosen.reduce((sum, seat) => sum + of(seat), 0) / chosen.length
  return (middle((seat) => seat.x) - focal.x) ** 2 + (middle((seat) => seat.y) - focal.y) ** 2
}

// Spreading 100 000 numbers into Math.min would overflow the stack.
const min = (values: readonly number[]): number =>
  values.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY)
const max = (values: readonly number[]): number =>
  values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY)
