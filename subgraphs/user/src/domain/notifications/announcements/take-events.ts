import { CLOCK_TOLERANCE_SECONDS } from '@karcis/kit/contracts/tokens'
import { afterCommit } from '@karcis/kit/database'
import type { EventHandlers } from '@karcis/kit/events'
import type { EventForSale } from '@karcis/kit/contracts/event-for-sale'
import { newId } from '@karcis/kit/ids'
import { insertAccount } from '../../accounts/account-store.ts'
import type { Tx } from '../../database.ts'
import {
  deleteWaitingChange,
  insertAnnouncements,
  lockWaitingChange,
  type NewAnnouncement,
  updateWaitingChange,
} from './announcement-store.ts'
import { stopCampaignsOf } from '../campaigns/send-campaign.ts'
import { type EventCopy, lockEventCopy, upsertEventCopy } from './event-copy-store.ts'

/** Has announcers wake after the commit, by the database that they work for. */
const announcers = new WeakMap<object, () => void>()

/** @param wake of the announcer of this database. */
export function wakeAfterEvents(db: object, wake: () => void): void {
  announcers.set(db, wake)
}

/** Writes announcements down, and has them told after the commit. */
export async function tell(tx: Tx, ...announcements: NewAnnouncement[]): Promise<void> {
  if (announcements.length === 0) return
  await insertAnnouncements(tx, announcements)
  afterCommit(tx, (db) => announcers.get(db)?.())
}

/** To one person, of one thing about an event. */
const toUser = (
  userId: string,
  eventId: string,
  kind: NewAnnouncement['kind'],
  cause: string,
  data: object = {},
): NewAnnouncement => ({ kind, cause, audience: 'USERS', eventId, userIds: [userId], data })

/**
 * What a subgraph's news have people told of.
 * @param pauseSeconds for which a change of an event waits for others that come after it.
 */
export const announcing = (pauseSeconds: number): EventHandlers<Tx> => ({
  async 'event.changed'(tx, { payload, occurredAt }) {
    const before = await lockEventCopy(tx, payload.id)
    if (!(await upsertEventCopy(tx, payload))) return
    await tell(tx, ...newsOf(before, payload, occurredAt))
    await tellChange(tx, before, payload, pauseSeconds)
    if (payload.status === 'CANCELLED') await stopCampaignsOf(tx, payload.id)
  },

  'event.reviewed': (tx, { payload: { eventId, organizerId, version, decision, message } }) =>
    tell(tx, toUser(organizerId, eventId, 'EVENT_REVIEWED', `${eventId} ${version}`, { decision, message })),

  async 'event.review-moderated'(tx, { payload: { moderationId, authorId, eventId, decision, message } }) {
    if (authorId !== null)
      await tell(tx, toUser(authorId, eventId, 'REVIEW_MODERATED', moderationId, { decision, message }))
  },

  'event.review-answered': (tx, { payload: { reviewId, eventId, authorId } }) =>
    tell(tx, toUser(authorId, eventId, 'REVIEW_ANSWERED', reviewId)),

  'event.category-suggestion-decided': (tx, { payload: { organizerId, ...data } }) =>
    tell(tx, {
      kind: 'CATEGORY_SUGGESTION_DECIDED',
      cause: data.suggestionId,
      audience: 'USERS',
      eventId: null,
      userIds: [organizerId],
      data,
    }),

  'event.reviews-received': (tx, { id, payload: { organizerId, reviews, events } }) =>
    tell(tx, {
      kind: 'REVIEWS_RECEIVED',
      cause: id,
      audience: 'USERS',
      eventId: null,
      userIds: [organizerId],
      data: { reviews, events },
    }),

  'booking.tickets-issued': (
    tx,
    { payload: { bookingId, userId, eventId, ticketIds, totalPrice, currency } },
  ) =>
    tell(
      tx,
      toUser(userId, eventId, 'PURCHASE', bookingId, { bookingId, ticketIds, amount: totalPrice, currency }),
    ),

  'booking.payment-awaited': (tx, { payload: { bookingId, userId, eventId, ...data } }) =>
    tell(tx, {
      ...toUser(userId, eventId, 'PAYMENT_AWAITED', bookingId, { bookingId, ...data }),
      until: new Date(data.payUntil),
    }),

  async 'booking.changed'(tx, { payload }) {
    const { bookingId, userId, eventId, status, refundedAmount: amount, currency, refundReason } = payload
    const isRefund = status === 'REFUNDED' || status === 'PARTIALLY_REFUNDED'
    if (!isRefund || eventId === null || currency === null || amount === 0) return
    const data = { bookingId, amount, currency, message: refundReason, whole: status === 'REFUNDED' }
    await tell(tx, toUser(userId, eventId, 'REFUND_PAID', `${bookingId} ${amount}`, data))
  },

  async 'booking.refund-reviewed'(tx, { payload }) {
    const { requestId, bookingId, userId, eventId, organizerId, step, amount, currency, reviewBy, message } =
      payload
    const data = { bookingId, amount, currency, message }
    if (step === 'REQUESTED')
      await tell(
        tx,
        toUser(userId, eventId, 'REFUND_REQUESTED', requestId, { ...data, reviewBy }),
        toUser(organizerId, eventId, 'REFUND_TO_REVIEW', requestId, { ...data, reviewBy }),
      )
    else await tell(tx, toUser(userId, eventId, `REFUND_${step}`, requestId, data))
  },

  async 'booking.payout-ended'(tx, { payload: { organizerId, status, ...data } }) {
    const to = {
      cause: `${data.payoutId} ${status}`,
      audience: 'USERS',
      eventId: null,
      userIds: [organizerId],
    } as const
    if (status === 'PAID') await tell(tx, { ...to, kind: 'PAYOUT_PAID', data })
    else await tell(tx, { ...to, kind: 'PAYOUT_FAILED', data: { ...data, rejected: status === 'REJECTED' } })
  },

  'booking.refunds-hanging': (tx, { payload }) =>
    tell(tx, {
      kind: 'SYSTEM_REFUNDS_HANGING',
      cause: payload.day,
      audience: 'ADMINS',
      eventId: null,
      data: payload,
    }),

  async 'booking.webhook-disabled'(tx, { id, payload: { organizerId, ...data } }) {
    const about = { cause: id, eventId: null, data }
    await tell(
      tx,
      { ...about, kind: 'WEBHOOK_DISABLED', audience: 'USERS', userIds: [organizerId] },
      { ...about, kind: 'SYSTEM_WEBHOOK_DISABLED', audience: 'ADMINS' },
    )
  },

  'ticket.transferred': (tx, { payload: { newTicketId, ticketId, eventId, fromUserId, toUserId } }) =>
    tell(
      tx,
      toUser(fromUserId, eventId, 'TICKET_SENT', newTicketId, { ticketId, personId: toUserId }),
      toUser(toUserId, eventId, 'TICKET_RECEIVED', newTicketId, {
        ticketId: newTicketId,
        personId: fromUserId,
      }),
    ),

  async 'ticket.guest-invited'(tx, { payload: { userId, eventId, ticketId, guestId, name, email } }) {
    if (userId !== null) return tell(tx, toUser(userId, eventId, 'GUEST_INVITED', guestId, { ticketId }))
    // Of an address without an account nothing is known but this: it is mailed to as a guest's, and forgotten as one who has bought nothing.
    const guest = await insertAccount(tx, { id: newId(), role: 'GUEST', guestEmail: email, name })
    await tell(tx, toUser(guest.id, eventId, 'GUEST_EXPECTED', guestId, { name, email }))
  },

  'event.staff-changed': (tx, { payload: { eventId, organizerId, userId, roles, version, change } }) => {
    const cause = `${eventId} ${userId} ${version}`
    return change === 'ENDED'
      ? tell(tx, toUser(userId, eventId, 'STAFF_ENDED', cause))
      : tell(tx, toUser(organizerId, eventId, 'STAFF_JOINED', cause, { personId: userId, roles }))
  },

  'ticket.waitlist-offered': (
    tx,
    { payload: { entryId, userId, eventId, holdId, places, quantity, expiresAt } },
  ) =>
    tell(tx, {
      ...toUser(userId, eventId, 'WAITLIST_OFFER', `${entryId} ${holdId} ${places}`, {
        holdId,
        places,
        quantity,
        expiresAt,
      }),
      until: new Date(expiresAt),
    }),

  'ticket.waitlist-expired': (tx, { payload: { entryId, userId, eventId } }) =>
    tell(tx, toUser(userId, eventId, 'WAITLIST_EXPIRED', entryId)),

  'ticket.almost-sold-out': (tx, { payload: { eventId, left } }) =>
    tell(
      tx,
      { kind: 'SELLING_OUT', cause: eventId, audience: 'ORGANIZER', eventId, data: { left } },
      { kind: 'ALMOST_SOLD_OUT', cause: eventId, audience: 'WISHERS', eventId, data: { left } },
    ),

  'ticket.resold': (tx, { payload: { ticketId, ownerId, eventId } }) =>
    tell(tx, toUser(ownerId, eventId, 'TICKET_RESOLD', ticketId, { ticketId })),
})

/** An instant of another database's clock, which may be ahead of the one that it is compared with. */
const since = (at: string): string => new Date(Date.parse(at) - CLOCK_TOLERANCE_SECONDS * 1_000).toISOString()

/** What of an event's news somebody is to hear at once. */
function newsOf(before: EventCopy | null, now: EventForSale, occurredAt: string): NewAnnouncement[] {
  const { id: eventId, endsAt, cancellationReason: reason } = now
  const of = { cause: eventId, eventId }
  if (now.status === 'CANCELLED') {
    if (before?.status === 'CANCELLED' || endsAt <= new Date(occurredAt)) return []
    // By the time that somebody reads it their tickets may have ended: because of it.
    return [
      {
        ...of,
        kind: 'EVENT_CANCELLED',
        audience: 'HOLDERS',
        data: { reason, endedSince: since(occurredAt) },
      },
    ]
  }
  if (now.status !== 'APPROVED' || before === null || before.status === 'APPROVED') return []
  return [{ ...of, kind: 'NEW_EVENT', audience: 'FOLLOWERS', data: {}, until: now.startsAt }]
}

/** What of an event people are told when it changes: as it was before all that is not told yet. */
type Known = Record<'startsAt' | 'roomId' | 'venueId' | 'locationId' | 'refundUntil', string | null>

const knownOf = (
  event: Pick<EventForSale, 'startsAt' | 'roomId' | 'venueId' | 'locationId' | 'refundUntil'>,
): Known => ({
  startsAt: event.startsAt.toISOString(),
  roomId: event.roomId ?? null,
  venueId: event.venueId ?? null,
  locationId: event.locationId ?? null,
  refundUntil: event.refundUntil?.toISOString() ?? null,
})

/**
 * Has who comes told how an event has changed, a while later: changes that come one after the other are told once, as what they come to, and what comes to nothing, or an event that is
 * called off meanwhile, not at all. The event's row, which is locked, puts them in order.
 */
async function tellChange(
  tx: Tx,
  before: EventCopy | null,
  now: EventForSale,
  pauseSeconds: number,
): Promise<void> {
  const waiting = await lockWaitingChange(tx, now.id)
  if (now.status === 'CANCELLED' && waiting) return deleteWaitingChange(tx, waiting.id)
  if (now.status !== 'APPROVED' || before?.status !== 'APPROVED') return
  const known = (waiting?.data.known as Known | undefined) ?? knownOf(before)
  const change = changeOf(now, known, pauseSeconds)
  if (waiting && change) await updateWaitingChange(tx, waiting.id, change)
  else if (waiting) await deleteWaitingChange(tx, waiting.id)
  else if (change) await tell(tx, change)
}

/** What an event has come to since it was as somebody knows it; null for nothing that they are told. */
function changeOf(event: EventForSale, known: Known, afterSeconds: number): NewAnnouncement | null {
  const { id: eventId, version } = event
  const now = knownOf(event)
  const timeChanged = now.startsAt !== known.startsAt
  const placeChanged = (['roomId', 'venueId', 'locationId'] as const).some((one) => now[one] !== known[one])
  const refundUntil = now.refundUntil === known.refundUntil ? null : now.refundUntil
  if (!timeChanged && !placeChanged && refundUntil === null) return null
  const data = { timeChanged, placeChanged, refundUntil, known }
  return {
    kind: 'EVENT_CHANGED',
    cause: `${eventId} ${version}`,
    audience: 'HOLDERS',
    eventId,
    data,
    afterSeconds,
  }
}
