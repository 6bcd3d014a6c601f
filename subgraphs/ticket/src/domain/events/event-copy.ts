import { NotFound, ServiceUnavailable } from '@karcis/kit/errors'
import { z } from 'zod'
import type { Deps } from '../deps.ts'
import type { EventCopy } from '../../generated/prisma/client.ts'
import { type Tx, transact } from '../database.ts'

/** An event as this subgraph refers to it. */
export interface EventRef {
  id: string
}

/** A user as this subgraph refers to it. */
export interface UserRef {
  id: string
}

/** What the event subgraph tells of an event, by `event.changed` and by `eventForSale`. */
export const eventForSale = z.object({
  id: z.uuid(),
  organizerId: z.uuid(),
  title: z.string(),
  status: z.string(),
  startsAt: z.coerce.date(),
  endsAt: z.coerce.date(),
  currency: z.string(),
  timezone: z.string(),
  roomId: z.uuid().nullish(),
  version: z.number().int(),
})
export type EventForSale = z.infer<typeof eventForSale>

/** Takes in what was told of an event when it is newer than what is known. It may open or close sales, so stock counts as changed. */
export async function takeEventCopy(tx: Tx, event: EventForSale): Promise<void> {
  await tx.$executeRaw`INSERT INTO event_copies AS known
      (id, organizer_id, title, status, starts_at, ends_at, currency, timezone, room_id, version)
    VALUES (${event.id}::uuid, ${event.organizerId}::uuid, ${event.title}, ${event.status}, ${event.startsAt}, ${event.endsAt},
      ${event.currency}, ${event.timezone}, ${event.roomId ?? null}::uuid, ${event.version})
    ON CONFLICT (id) DO UPDATE SET organizer_id = EXCLUDED.organizer_id, title = EXCLUDED.title, status = EXCLUDED.status,
      starts_at = EXCLUDED.starts_at, ends_at = EXCLUDED.ends_at, currency = EXCLUDED.currency, timezone = EXCLUDED.timezone,
      room_id = EXCLUDED.room_id, version = EXCLUDED.version, stock_base = known.stock_base + 1
    WHERE EXCLUDED.version > known.version`
}

const EVENT_FOR_SALE = `query EventForSale($id: ID!) {
  eventForSale(id: $id) { id organizerId title status startsAt endsAt currency timezone roomId version }
}`

/**
 * Asks the event subgraph for the newest of an event and keeps it.
 * @returns whether there is such an event.
 * @throws ServiceUnavailable when it does not answer.
 */
export async function refreshEventCopy(deps: Deps, eventId: string): Promise<boolean> {
  const client = deps.clients.event
  if (!client) throw new ServiceUnavailable()
  const answer = await client.query<{ eventForSale: unknown }>(EVENT_FOR_SALE, { id: eventId })
  if (!answer.eventForSale) return false
  const event = eventForSale.parse(answer.eventForSale)
  await transact(deps.db, (tx) => takeEventCopy(tx, event))
  return true
}

/** The event as known here, asked of its owner when it is not. @throws NotFound, or ServiceUnavailable when its owner is away. */
export async function knownEvent(deps: Deps, eventId: string): Promise<EventCopy> {
  const known = await deps.db.eventCopy.findUnique({ where: { id: eventId } })
  if (known) return known
  await refreshEventCopy(deps, eventId)
  const asked = await deps.db.eventCopy.findUnique({ where: { id: eventId } })
  if (!asked) throw new NotFound('event', eventId)
  return asked
}
