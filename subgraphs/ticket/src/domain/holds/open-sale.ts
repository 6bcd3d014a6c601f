import { NotFound, ServiceUnavailable } from '@karcis/kit/errors'
import type { Deps } from '../deps.ts'
import { EventNotBookable } from '../errors.ts'
import { refreshEventCopy } from '../events/event-copy.ts'
import type { TicketType } from '../inventory/ticket-type.ts'

/**
 * Ticket types of one event that takes bookings. What the local copy of the event would refuse is first asked of its owner:
 * the copy may be a moment behind.
 * @throws NotFound for an unknown type; EventNotBookable when the event is not approved, or over.
 */
export async function openTypes(
  deps: Deps,
  ticketTypeIds: readonly string[],
): Promise<Map<string, TicketType>> {
  const types = await load(deps, ticketTypeIds)
  const closed = [...types.values()].find((type) => !type.eventOpen)
  if (!closed) return types
  try {
    await refreshEventCopy(deps, closed.eventId)
  } catch (error) {
    if (!(error instanceof ServiceUnavailable)) throw error // its owner is away: the copy's word counts
  }
  const fresh = await load(deps, ticketTypeIds)
  if ([...fresh.values()].some((type) => !type.eventOpen)) throw new EventNotBookable(closed.eventId)
  return fresh
}

async function load(deps: Deps, ids: readonly string[]): Promise<Map<string, TicketType>> {
  const known = await deps.sharedReads.ticketTypes(ids)
  return new Map(
    ids.map((id) => {
      const type = known.get(id)
      if (!type) throw new NotFound('ticket type', id)
      return [id, type]
    }),
  )
}
