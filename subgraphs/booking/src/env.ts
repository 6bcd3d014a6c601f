import { days, subgraphSettings } from '@karcis/kit/env'
import { z } from 'zod'

const serviceUrl = z.url({ protocol: /^https?$/, error: 'must be an http:// URL' })

/** What is empty is not set: Compose passes it on so. */
const optionalText = z.preprocess((value) => (value === '' ? undefined : value), z.string().min(1).optional())

/** Settings of the booking process. */
export const bookingSettings = subgraphSettings.extend({
  USER_URL: serviceUrl,
  EVENT_URL: serviceUrl,
  TICKET_URL: serviceUrl,
  /** What a new person finds in the wallet, in rupiah. Where it is not set: see `signupGrant`. */
  SIGNUP_GRANT_IDR: z.preprocess(
    (value) => (value === '' ? undefined : value),
    z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER).optional(),
  ),
  /** How long before its hold a booking's time to pay ends, so that a payment in time always finds its seats. */
  PAYMENT_MARGIN_SECONDS: z.coerce.number().int().min(0).max(600).default(30),
  /** For how many days after its end what an event has earned is held back from its organizer. */
  PAYOUT_HOLD_DAYS: z.coerce.number().min(0).max(365).default(3),
  /** How long the account that a payout went to is kept after the payout's end. */
  PAYOUT_ACCOUNT_RETENTION_DAYS: days(90),
  /** Key of the account at Midtrans; without one nobody can pay there. */
  MIDTRANS_SERVER_KEY: optionalText,
  /** Where Midtrans makes payments (Snap), and where it tells of them. Its sandbox has others. */
  MIDTRANS_SNAP_URL: serviceUrl.default('https://app.midtrans.com'),
  MIDTRANS_API_URL: serviceUrl.default('https://api.midtrans.com'),
  /** How late a watcher may hear of a change that Redis lost, in milliseconds. */
  LIVE_POLL_MS: z.coerce.number().int().min(50).default(2_000),
})

export type BookingSettings = z.infer<typeof bookingSettings>

/** What a new person is given: in production nothing unless it is set; enough to try the platform out elsewhere. In rupiah. */
export const signupGrant = ({
  SIGNUP_GRANT_IDR,
  NODE_ENV,
}: Pick<BookingSettings, 'SIGNUP_GRANT_IDR' | 'NODE_ENV'>): number =>
  SIGNUP_GRANT_IDR ?? (NODE_ENV === 'production' ? 0 : 1_000_000)
