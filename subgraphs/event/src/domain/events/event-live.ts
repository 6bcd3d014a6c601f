import { CHANNELS } from '@karcis/kit/contracts/channels'
import { type Change, createLive, type Live } from '@karcis/kit/live'
import type { BaseDeps } from '@karcis/kit/subgraph'
import type { Db } from '../database.ts'
import type { Event } from './event.ts'
import { findEvents } from './event-store.ts'

/** How late a live change is when Redis has lost it. */
const POLL_MS = 5_000

/** An event that is gone for good has the last revision there is. */
const GONE = Number.MAX_SAFE_INTEGER

/** Live changes of events; the revision of an event is its version. */
export type EventLive = Live<Change>

/** The live changes of this process; close them with it. */
export function createEventLive({ bus, log, db }: Pick<BaseDeps<Db>, 'bus' | 'log' | 'db'>): EventLive {
  return createLive<Change>({
    bus,
    log,
    channel: CHANNELS.event,
    async read(id, since) {
      const event = (await findEvents(db, [id])).get(id)
      const revision = event?.version ?? GONE
      return revision > since ? { since, revision } : null
    },
    merge: (waiting, next) => ({ since: waiting.since, revision: next.revision }),
    pollMs: POLL_MS,
  })
}

/** Publishes a committed change to all who watch the event. */
export const publishChange = (live: EventLive, { id, version }: Event): void =>
  live.publish(id, { since: version - 1, revision: version })

/** Publishes to all who watch an event that it is gone. */
export const publishGone = (live: EventLive, { id, version }: Event): void =>
  live.publish(id, { since: version, revision: GONE })
