import { transaction } from '@karcis/kit/database'
import { idSchema } from '@karcis/kit/ids'
import { parseInput } from '@karcis/kit/validate'
import { expireHolds } from '../allocation/hold-ender.ts'
import type { Deps } from '../deps.ts'
import { lockEventCopy } from '../events/event-copy-store.ts'
import { findTicketTypesOfEvents } from '../inventory/ticket-type-store.ts'
import { closeStock, closeSeats, lockFreeSeats, lockUnsold } from '../inventory/unsold-store.ts'
import { publishRedrawn, publishStock } from '../live.ts'
import { MAP_TRANSACTION_MS } from './create-seat-map.ts'

/**
 * Takes everything of an event out of sale, for good, because it is about to be deleted: unless something of it was ever sold or given away, or somebody
 * holds a place just now. Whoever wants one in this moment comes before, and it is not, or after, and finds none.
 * @returns whether it is. @throws BadUserInput.
 */
export async function closeUnsold(deps: Deps, id: string): Promise<boolean> {
  const eventId = parseInput(idSchema, id, 'eventId')
  const types = (await findTicketTypesOfEvents(deps.db, [eventId])).get(eventId) ?? []
  await expireHolds(deps, { eventId, ticketTypeIds: types.map((type) => type.id) })
  const closed = await transaction(
    deps.db,
    async (tx) => {
      await lockEventCopy(tx, eventId) // nobody plans for it meanwhile
      await lockFreeSeats(tx, eventId)
      if (!(await lockUnsold(tx, eventId))) return null
      await closeStock(tx, eventId)
      return { revision: await closeSeats(tx, eventId) }
    },
    { timeoutMs: MAP_TRANSACTION_MS },
  )
  if (!closed) return false
  publishStock(deps.live, eventId)
  if (closed.revision !== null) publishRedrawn(deps.live, eventId, closed.revision)
  return true
}
