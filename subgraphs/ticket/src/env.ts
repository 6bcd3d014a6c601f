import { days, subgraphSettings } from '@karcis/kit/env'
import { z } from 'zod'

const processUrl = z.url({ protocol: /^https?$/, error: 'must be an http:// or https:// URL' })

/** Settings of the ticket subgraph. */
export const ticketSettings = subgraphSettings.extend({
  KEY_ENCRYPTION_SECRET: z.string().min(32, 'needs at least 32 characters'),
  USER_URL: processUrl,
  EVENT_URL: processUrl,
  BOOKING_URL: processUrl,
  /** How long a hold lasts, and again once a booking binds it. */
  HOLD_SECONDS: z.coerce.number().int().min(1).max(86_400).default(600),
  /** How many places of an event one user may hold or owe for at once, unless its organizer has set another number. */
  MAX_OPEN_PLACES: z.coerce.number().int().min(1).max(10_000).default(10),
  /** For how long, past their time, the places of a booking wait for word whether it was paid, while the booking subgraph says nothing. */
  BOOKING_SILENCE_SECONDS: z.coerce.number().int().min(1).max(2_592_000).default(86_400),
  /** How long somebody whose turn it is in a waiting room may take places. */
  QUEUE_PASS_SECONDS: z.coerce.number().int().min(10).max(86_400).default(600),
  /** How long what came back is held for somebody on the waitlist once it is all that they wait for. */
  WAITLIST_OFFER_SECONDS: z.coerce.number().int().min(1).max(604_800).default(900),
  /** How long places that came back one by one are held for somebody on the waitlist until the others have too. */
  WAITLIST_GATHER_SECONDS: z.coerce.number().int().min(1).max(2_592_000).default(86_400),
  /** Holds that have ended or become tickets, for people who look into something: nothing needs them any more. */
  HOLD_RETENTION_DAYS: days(30),
  /** How late a change of seats or stock can be when Redis lost it. */
  LIVE_POLL_MS: z.coerce.number().int().min(50).max(60_000).default(2_000),
})

export type TicketSettings = z.infer<typeof ticketSettings>
