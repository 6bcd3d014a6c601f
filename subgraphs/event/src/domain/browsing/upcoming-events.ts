import { HELD_EVENTS, heldEvents, MOST_HELD_EVENTS } from '@karcis/kit/contracts/held-events'
import { ServiceUnavailable } from '@karcis/kit/errors'
import type { PageArgs } from '@karcis/kit/pagination'
import type { Viewer } from '@karcis/kit/service-token'
import { z } from 'zod'
import type { Deps } from '../deps.ts'
import { type EventPage, listUpcomingAmong } from '../events/event-list-store.ts'

/**
 * A page of the approved events that are not over and that the viewer has a valid ticket for, the soonest first.
 * @throws BadUserInput for the page; ServiceUnavailable when it cannot be told who has which tickets.
 */
export const listUpcomingEvents = async (deps: Deps, viewer: Viewer, page: PageArgs): Promise<EventPage> =>
  listUpcomingAmong(deps, await eventsHeldBy(deps, viewer.id), page)

async function eventsHeldBy({ clients }: Deps, userId: string): Promise<string[]> {
  if (!clients.ticket) throw new ServiceUnavailable()
  const ids: string[] = []
  for (;;) {
    const answer = await clients.ticket.query(HELD_EVENTS, {
      userId,
      after: ids.at(-1) ?? null,
      limit: MOST_HELD_EVENTS,
    })
    const found = z.object({ heldEvents }).parse(answer).heldEvents
    ids.push(...found)
    if (found.length < MOST_HELD_EVENTS) return ids
  }
}
