import { transaction } from '@karcis/kit/database'
import { idSchema } from '@karcis/kit/ids'
import { parseInput } from '@karcis/kit/validate'
import type { Deps } from '../deps.ts'
import { updateFrozen } from '../tickets/ticket-store.ts'

/** Lets the tickets of a booking admit nobody for the time being, or lets them again. There may be none. */
export async function freezeTickets({ db }: Deps, id: string, frozen: boolean): Promise<true> {
  const bookingId = parseInput(idSchema, id, 'bookingId')
  await transaction(db, (tx) => updateFrozen(tx, bookingId, frozen))
  return true
}
