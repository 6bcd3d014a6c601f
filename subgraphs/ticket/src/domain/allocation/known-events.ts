import { EVENT_FOR_SALE, eventForSale } from '@karcis/kit/contracts/event-for-sale'
import { transaction } from '@karcis/kit/database'
import type { Duty } from '@karcis/kit/contracts/event-staff'
import { asBookkeeping } from '@karcis/kit/deeds'
import { Forbidden, NotFound, ServiceUnavailable } from '@karcis/kit/errors'
import type { ServiceClient } from '@karcis/kit/service-client'
import type { Viewer } from '@karcis/kit/service-token'
import type { Db } from '../database.ts'
import { EventNotBookable, SalesPaused } from '../errors.ts'
import { mayDo, maySeeEvent } from '../events/event-copy.ts'
import { type EventCopy, findEventCopy } from '../events/event-copy-store.ts'
import { followEvent } from './follow-event.ts'

const ORGANIZING: ReadonlySet<Viewer['role']> = new Set(['ORGANIZER', 'ADMIN'])

/** Where events are known: the local copies, and their owner. */
export interface EventSources {
  db: Db
  clients: Record<string, ServiceClient>
}

/**
 * Asks the event subgraph for the newest state of an event and writes it to the local copy; nothing happens when there is no such event.
 * @throws ServiceUnavailable when it does not answer.
 */
export async function refreshEventCopy({ db, clients }: EventSources, eventId: string): Promise<void> {
  if (!clients.event) throw new ServiceUnavailable()
  const answer = await clients.event.query<{ eventForSale: unknown }>(EVENT_FOR_SALE, { id: eventId })
  if (!answer.eventForSale) return
  const event = eventForSale.parse(answer.eventForSale)
  await asBookkeeping(() => transaction(db, (tx) => followEvent(tx, event)))
}

/** As `refreshEventCopy`; when the event's owner does not answer, the copy counts. */
export async function refreshIfAnswered(sources: EventSources, eventId: string): Promise<void> {
  try {
    await refreshEventCopy(sources, eventId)
  } catch (error) {
    if (!(error instanceof ServiceUnavailable)) throw error
  }
}

/**
 * The event as it is known here; its owner is asked when it is not.
 * @throws NotFound, or ServiceUnavailable when its owner does not answer.
 */
export async function requireEvent(sources: EventSources, eventId: string): Promise<EventCopy> {
  let known = await findEventCopy(sources.db, eventId)
  if (!known) {
    await refreshEventCopy(sources, eventId)
    known = await findEventCopy(sources.db, eventId)
  }
  if (!known || known.eventStatus === 'DELETED') throw new NotFound('event', eventId)
  return known
}

/**
 * The event, when the viewer may see it. What the local copy would hide is first asked of its owner.
 * @throws NotFound, or ServiceUnavailable when nothing is known of it and its owner does not answer.
 */
export async function requireVisibleEvent(
  sources: EventSources,
  viewer: Viewer | null,
  eventId: string,
): Promise<EventCopy> {
  const known = await requireEvent(sources, eventId)
  if (maySeeEvent(viewer, known)) return known
  await refreshIfAnswered(sources, eventId)
  const event = await requireEvent(sources, eventId)
  if (!maySeeEvent(viewer, event)) throw new NotFound('event', eventId)
  return event
}

/**
 * The event, when it takes bookings now. What the local copy would refuse is first asked of its owner.
 * @throws EventNotBookable when it is not approved, or over; SalesPaused; NotFound, ServiceUnavailable.
 */
export async function requireOpenEvent(sources: EventSources, eventId: string): Promise<EventCopy> {
  const isOpen = ({ eventStatus, over, salesPaused }: EventCopy) =>
    eventStatus === 'APPROVED' && !over && !salesPaused
  const known = await requireEvent(sources, eventId)
  if (isOpen(known)) return known
  await refreshIfAnswered(sources, eventId)
  const event = await requireEvent(sources, eventId)
  if (isOpen(event)) return event
  throw event.eventStatus === 'APPROVED' && !event.over
    ? new SalesPaused(eventId, event.salesPausedReason)
    : new EventNotBookable(eventId)
}

/**
 * The event, when the viewer may do this for it: its organizer, its staff with a role for it, or an admin.
 * @throws Forbidden, NotFound, ServiceUnavailable.
 */
export async function requireDuty(
  sources: EventSources,
  viewer: Viewer,
  eventId: string,
  duty: Duty,
): Promise<EventCopy> {
  const event = await requireEvent(sources, eventId)
  // Who has lost the role keeps sight of what was theirs, and no more.
  const hasLostRole = event.organizerId === viewer.id && !ORGANIZING.has(viewer.role)
  if (hasLostRole || !mayDo(viewer, event, duty))
    throw new Forbidden(
      'This is not yours to do: it takes the organizer of the event, or a role among its staff.',
    )
  return event
}
