import { mapAsync } from '@karcis/kit/async-queue'
import { transaction } from '@karcis/kit/database'
import { NotFound } from '@karcis/kit/errors'
import type { Viewer } from '@karcis/kit/service-token'
import type { Deps } from '../deps.ts'
import { type Event, ifVisible } from '../events/event.ts'
import { upsertView } from '../events/view-store.ts'

/** Counts a view of an approved event; an owner's look at their unapproved one counts nothing. @throws NotFound. */
export async function recordEventView(deps: Deps, viewer: Viewer | null, id: string): Promise<Event> {
  const event = await visibleEvent(deps, viewer, id)
  if (event.status === 'APPROVED') await transaction(deps.db, (tx) => upsertView(tx, event.id))
  return event
}

/** The id of an event, now and after each of its changes, to be read afresh every time. @throws NotFound for what the viewer may not see. */
export async function watchEvent(
  deps: Deps,
  viewer: Viewer | null,
  id: string,
): Promise<AsyncIterableIterator<string>> {
  const event = await visibleEvent(deps, viewer, id)
  return mapAsync(deps.live.watch(event.id, 0), () => event.id)
}

async function visibleEvent(deps: Deps, viewer: Viewer | null, id: string): Promise<Event> {
  const event = ifVisible(await deps.batchedReads.event(id), viewer)
  if (!event) throw new NotFound('event', id)
  return event
}
