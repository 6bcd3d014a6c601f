import { list } from '../texts/format.ts'
import type { seatMap } from '../texts/id/seat-map.ts'
import type { Same } from '../texts/same.ts'
import {
  ACCESSIBLE,
  COMPANION,
  hasFlag,
  OBSTRUCTED,
  rowOfSeat,
  seatLabel,
  type SeatPlan,
} from './engine/geometry.ts'

export type SeatTexts = Same<typeof seatMap>

/** A seat in words, as `Premium, baris B, kursi 12`. */
export function nameOf(t: SeatTexts, plan: SeatPlan, seat: number): string {
  const row = rowOfSeat(plan, seat)
  return t.seat(plan.sections[row.section]?.name ?? '', row.label, seatLabel(plan, seat))
}

/** Several in few letters, as `B-12, B-13`. */
export const shortNames = (t: SeatTexts, plan: SeatPlan, seats: readonly number[]): string =>
  list(
    seats
      .toSorted((a, b) => a - b)
      .map((seat) => t.short(rowOfSeat(plan, seat).label, seatLabel(plan, seat))),
  )

/** What is particular of a seat. */
export function traitsOf(plan: SeatPlan, seat: number): ('accessible' | 'companion' | 'obstructed')[] {
  const traits = [
    ['accessible', ACCESSIBLE],
    ['companion', COMPANION],
    ['obstructed', OBSTRUCTED],
  ] as const
  return traits.flatMap(([trait, flag]) => (hasFlag(plan, seat, flag) ? [trait] : []))
}
