import { blockAround, seatsOf } from './neighbours.ts'
import type { Hall } from './hall.ts'

/** What a tap came to. */
export interface Tapped {
  readonly chosen: readonly number[]
  /** Why nothing, or less than wanted, was chosen: somebody has it, it is not what the filter shows, or so many do not sit together there. */
  readonly why?: 'TAKEN' | 'ASIDE' | 'APART'
}

/**
 * What a tap on a seat chooses, for a party of so many:
 * - a chosen one: it is let go, the others stay;
 * - while some of the party have no seat yet and others have: this one seat;
 * - else: as many neighbours as the party is around it, instead of what was chosen before; the one seat where so many are not side by side.
 */
export function tap(hall: Hall, seat: number, party: number): Tapped {
  const before = [...hall.chosen]
  if (hall.chosen.has(seat)) return { chosen: before.filter((other) => other !== seat) }
  if (!hall.isFree(seat)) return { chosen: before, why: 'TAKEN' }
  if (!hall.fits(seat)) return { chosen: before, why: 'ASIDE' }
  if (before.length > 0 && before.length < party) return { chosen: [...before, seat] }
  const block = blockAround(hall.plan, seat, party, hall.fits)
  return block ? { chosen: seatsOf(block) } : { chosen: [seat], why: 'APART' }
}

/** What is left of a choice when some of it is gone. */
export function withoutTaken(hall: Hall): { kept: number[]; gone: number[] } {
  const chosen = [...hall.chosen]
  return { kept: chosen.filter(hall.isFree), gone: chosen.filter((seat) => !hall.isFree(seat)) }
}
