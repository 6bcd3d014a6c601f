import { createHash } from 'node:crypto'
import { mapAsync } from '@karcis/kit/async-queue'
import { transaction } from '@karcis/kit/database'
import { BadUserInput, NotFound } from '@karcis/kit/errors'
import { idSchema } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { parseInput } from '@karcis/kit/validate'
import type { Deps } from '../deps.ts'
import { type Event, ifVisible } from '../events/event.ts'
import { upsertView } from '../events/view-store.ts'
import { isSlug } from '@karcis/kit/slugs'

/**
 * One event that the viewer may see, by its id or by its slug, in any case.
 * @returns null when there is none, or it is not for the viewer.
 * @throws BadUserInput unless exactly one of the two is given.
 */
export async function findEvent(
  { batchedReads }: Deps,
  viewer: Viewer | null,
  { id, slug }: { id?: string | null; slug?: string | null },
): Promise<Event | null> {
  if ((id == null) === (slug == null)) {
    const path = id == null ? 'id' : 'slug'
    throw new BadUserInput([{ path, message: 'exactly one of id and slug must be given' }])
  }
  if (id != null) return ifVisible(await batchedReads.event(id), viewer)
  const wanted = slug?.toLowerCase() ?? ''
  return ifVisible(isSlug(wanted) ? ((await batchedReads.eventBySlug(wanted)) ?? null) : null, viewer)
}

/** Who looks at an event, as far as that is known. */
export interface Visitor {
  viewer: Viewer | null
  /** Of the network; null when nobody has told it. */
  address: string | null
  /** Whether this is the first view in its request: of somebody of whom nothing is known, only that counts. */
  first: boolean
}

const HOUR_SECONDS = 3_600

/**
 * Counts a view of an approved event: of each person, or of each address, once an hour. An owner's look at their unapproved one
 * counts nothing. While Redis is away, nor does any other: who was here is remembered there, and only there.
 * @throws NotFound.
 */
export async function recordEventView(deps: Deps, visitor: Visitor, id: string): Promise<Event> {
  const event = await visibleEvent(deps, visitor.viewer, parseInput(idSchema, id, 'id'))
  if (event.status === 'APPROVED' && (await isNewView(deps, visitor, event.id))) {
    await transaction(deps.db, (tx) => upsertView(tx, event.id))
  }
  return event
}

async function isNewView({ redis, log }: Deps, visitor: Visitor, eventId: string): Promise<boolean> {
  const who = visitor.viewer?.id ?? visitor.address
  if (who === null) return visitor.first
  const key = `view:${eventId}:${createHash('sha256').update(who).digest('base64url')}`
  try {
    return (await redis.set(key, '', 'EX', HOUR_SECONDS, 'NX')) === 'OK'
  } catch (error) {
    log.debug({ reason: (error as Error).message }, 'view not counted')
    return false
  }
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
