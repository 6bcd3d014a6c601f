import { CLOCK_TOLERANCE_SECONDS } from '@karcis/kit/contracts/tokens'
import { afterCommit } from '@karcis/kit/database'
import type { EventHandlers } from '@karcis/kit/events'
import type { EventForSale } from '@karcis/kit/contracts/event-for-sale'
import type { Tx } from '../../database.ts'
import { insertAnnouncements, type NewAnnouncement } from './announcement-store.ts'
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

/** What a subgraph's news have people told of. */
export const announcing: EventHandlers<Tx> = {
  async 'event.changed'(tx, { payload, occurredAt }) {
    const before = await lockEventCopy(tx, payload.id)
    if (await upsertEventCopy(tx, payload)) await tell(tx, ...changesOf(before, payload, occurredAt))
  },

  'event.reviewed': (tx, { payload: { eventId, organizerId, version, decision, message } }) =>
    tell(tx, toUser(organizerId, eventId, 'EVENT_REVIEWED', `${eventId} ${version}`, { decision, message })),

  async 'event.review-moderated'(tx, { payload: { moderationId, authorId, eventId, decision, message } }) {
    if (authorId !== null)
      await tell(tx, toUser(authorId, eventId, 'REVIEW_MODERATED', moderationId, { decision, message }))
  },

  'event.review-answered': (tx, { payload: { reviewId, eventId, authorId, answer } }) =>
    tell(tx, toUser(authorId, eventId, 'REVIEW_ANSWERED', reviewId, { answer })),

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

  async 'ticket.transferred'(tx, { payload: { newTicketId, ticketId, eventId, fromUserId, toUserId } }) {
    const people = await tx.user.findMany({
      where: { id: { in: [fromUserId, toUserId] } },
      select: { id: true, name: true },
    })
    const nameOf = (id: string) => people.find((one) => one.id === id)?.name ?? '-'
    await tell(
      tx,
      toUser(fromUserId, eventId, 'TICKET_SENT', newTicketId, { ticketId, name: nameOf(toUserId) }),
      toUser(toUserId, eventId, 'TICKET_RECEIVED', newTicketId, {
        ticketId: newTicketId,
        name: nameOf(fromUserId),
      }),
    )
  },

  async 'ticket.guest-invited'(tx, { payload: { userId, eventId, ticketId, guestId } }) {
    if (userId !== null) await tell(tx, toUser(userId, eventId, 'GUEST_INVITED', guestId, { ticketId }))
  },

  async 'event.staff-changed'(tx, { payload: { eventId, organizerId, userId, roles, version, change } }) {
    const cause = `${eventId} ${userId} ${version}`
    if (change === 'ENDED') return tell(tx, toUser(userId, eventId, 'STAFF_ENDED', cause))
    const member = await tx.user.findUnique({ where: { id: userId }, select: { name: true } })
    await tell(tx, toUser(organizerId, eventId, 'STAFF_JOINED', cause, { name: member?.name ?? '-', roles }))
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
}

/** An instant of another database's clock, which may be ahead of the one that it is compared with. */
const since = (at: string): string => new Date(Date.parse(at) - CLOCK_TOLERANCE_SECONDS * 1_000).toISOString()

/** What of a change of an event somebody is to hear. */
function changesOf(before: EventCopy | null, now: EventForSale, occurredAt: string): NewAnnouncement[] {
  const { id: eventId, version, endsAt, cancellationReason: reason } = now
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
  if (now.status !== 'APPROVED' || before === null) return []
  if (before.status !== 'APPROVED')
    return [{ ...of, kind: 'NEW_EVENT', audience: 'FOLLOWERS', data: {}, until: now.startsAt }]
  const timeChanged = before.startsAt.getTime() !== now.startsAt.getTime()
  const placeChanged = (['roomId', 'venueId', 'locationId'] as const).some(
    (one) => before[one] !== (now[one] ?? null),
  )
  const refundUntil = now.refundUntil?.toISOString() ?? null
  const mayGoBack = refundUntil !== null && refundUntil !== (before.refundUntil?.toISOString() ?? null)
  if (!timeChanged && !placeChanged && !mayGoBack) return []
  const data = { timeChanged, placeChanged, refundUntil: mayGoBack ? refundUntil : null }
  return [{ kind: 'EVENT_CHANGED', cause: `${eventId} ${version}`, audience: 'HOLDERS', eventId, data }]
}
