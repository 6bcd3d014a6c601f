import type { Sealer } from '@karcis/kit/sealing'

/** What an endpoint can be told of; docs/webhooks.md says what each carries, and triggers of the tables write it down. */
export const WEBHOOK_EVENTS = [
  'booking.paid',
  'booking.expired',
  'booking.cancelled',
  'booking.refunded',
  'ticket.issued',
  'event.approved',
  'event.cancelled',
] as const

/** Sent only by who asks for it. */
export const PING = 'ping'

/** How many endpoints an organizer has at most; the table's slots say the same. */
export const MOST_ENDPOINTS = 10

/** How long a secret signs on after the next one was made. */
export const OLD_SECRET_HOURS = 24

export type DisabledReason = 'BY_HAND' | 'GONE' | 'FAILING'

/** Where an organizer wants to be told of what happens to their events and bookings. */
export interface WebhookEndpoint {
  id: string
  organizerId: string
  url: string
  /** Some of `WEBHOOK_EVENTS`. */
  events: string[]
  description: string | null
  enabled: boolean
  /** Null while it is enabled. */
  disabledReason: DisabledReason | null
  disabledAt: Date | null
  /** Since when nothing that was sent to it was taken; null once something is. */
  failingSince: Date | null
  /** Until when the secret before the last one signs as well; null without one. */
  oldSecretUntil: Date | null
  createdAt: Date
  updatedAt: Date
  /** In the answer that makes it only. */
  secret?: string
}

export type DeliveryStatus = 'PENDING' | 'DELIVERED' | 'FAILED'

/** What one endpoint is told of one thing that happened. */
export interface WebhookDelivery {
  id: string
  endpointId: string
  /** By which the receiver knows repeats. */
  webhookId: string
  type: string
  /** Byte for byte. */
  body: string
  status: DeliveryStatus
  attempts: number
  /** Null once it is not PENDING any more. */
  nextTryAt: Date | null
  lastTriedAt: Date | null
  responseStatus: number | null
  responseBody: string | null
  error: string | null
  durationMs: number | null
  createdAt: Date
}

/** What of a process webhooks need. */
export interface WebhookDeps {
  /** Keeps the secrets that sign. */
  sealer: Sealer
  /** Whether receivers on this machine are allowed, with http too. */
  loopback: boolean
}
