import { staffRoleSchema } from '@karcis/kit/contracts/event-staff'
import { z } from 'zod'
import { FACTOR_CHANGES } from '../second-factors/factor-change.ts'

/** What goes first where not everything can go at once; the lower, the sooner. */
export const PRIORITY = { SECURITY: 0, TRANSACTIONAL: 1, NEWS: 2, CAMPAIGN: 3 } as const

/** Channels beside the list in the app, where everything stands that is not by mail alone. */
export const CHANNELS = ['EMAIL', 'PUSH', 'SMS'] as const

export type ChannelName = (typeof CHANNELS)[number]

interface Group {
  priority: (typeof PRIORITY)[keyof typeof PRIORITY]
  /** The channels of whoever has said nothing. */
  channels: readonly ChannelName[]
  /** Whether it goes out whatever somebody has said, and is not theirs to switch off. */
  fixed?: true
}

/** What people can have, or not have, by a channel. */
export const GROUPS = {
  /** Links that only the owner of an address may have, and what they must know of their account. */
  SECURITY: { priority: PRIORITY.SECURITY, channels: ['EMAIL', 'PUSH', 'SMS'], fixed: true },
  /** What became of an account: a welcome, a decision on a proposal. */
  ACCOUNT: { priority: PRIORITY.TRANSACTIONAL, channels: ['EMAIL', 'PUSH'] },
  /** Purchases, tickets, money back. */
  PURCHASES: { priority: PRIORITY.TRANSACTIONAL, channels: ['EMAIL', 'PUSH'] },
  /** Changes and cancellations of events that somebody has tickets for. */
  EVENTS: { priority: PRIORITY.TRANSACTIONAL, channels: ['EMAIL', 'PUSH'] },
  /** What waits for an answer until a time: an offer of a waitlist. */
  OFFERS: { priority: PRIORITY.TRANSACTIONAL, channels: ['EMAIL', 'PUSH'] },
  REMINDERS: { priority: PRIORITY.NEWS, channels: ['EMAIL', 'PUSH'] },
  /** News of what somebody wishes for or follows. */
  FOLLOWING: { priority: PRIORITY.NEWS, channels: ['EMAIL', 'PUSH'] },
  /** To organizers, of their events, money and endpoints. */
  ORGANIZING: { priority: PRIORITY.TRANSACTIONAL, channels: ['EMAIL', 'PUSH'] },
  /** To admins, of what waits for a person. */
  SYSTEM: { priority: PRIORITY.TRANSACTIONAL, channels: ['EMAIL'] },
  /** What organizers advertise: only to who has asked for it. */
  CAMPAIGNS: { priority: PRIORITY.CAMPAIGN, channels: [] },
} as const satisfies Record<string, Group>

export type GroupName = keyof typeof GROUPS

interface Kind<Data> {
  group: GroupName
  /** Goes by one channel alone, and is not in the list: it carries what works once, or is for an address that is not, or no more, theirs. */
  only?: 'EMAIL' | 'SMS'
  /** What its texts are made of, as JSON. */
  data: z.ZodType<Data>
}

const kind = <Data>(kind: Kind<Data>): Kind<Data> => kind

/** An event, as it was when somebody was told of it. */
export const eventFacts = z.object({
  eventId: z.uuid(),
  title: z.string(),
  startsAt: z.string(),
  /** Of the place. */
  timezone: z.string(),
  /** In words; null for an event without a place. */
  place: z.string().nullable(),
})

export type EventFacts = z.infer<typeof eventFacts>

/** An amount in the smallest unit of `currency`. */
const money = { amount: z.int(), currency: z.string() }
const refund = eventFacts.extend({ bookingId: z.uuid(), ...money, message: z.string().nullable() })
/** Somebody else: their name is forgotten with their account (`forgetNameOf`), which is why it is known whose it is. */
const named = { name: z.string(), personId: z.uuid().optional() }
const mailbox = z.object({ name: z.string(), email: z.string() })
const move = z.object({ name: z.string(), oldEmail: z.string(), newEmail: z.string() })

/** What is told to the owner of an address, most of it with a link that works once: `account-links` sends them, and their texts are in files of their own. */
const LINK_KINDS = {
  /** Whoever signs up, which bids them welcome too, and who asks for it again. */
  VERIFY_EMAIL: kind({ group: 'SECURITY', only: 'EMAIL', data: mailbox }),
  RESET_PASSWORD: kind({ group: 'SECURITY', only: 'EMAIL', data: mailbox }),
  SIGN_IN_LINK: kind({ group: 'SECURITY', only: 'EMAIL', data: mailbox }),
  /** A change of address, to the new one and the old one. */
  CONFIRM_NEW_EMAIL: kind({ group: 'SECURITY', only: 'EMAIL', data: move }),
  CONFIRM_OLD_EMAIL: kind({ group: 'SECURITY', only: 'EMAIL', data: move }),
  /** To the old address, with a link that takes it back. */
  EMAIL_CHANGED: kind({ group: 'SECURITY', only: 'EMAIL', data: move }),
  EMAIL_CHANGE_UNDONE: kind({ group: 'SECURITY', data: z.object({ email: z.string() }) }),
  PASSWORD_CHANGED: kind({ group: 'SECURITY', data: z.object({ by: z.enum(['PASSWORD', 'LINK']) }) }),
  /** Whoever is to show that a phone number is theirs. */
  PHONE_CODE: kind({ group: 'SECURITY', only: 'SMS', data: z.object({ number: z.string() }) }),
  /** A guest who has bought something. */
  CLAIM_PURCHASE: kind({ group: 'SECURITY', only: 'EMAIL', data: mailbox }),
} as const

export type LinkKind = keyof typeof LINK_KINDS

/** Everything that somebody can be told. Each has a text in each language (texts/). */
export const KINDS = {
  /** Who asked for what is kept of them, once it can be fetched. */
  DATA_EXPORT_READY: kind({
    group: 'ACCOUNT',
    data: z.object({ expiresAt: z.iso.datetime() }),
  }),
  /** The owner, when what protects an account beside its password has changed, or a recovery code was used. */
  SECOND_FACTOR_CHANGED: kind({
    group: 'SECURITY',
    data: z.object({ change: z.enum(FACTOR_CHANGES), name: z.string().nullable() }),
  }),
  /** The owner: an admin has taken away what protects their account beside its password. */
  SECOND_FACTORS_RESET: kind({ group: 'SECURITY', data: z.object({ reason: z.string() }) }),
  /** Whoever has signed in from a network, and with a device, that were not seen with their account before. */
  NEW_SIGN_IN: kind({
    group: 'SECURITY',
    data: z.object({
      sessionId: z.uuid(),
      at: z.iso.datetime(),
      browser: z.string().nullable(),
      system: z.string().nullable(),
      place: z.string().nullable(),
    }),
  }),
  /** Whoever has linked an account at Google with theirs, or taken it off again. */
  GOOGLE_CHANGED: kind({
    group: 'SECURITY',
    data: z.object({ at: z.iso.datetime(), linked: z.boolean(), email: z.string() }),
  }),
  ...LINK_KINDS,
  /** The owner of a phone number to which nothing is sent any more. */
  PHONE_ENDED: kind({
    group: 'ACCOUNT',
    data: z.object({ ending: z.string(), reason: z.enum(['GONE', 'UNSUBSCRIBED']) }),
  }),
  /** The applicant, once an admin has decided. */
  PROPOSAL_REVIEWED: kind({
    group: 'ACCOUNT',
    data: z.object({
      proposalId: z.uuid(),
      name: z.string(),
      decision: z.enum(['APPROVED', 'REJECTED']),
      message: z.string().nullable(),
    }),
  }),
  /** The buyer, whose booking waits to be paid for to its organizer. */
  PAYMENT_AWAITED: kind({
    group: 'PURCHASES',
    data: eventFacts.extend({ bookingId: z.uuid(), ...money, payUntil: z.string() }),
  }),
  /** The buyer, once a paid booking has its tickets. */
  PURCHASE: kind({
    group: 'PURCHASES',
    data: eventFacts.extend({ bookingId: z.uuid(), ticketIds: z.array(z.uuid()), ...money }),
  }),
  /** The organizer: a buyer asks for a refund that they are to review. */
  REFUND_TO_REVIEW: kind({ group: 'ORGANIZING', data: refund.extend({ reviewBy: z.string() }) }),
  REFUND_REQUESTED: kind({ group: 'PURCHASES', data: refund.extend({ reviewBy: z.string() }) }),
  REFUND_APPROVED: kind({ group: 'PURCHASES', data: refund }),
  REFUND_REJECTED: kind({ group: 'PURCHASES', data: refund }),
  /** The buyer: money has gone back, to their wallet or on its way to where it came from. */
  REFUND_PAID: kind({ group: 'PURCHASES', data: refund.extend({ whole: z.boolean() }) }),
  /** Whoever has tickets. */
  EVENT_CHANGED: kind({
    group: 'EVENTS',
    data: eventFacts.extend({
      timeChanged: z.boolean(),
      placeChanged: z.boolean(),
      refundUntil: z.string().nullable(),
    }),
  }),
  EVENT_CANCELLED: kind({ group: 'EVENTS', data: eventFacts.extend({ reason: z.string().nullable() }) }),
  /** A day before, and two hours before. */
  REMINDER_DAY: kind({ group: 'REMINDERS', data: eventFacts }),
  REMINDER_SOON: kind({ group: 'REMINDERS', data: eventFacts }),
  WAITLIST_OFFER: kind({
    group: 'OFFERS',
    data: eventFacts.extend({ holdId: z.uuid(), places: z.int(), quantity: z.int(), expiresAt: z.string() }),
  }),
  WAITLIST_EXPIRED: kind({ group: 'OFFERS', data: eventFacts }),
  /** Both sides of a transfer; the name is the other one's. */
  TICKET_SENT: kind({
    group: 'PURCHASES',
    data: eventFacts.extend({ ticketId: z.uuid(), ...named }),
  }),
  TICKET_RECEIVED: kind({
    group: 'PURCHASES',
    data: eventFacts.extend({ ticketId: z.uuid(), ...named }),
  }),
  TICKET_RESOLD: kind({ group: 'PURCHASES', data: eventFacts.extend({ ticketId: z.uuid() }) }),
  /** Somebody with an account whom an organizer has given a ticket. */
  GUEST_INVITED: kind({ group: 'PURCHASES', data: eventFacts.extend({ ticketId: z.uuid() }) }),
  /** The reader of an address, with or without an account: the link by which they join the staff of an event. */
  STAFF_INVITED: kind({
    group: 'SECURITY',
    only: 'EMAIL',
    data: z.object({
      eventId: z.uuid(),
      title: z.string(),
      roles: z.array(staffRoleSchema),
      expiresAt: z.string(),
    }),
  }),
  /** The organizer: somebody has accepted. */
  STAFF_JOINED: kind({
    group: 'ORGANIZING',
    data: eventFacts.extend({ ...named, roles: z.array(staffRoleSchema) }),
  }),
  /** Whom another has taken off the staff of an event. */
  STAFF_ENDED: kind({ group: 'ACCOUNT', data: eventFacts }),
  /** An address without an account that an organizer has given a ticket: what to do for it. */
  GUEST_EXPECTED: kind({
    group: 'PURCHASES',
    only: 'EMAIL',
    data: eventFacts.extend({ name: z.string(), email: z.string() }),
  }),
  /** Who has it on their wishlist. */
  ALMOST_SOLD_OUT: kind({ group: 'FOLLOWING', data: eventFacts.extend({ left: z.int() }) }),
  /** Its organizer. */
  SELLING_OUT: kind({ group: 'ORGANIZING', data: eventFacts.extend({ left: z.int() }) }),
  /** Who follows its organizer. */
  NEW_EVENT: kind({ group: 'FOLLOWING', data: eventFacts.extend({ organizer: z.string() }) }),
  /** Who has asked for what organizers advertise. Its data is kept in the campaign, once for all. */
  CAMPAIGN: kind({
    group: 'CAMPAIGNS',
    data: eventFacts.extend({ organizer: z.string(), subject: z.string(), body: z.string() }),
  }),
  EVENT_REVIEWED: kind({
    group: 'ORGANIZING',
    data: eventFacts.extend({ decision: z.enum(['APPROVED', 'REJECTED']), message: z.string().nullable() }),
  }),
  /** Whoever suggested a category: an admin has decided. */
  CATEGORY_SUGGESTION_DECIDED: kind({
    group: 'ORGANIZING',
    data: z.object({
      suggestionId: z.uuid(),
      name: z.string(),
      decision: z.enum(['APPROVED', 'REJECTED']),
      message: z.string().nullable(),
    }),
  }),
  /** Its organizer: new reviews of their events, once a day at most. */
  REVIEWS_RECEIVED: kind({
    group: 'ORGANIZING',
    data: z.object({
      reviews: z.int(),
      events: z.array(z.object({ eventId: z.uuid(), title: z.string(), reviews: z.int() })),
    }),
  }),
  /** Whoever wrote a review: its organizer has answered. */
  REVIEW_ANSWERED: kind({ group: 'EVENTS', data: eventFacts }),
  /** Whoever wrote a review: an admin has hidden it, or shows it again. */
  REVIEW_MODERATED: kind({
    group: 'ACCOUNT',
    data: eventFacts.extend({ decision: z.enum(['APPROVED', 'REJECTED']), message: z.string().nullable() }),
  }),
  /** Whoever has reported something: an admin has decided. */
  REPORT_DECIDED: kind({
    group: 'ACCOUNT',
    data: z.object({
      reportId: z.uuid(),
      subject: z.enum(['EVENT', 'ORGANIZER', 'REVIEW']),
      acted: z.boolean(),
      message: z.string().nullable(),
    }),
  }),
  PAYOUT_PAID: kind({
    group: 'ORGANIZING',
    data: z.object({ payoutId: z.uuid(), ...money, accountEnding: z.string() }),
  }),
  PAYOUT_FAILED: kind({
    group: 'ORGANIZING',
    data: z.object({
      payoutId: z.uuid(),
      ...money,
      accountEnding: z.string(),
      rejected: z.boolean(),
      message: z.string().nullable(),
    }),
  }),
  /** The organizer whose endpoint it is, and admins. */
  WEBHOOK_DISABLED: kind({
    group: 'ORGANIZING',
    data: z.object({ endpointId: z.uuid(), url: z.string(), reason: z.enum(['GONE', 'FAILING']) }),
  }),
  SYSTEM_WEBHOOK_DISABLED: kind({
    group: 'SYSTEM',
    data: z.object({ endpointId: z.uuid(), url: z.string(), reason: z.enum(['GONE', 'FAILING']) }),
  }),
  /** Admins: something was reported; once a day. */
  SYSTEM_CONTENT_REPORTED: kind({
    group: 'SYSTEM',
    data: z.object({ day: z.string(), kind: z.enum(['EVENT', 'ORGANIZER', 'REVIEW']) }),
  }),
  SYSTEM_REFUNDS_HANGING: kind({ group: 'SYSTEM', data: z.object({ day: z.string(), count: z.int() }) }),
} as const

export type NotificationKind = keyof typeof KINDS

/** What the texts of a kind are made of. */
export type DataOf<K extends NotificationKind> = z.infer<(typeof KINDS)[K]['data']>

export const isKind = (name: string): name is NotificationKind => Object.hasOwn(KINDS, name)

/** The same for every kind, by one type: for what works with whichever it is. */
export const kindOf = (name: NotificationKind): Kind<unknown> => KINDS[name]

export const groupOf = (name: NotificationKind): Group => GROUPS[KINDS[name].group]
