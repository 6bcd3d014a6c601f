import { idSchema } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { parseInput } from '@karcis/kit/validate'
import type { Deps } from '../deps.ts'
import type { Event } from '../events/event.ts'
import { visibleEvent } from './view-event.ts'

/** What is read once is in memory for a while: seat maps in the ticket subgraph for 15 s. */
const ONCE_IN_SECONDS = 10

/** What the page of an event asks the ticket subgraph for, as somebody who looks around. */
const SALE = `query PreloadedSale($eventId: ID!) {
  ticketTypesByEvent(eventId: $eventId) { id available } seatMap(eventId: $eventId) { revision statuses } }`

/**
 * Reads what the page of an approved event needs before it is asked for, for everybody at most once in ten seconds, and gives the event.
 * Where something of it cannot be read, or Redis is away, the page itself will have to read it. @throws NotFound, BadUserInput
 */
export async function preloadEvent(deps: Deps, viewer: Viewer | null, id: string): Promise<Event> {
  const event = await visibleEvent(deps, viewer, parseInput(idSchema, id, 'id'))
  if (event.status !== 'APPROVED' || !(await isDue(deps, event.id))) return event
  const { batchedReads: reads, clients, log } = deps
  const read = await Promise.allSettled([
    reads.category(event.categoryId),
    reads.rating(event.id),
    event.venueId === null ? null : reads.venue(event.venueId),
    event.roomId === null ? null : reads.room(event.roomId),
    event.locationId === null ? null : reads.location(event.locationId),
    clients.ticket?.query(SALE, { eventId: event.id }),
  ])
  for (const part of read)
    if (part.status === 'rejected')
      log.debug({ eventId: event.id, reason: String(part.reason) }, 'not preloaded')
  return event
}

async function isDue({ redis, log }: Deps, eventId: string): Promise<boolean> {
  try {
    return (await redis.set(`preload:${eventId}`, '', 'EX', ONCE_IN_SECONDS, 'NX')) === 'OK'
  } catch (error) {
    log.debug({ reason: (error as Error).message }, 'not preloaded')
    return false
  }
}
