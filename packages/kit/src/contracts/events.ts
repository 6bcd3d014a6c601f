import { z } from 'zod'
import { auditedSchema } from './audit.ts'
import { staffRoleSchema } from './event-staff.ts'
import { eventForSale } from './event-for-sale.ts'
import { priceRange } from './price-range.ts'
import type { SubgraphName } from './subgraphs.ts'
import { roleSchema } from './tokens.ts'

/** Where a subgraph takes events in: POST of `{ events }`, signed by whoever tells of them. */
export const EVENTS_PATH = '/internal/events'

/** What subgraphs tell each other, by the name under which they do. An event's subject is its `aggregateId`. */
export const EVENTS = {
  /** Somebody has an account. */
  'user.registered': z.object({
    userId: z.uuid(),
    /**
     * The same for whoever signs up again with an address of the same mailbox, also after an erasure; a keyed hash, of which nobody
     * learns the address. Null from a sender that did not know it yet.
     */
    personHash: z.string().nullable().default(null),
    /** Whether they only buy as a guest: they are no person yet who is given anything. They are told of again when they have an account. */
    guest: z.boolean().optional(),
  }),
  /** What somebody may do has changed: another role, suspended or no longer, or their account erased. */
  'user.rights-changed': z.object({
    userId: z.uuid(),
    role: roleSchema,
    suspended: z.boolean(),
    erased: z.boolean(),
  }),
  /** An event is otherwise than it was, or new, or gone (DELETED). */
  'event.changed': eventForSale.extend({
    /** The upload by which its picture came; null when it has none. Processes from before events had any do not say. */
    imageUploadId: z.uuid().nullish(),
  }),
  /** An admin has decided on an event, or on changes of one. */
  'event.reviewed': z.object({
    eventId: z.uuid(),
    organizerId: z.uuid(),
    version: z.int(),
    decision: z.enum(['APPROVED', 'REJECTED']),
    message: z.string().nullable(),
  }),
  /** The reader of an address is invited to work for an event, by a link that is mailed there. */
  'event.staff-invited': z.object({
    invitationId: z.uuid(),
    eventId: z.uuid(),
    title: z.string(),
    email: z.string(),
    roles: z.array(staffRoleSchema),
    invitedBy: z.uuid(),
    expiresAt: z.coerce.date(),
  }),
  /** Somebody has accepted that (JOINED), or was taken off the staff by another (ENDED). */
  'event.staff-changed': z.object({
    eventId: z.uuid(),
    organizerId: z.uuid(),
    userId: z.uuid(),
    roles: z.array(staffRoleSchema),
    version: z.int(),
    change: z.enum(['JOINED', 'ENDED']),
  }),
  /** An admin has hidden a review (REJECTED), or shows it again; its author is to be told, unless they have erased their account (null). */
  'event.review-moderated': z.object({
    moderationId: z.uuid(),
    reviewId: z.uuid(),
    eventId: z.uuid(),
    authorId: z.uuid().nullable(),
    moderatorId: z.uuid(),
    decision: z.enum(['APPROVED', 'REJECTED']),
    message: z.string().nullable(),
  }),
  /** An organizer has answered a review, for the first time. */
  'event.review-answered': z.object({
    reviewId: z.uuid(),
    eventId: z.uuid(),
    authorId: z.uuid(),
  }),
  /** Somebody has reported a review. */
  'event.review-reported': z.object({
    reviewId: z.uuid(),
    reporterId: z.uuid(),
    reason: z.string(),
  }),
  /** An admin has decided on a category that an organizer suggested; approved, there is one. */
  'event.category-suggestion-decided': z.object({
    suggestionId: z.uuid(),
    organizerId: z.uuid(),
    name: z.string(),
    decision: z.enum(['APPROVED', 'REJECTED']),
    message: z.string().nullable(),
  }),
  /** There are new reviews of an organizer's events: told once a day at most, of some events by name. */
  'event.reviews-received': z.object({
    organizerId: z.uuid(),
    reviews: z.int(),
    events: z.array(z.object({ eventId: z.uuid(), title: z.string(), reviews: z.int() })),
  }),
  /** Somebody has shown that an address is theirs. */
  'user.email-verified': z.object({ userId: z.uuid(), email: z.string() }),
  /** What somebody bought as a guest they have claimed for the account that they have: their tickets move there. */
  'user.guest-claimed': z.object({ guestId: z.uuid(), userId: z.uuid() }),
  /** Somebody was invited by an organizer and has a ticket, which is to be sent to them: `userId` null, while no account is known of them. */
  'ticket.guest-invited': z.object({
    guestId: z.uuid(),
    ticketId: z.uuid(),
    eventId: z.uuid(),
    userId: z.uuid().nullable(),
    name: z.string(),
    email: z.string(),
  }),
  /** A ticket was handed on: its new owner has another one in its place, and both are to be told. */
  'ticket.transferred': z.object({
    ticketId: z.uuid(),
    newTicketId: z.uuid(),
    eventId: z.uuid(),
    fromUserId: z.uuid(),
    toUserId: z.uuid(),
  }),
  /** Places came back and are held for somebody on a waitlist: they are to be told, and until when. `places` of `quantity` that they wait for. */
  'ticket.waitlist-offered': z.object({
    entryId: z.uuid(),
    userId: z.uuid(),
    eventId: z.uuid(),
    ticketTypeId: z.uuid(),
    holdId: z.uuid(),
    places: z.int(),
    quantity: z.int(),
    expiresAt: z.iso.datetime(),
  }),
  /** What a waitlist offered somebody was not booked in time, and went to the next. */
  'ticket.waitlist-expired': z.object({
    entryId: z.uuid(),
    userId: z.uuid(),
    eventId: z.uuid(),
    ticketTypeId: z.uuid(),
  }),
  /** Few tickets of an event are left, for the first time. */
  'ticket.almost-sold-out': z.object({ eventId: z.uuid(), left: z.int() }),
  /** What tickets of an event cost that buyers see, in the smallest unit of `currency`; null when there are none (any more). */
  'ticket.prices-changed': priceRange,
  /** An offered ticket ended because its place was sold to somebody else: what it has cost goes back, by a refund of that id. */
  'ticket.resold': z.object({
    ticketId: z.uuid(),
    bookingId: z.uuid(),
    /** Which place of its booking it was, from 0; its own id may have come by handing it on. */
    ordinal: z.int(),
    refundId: z.uuid(),
    eventId: z.uuid(),
    ownerId: z.uuid(),
  }),
  /** A booking has another status. */
  'booking.changed': z.object({
    bookingId: z.uuid(),
    userId: z.uuid(),
    status: z.enum(['PENDING', 'PAID', 'EXPIRED', 'CANCELLED', 'PARTIALLY_REFUNDED', 'REFUNDED']),
    /** Of which event; null from a sender that did not tell yet. */
    eventId: z.uuid().nullable().default(null),
    /** All that has gone back of it, in the smallest unit of `currency`; and why, of what went back as a whole. */
    refundedAmount: z.int().default(0),
    currency: z.string().nullable().default(null),
    refundReason: z.string().nullable().default(null),
  }),
  /** These have bought tickets of an event; of somebody who buys again it may be told again. */
  'booking.buyers-noted': z.object({ eventId: z.uuid(), userIds: z.array(z.uuid()) }),
  /** A buyer is to pay for a booking to its organizer themself, by bank transfer or in cash, until a time: its places are kept for so long. */
  'booking.payment-awaited': z.object({
    bookingId: z.uuid(),
    userId: z.uuid(),
    eventId: z.uuid(),
    /** In the smallest unit of `currency`. */
    amount: z.int(),
    currency: z.string(),
    payUntil: z.iso.datetime(),
  }),
  /** A paid booking has its tickets. */
  'booking.tickets-issued': z.object({
    bookingId: z.uuid(),
    userId: z.uuid(),
    eventId: z.uuid(),
    ticketIds: z.array(z.uuid()),
    /** In the smallest unit of `currency`. */
    totalPrice: z.int(),
    currency: z.string(),
  }),
  /** A buyer has asked for a refund that is to be reviewed, or it was decided. */
  'booking.refund-reviewed': z.object({
    requestId: z.uuid(),
    bookingId: z.uuid(),
    userId: z.uuid(),
    eventId: z.uuid(),
    organizerId: z.uuid(),
    step: z.enum(['REQUESTED', 'APPROVED', 'REJECTED']),
    /** In the smallest unit of `currency`. */
    amount: z.int(),
    currency: z.string(),
    /** Until when it may be reviewed. */
    reviewBy: z.iso.datetime(),
    /** To the buyer, of whoever decided. */
    message: z.string().nullable(),
  }),
  /** A payout to an organizer has come to its end. */
  'booking.payout-ended': z.object({
    payoutId: z.uuid(),
    organizerId: z.uuid(),
    status: z.enum(['PAID', 'REJECTED', 'FAILED']),
    /** In the smallest unit of `currency`. */
    amount: z.int(),
    currency: z.string(),
    /** The last digits of the account. */
    accountEnding: z.string(),
    message: z.string().nullable(),
  }),
  /** Refunds that a provider should have made hang: a person has to look. Told once a day while there are some. */
  'booking.refunds-hanging': z.object({ day: z.iso.date(), count: z.int() }),
  /** Nobody takes what is sent to an organizer's webhook endpoint: nothing is sent there until they enable it again. */
  'booking.webhook-disabled': z.object({
    endpointId: z.uuid(),
    organizerId: z.uuid(),
    url: z.string(),
    reason: z.enum(['GONE', 'FAILING']),
  }),
  /** An admin, an organizer or a scanner has changed something there: an entry of the audit log. */
  'event.audited': auditedSchema,
  'ticket.audited': auditedSchema,
  'booking.audited': auditedSchema,
} as const

export type EventType = keyof typeof EVENTS

/** By what each subgraph tells of deeds; null of the one that keeps the audit log. */
export const EVENT_OF_DEEDS = {
  user: null,
  event: 'event.audited',
  ticket: 'ticket.audited',
  booking: 'booking.audited',
} as const satisfies Record<SubgraphName, EventType | null>

/** What an event says, once it is parsed. */
export type EventPayload<Type extends EventType> = z.infer<(typeof EVENTS)[Type]>

export const isEventType = (type: string): type is EventType => Object.hasOwn(EVENTS, type)
