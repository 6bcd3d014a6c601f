import { createHash } from 'node:crypto'
import { mapAsync } from '@karcis/kit/async-queue'
import { transaction } from '@karcis/kit/database'
import { BadUserInput, NotFound } from '@karcis/kit/errors'
import { idSchema, isId } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { parseInput } from '@karcis/kit/validate'
import type { Tx } from '../database.ts'
import type { Deps } from '../deps.ts'
import { type Event, ifVisible } from '../events/event.ts'
import { insertBuyers, raisePopularity, upsertView, WEIGHT } from '../events/view-store.ts'
import { isSlug } from '@karcis/kit/slugs'

/**
 * One event that the viewer may see, by its id or by its slug, in any case. Its id does for a slug too: links of mails are made where no more is known of it.
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
  const wanted = slug?.toLowerCase() ?? ''
  const known = id ?? (isId(wanted) ? wanted : null)
  const byId = known === null ? null : await batchedReads.event(known)
  if (byId || id != null) return ifVisible(byId ?? null, viewer)
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
 * Counts a view of an approved event: of each person, or of each address, once an hour. It makes the event more popular unless somebody
 * has looked from the same network within the hour, so nobody does that with many accounts. An owner's look at their unapproved one
 * counts nothing. While Redis is away, nor does any other: who was here is remembered there, and only there.
 * @throws NotFound.
 */
export async function recordEventView(deps: Deps, visitor: Visitor, id: string): Promise<Event> {
  const event = await visibleEvent(deps, visitor.viewer, parseInput(idSchema, id, 'id'))
  const { viewer, address, first } = visitor
  const who = viewer?.id ?? address
  if (event.status !== 'APPROVED' || !(who === null ? first : await isFirst(deps, event.id, who)))
    return event
  const raises = address !== null && (await isFirst(deps, event.id, `network ${address}`))
  await transaction(deps.db, async (tx) => {
    await upsertView(tx, event.id)
    if (raises) await raisePopularity(tx, event.id, WEIGHT.view)
  })
  return event
}

/** Takes in who has bought tickets of an event: each of them makes it more popular, once. */
export async function noteBuyers(tx: Tx, eventId: string, userIds: readonly string[]): Promise<void> {
  const added = await insertBuyers(tx, eventId, userIds)
  if (added > 0) await raisePopularity(tx, eventId, added * WEIGHT.buyer)
}

/** Whether nobody has looked at an event under this name within the hour. */
async function isFirst({ redis, log }: Deps, eventId: string, who: string): Promise<boolean> {
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

/** @throws NotFound for what the viewer may not see. */
export async function visibleEvent(deps: Deps, viewer: Viewer | null, id: string): Promise<Event> {
  const event = ifVisible(await deps.batchedReads.event(id), viewer)
  if (!event) throw new NotFound('event', id)
  return event
}
