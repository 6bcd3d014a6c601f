import { createHash } from 'node:crypto'
import type { OutgoingMessage } from '../channels/channel.ts'
import { type GroupName, GROUPS, type NotificationKind, PRIORITY } from '../kinds.ts'

/** A push as a service worker is given it: what it shows, and what opens when somebody clicks there. */
export interface PushPayload {
  title: string
  body: string
  /** Null for what there is nothing to do about. */
  url: string | null
  /** One that is shown replaces what is shown with the same tag. */
  tag: string
  kind: NotificationKind
}

/** How a push service is to treat it (RFC 8030). */
export interface PushTerms {
  ttlSeconds: number
  urgency: 'very-low' | 'low' | 'normal' | 'high'
  /** Replaces what has not been delivered with the same topic; at most 32 characters of base64url. */
  topic: string
}

/** A push as it is caught in development, as JSON. */
export interface CaughtPush {
  payload: PushPayload
  terms: PushTerms
}

/**
 * Encrypted, a message has 4,096 bytes at most, as every push service takes it (RFC 8030, RFC 8291): these are left of them for the text. What is shown is shorter.
 */
const MOST_BYTES = 3_993
const TITLE_CHARACTERS = 120
const BODY_CHARACTERS = 400

const HOUR = 3_600

/** For how long it is worth showing to somebody whose device is off. */
const TTL_SECONDS: Record<GroupName, number> = {
  SECURITY: 24 * HOUR,
  ACCOUNT: 72 * HOUR,
  PURCHASES: 72 * HOUR,
  EVENTS: 72 * HOUR,
  OFFERS: 24 * HOUR,
  REMINDERS: 12 * HOUR,
  FOLLOWING: 24 * HOUR,
  ORGANIZING: 72 * HOUR,
  SYSTEM: 24 * HOUR,
  CAMPAIGNS: 12 * HOUR,
}

/** What is past before the others are. */
const TTL_OF_KIND: Partial<Record<NotificationKind, number>> = { REMINDER_SOON: 2 * HOUR }

/** What waits for an answer until a time wakes a device up, as does what is of an account's safety. */
const AT_ONCE: ReadonlySet<GroupName> = new Set(['SECURITY', 'OFFERS'])

const URGENCY = {
  [PRIORITY.SECURITY]: 'high',
  [PRIORITY.TRANSACTIONAL]: 'normal',
  [PRIORITY.NEWS]: 'low',
  [PRIORITY.CAMPAIGN]: 'very-low',
} as const

/** Kinds of which the last one about a thing says all: it replaces those before. */
const REPLACING: Partial<Record<NotificationKind, { what: string; by: string }>> = {
  EVENT_CHANGED: { what: 'event', by: 'eventId' },
  EVENT_CANCELLED: { what: 'event', by: 'eventId' },
  REMINDER_DAY: { what: 'reminder', by: 'eventId' },
  REMINDER_SOON: { what: 'reminder', by: 'eventId' },
  WAITLIST_OFFER: { what: 'offer', by: 'eventId' },
  WAITLIST_EXPIRED: { what: 'offer', by: 'eventId' },
  ALMOST_SOLD_OUT: { what: 'places left', by: 'eventId' },
  SELLING_OUT: { what: 'places left', by: 'eventId' },
  REFUND_REQUESTED: { what: 'refund', by: 'bookingId' },
  REFUND_APPROVED: { what: 'refund', by: 'bookingId' },
  REFUND_REJECTED: { what: 'refund', by: 'bookingId' },
  REFUND_PAID: { what: 'refund', by: 'bookingId' },
}

/** 24 bytes, as RFC 8030 has room for. */
const TOPIC_BYTES = 24

/** What stands for a message on a device: the same each time it is tried, and for whatever the next of its kind replaces. */
function topicOf({ id, kind, data }: Pick<OutgoingMessage, 'id' | 'kind' | 'data'>): string {
  const replacing = REPLACING[kind]
  const about = replacing && (data as Record<string, unknown>)[replacing.by]
  const parts = replacing && typeof about === 'string' ? [replacing.what, about] : [id]
  const hash = createHash('sha256').update(JSON.stringify(parts)).digest()
  return hash.subarray(0, TOPIC_BYTES).toString('base64url')
}

/** How a message is to be treated. @param now in milliseconds. */
export function termsOf(
  message: Omit<OutgoingMessage, 'wording' | 'to' | 'language'>,
  now: number,
): PushTerms {
  const { kind, group, until } = message
  const usual = TTL_OF_KIND[kind] ?? TTL_SECONDS[group]
  const left = until === null ? usual : Math.ceil((until.getTime() - now) / 1_000)
  return {
    ttlSeconds: Math.max(0, Math.min(usual, left)),
    urgency: AT_ONCE.has(group) ? 'high' : URGENCY[GROUPS[group].priority],
    topic: topicOf(message),
  }
}

/** What is shown of a message. However long its texts are, it fits into what every push service takes. */
export function payloadOf(message: OutgoingMessage): PushPayload {
  const { wording, kind } = message
  const { subject, paragraphs, facts = [], action } = wording
  const lines = [...paragraphs, ...facts.map(([label, value]) => `${label}: ${value}`)]
  const whole: PushPayload = {
    title: shorten(subject, TITLE_CHARACTERS),
    body: shorten(lines.join('\n'), BODY_CHARACTERS),
    url: action?.url ?? null,
    tag: topicOf(message),
    kind,
  }
  for (let characters = BODY_CHARACTERS; bytesOf(whole) > MOST_BYTES && characters > 0; characters -= 50)
    whole.body = shorten(whole.body, characters)
  return whole
}

const bytesOf = (payload: PushPayload): number => Buffer.byteLength(JSON.stringify(payload))

/** At most so many characters, of which none is cut in two; at the end of a word where there is one not far away. */
function shorten(text: string, most: number): string {
  const characters = Array.from(text)
  if (characters.length <= most) return text
  const cut = characters.slice(0, most - 1).join('')
  const end = cut.lastIndexOf(' ')
  return `${(end > cut.length / 2 ? cut.slice(0, end) : cut).trimEnd()}…`
}
