import type { Row, SeatPlan } from './geometry.ts'
import { freeRuns, type IsFree, orphansOf, type Run, seatsOf } from './neighbours.ts'

/** Blocks of so many free neighbours of a row, from the left; those that would leave nobody alone only, where there are any. */
export function blocksOf(plan: SeatPlan, row: Row, size: number, free: IsFree): Run[] {
  const all = freeRuns(plan, row, free).flatMap(({ first, count }) =>
    Array.from({ length: Math.max(0, count - size + 1) }, (_, at) => ({ first: first + at, count: size })),
  )
  const clean = all.filter((block) => orphansOf(plan, new Set(seatsOf(block)), free).length === 0)
  return clean.length > 0 ? clean : all
}

/**
 * So many free seats nearest to some others: side by side in one row where there are any near, else one by one.
 * @param around the seats that were wanted. @returns null when there are not so many.
 */
export function nearestTo(
  plan: SeatPlan,
  around: readonly number[],
  size: number,
  free: IsFree,
): number[] | null {
  const middle = (axis: Float32Array) =>
    around.reduce((sum, seat) => sum + (axis[seat] ?? 0), 0) / (around.length || 1)
  const [x, y] = [middle(plan.x), middle(plan.y)]
  const distance = (seat: number) => ((plan.x[seat] ?? 0) - x) ** 2 + ((plan.y[seat] ?? 0) - y) ** 2
  let [best, least]: [number[] | null, number] = [null, Infinity]
  for (const row of plan.rows) {
    const runs = freeRuns(plan, row, free).filter(({ count }) => count >= size)
    // A row of which no seat is nearer than the best so far cannot be better.
    for (const { first, count } of runs)
      for (let at = first; at + size <= first + count; at++) {
        const far = (distance(at) + distance(at + size - 1)) / 2
        if (far >= least) continue
        const seats = seatsOf({ first: at, count: size })
        if (orphansOf(plan, new Set(seats), free).length > 0) continue
        best = seats
        least = far
      }
  }
  if (best) return best
  const single: number[] = []
  for (let seat = 0; seat < plan.seatCount; seat++) if (free(seat)) single.push(seat)
  if (single.length < size) return null
  return single.toSorted((a, b) => distance(a) - distance(b)).slice(0, size)
}
