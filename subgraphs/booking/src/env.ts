import { subgraphSettings } from '@karcis/kit/env'
import { z } from 'zod'

const serviceUrl = z.url({ protocol: /^https?$/, error: 'must be an http:// URL' })

/** Settings of the booking process. */
export const bookingSettings = subgraphSettings.extend({
  USER_URL: serviceUrl,
  TICKET_URL: serviceUrl,
  /** What a new user finds in the wallet, in rupiah. */
  SIGNUP_GRANT_IDR: z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER).default(1_000_000),
  /** How long before its hold a booking's time to pay ends, so that a payment in time always finds its seats. */
  PAYMENT_MARGIN_SECONDS: z.coerce.number().int().min(0).max(600).default(30),
  /** How late a watcher may hear of a change that Redis lost, in milliseconds. */
  LIVE_POLL_MS: z.coerce.number().int().min(50).default(2_000),
})

export type BookingSettings = z.infer<typeof bookingSettings>
