import { mapAsync } from '@karcis/kit/async-queue'
import { NotFound } from '@karcis/kit/errors'
import { type Change, createLive, type Live } from '@karcis/kit/live'
import type { BaseDeps } from '@karcis/kit/subgraph'
import type { Context } from './deps.ts'
import type { Db } from './database.ts'
import { type Event, maySee } from './event.ts'
import { findEvents } from './event-store.ts'
import { isId } from './input.ts'

/** How late news of a change is when Redis lost it. */
const POLL_MS = 5_000

/** An event that is gone for good has the last revision there is. */
const GONE = Number.MAX_SAFE_INTEGER

/** Changes of events; the revision of an event is its version. */
export type EventLive = Live<Change>

/** The live changes of this process; close them with it. */
export function createEventLive({ bus, log, db }: Pick<BaseDeps<Db>, 'bus' | 'log' | 'db'>): EventLive {
  return createLive<Change>({
    bus,
    log,
    channel: (id) => `event:${id}`,
    async read(id, since) {
      const [event] = await findEvents(db, [id])
      const revision = event?.version ?? GONE
      return revision > since ? { since, revision } : null
    },
    merge: (waiting, next) => ({ since: waiting.since, revision: next.revision }),
    pollMs: POLL_MS,
  })
}

/** Tells all watchers of a committed change. */
export function announce(ctx: Context, event: Event): Event {
  ctx.deps.live.publish(event.id, { since: event.version - 1, revision: event.version })
  return event
}

/** Tells all watchers that an event is gone. */
export function announceGone(ctx: Context, event: Event): void {
  ctx.deps.live.publish(event.id, { since: event.version, revision: GONE })
}

/** An event's state now and after every change of it, by id: the resolver reads it anew. @throws NotFound for what the viewer may not see. */
export async function watchEvent(
  ctx: Context,
  id: string,
): Promise<AsyncIterableIterator<{ eventChanged: string }>> {
  const event = isId(id) ? await ctx.loaders.event.load(id) : null
  if (!event || !maySee(event, ctx.viewer)) throw new NotFound('event', id)
  return mapAsync(ctx.deps.live.watch(id, 0), () => ({ eventChanged: id }))
}
