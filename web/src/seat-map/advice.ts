import type { Hall } from './engine/hall.ts'
import { nearestTo } from './engine/nearest.ts'

export { SeatNote } from './seat-note.tsx'

/** As many seats near others that can be had, and are none of `except`; null where there are not so many. */
export function seatsInstead(
  hall: Hall,
  near: readonly number[],
  except: readonly number[],
  party: number,
): number[] | null {
  if (near.length === 0) return null
  // Where only some are gone the others stay, and what replaces them is beside them if it can be.
  const kept = except.length > 0 ? [...hall.chosen] : []
  const free = (seat: number) => hall.fits(seat) && !except.includes(seat) && !kept.includes(seat)
  return nearestTo(hall.plan, near, Math.max(1, party - kept.length), free)
}
