import { days, optionalText, subgraphSettings, unlessEmpty } from '@karcis/kit/env'
import { currencySchema, timezoneSchema } from '@karcis/kit/validate'
import { z } from 'zod'

const serviceUrl = z.url({ protocol: /^https?$/, error: 'must be an http:// URL' })

/** Base URL of a provider, without a slash at its end. */
const providerUrl = (real: string) =>
  unlessEmpty(serviceUrl.transform((url) => url.replace(/\/+$/, '')).default(real))

/** ISO 4217 codes with commas between them. */
const currencies = (usual: string) =>
  unlessEmpty(
    z
      .string()
      .default(usual)
      .transform((text) => text.split(',').map((code) => code.trim().toUpperCase()))
      .refine(
        (codes) => z.array(currencySchema).safeParse(codes).success,
        'must be ISO 4217 codes such as IDR, with commas between them',
      ),
  )

/** What stands in every key that `npm start` makes for the stand-ins of payment providers. */
export const STAND_IN_MARK = 'stand-in'

/** Settings of the booking process. */
const settings = subgraphSettings.extend({
  KEY_ENCRYPTION_SECRET: z.string().min(32, 'needs at least 32 characters'),
  USER_URL: serviceUrl,
  EVENT_URL: serviceUrl,
  TICKET_URL: serviceUrl,
  /** What a new person finds in the wallet, in rupiah. Where it is not set: see `signupGrant`. */
  SIGNUP_GRANT_IDR: z.preprocess(
    (value) => (value === '' ? undefined : value),
    z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER).optional(),
  ),
  /** Where people open Karcis: outside payment providers send buyers back there. */
  PUBLIC_URL: unlessEmpty(
    serviceUrl.transform((url) => url.replace(/\/+$/, '')).default('http://localhost:4000'),
  ),
  /** How long before its hold a booking's time to pay ends, so that a payment in time always finds its seats. */
  PAYMENT_MARGIN_SECONDS: z.coerce.number().int().min(0).max(600).default(30),
  /** By whose calendar invoices are dated and numbered. */
  INVOICE_TIMEZONE: z.preprocess(
    (value) => (value === '' ? undefined : value),
    timezoneSchema.default('Asia/Jakarta'),
  ),
  /** For how many days after its end what an event has earned is held back from its organizer. */
  PAYOUT_HOLD_DAYS: z.coerce.number().min(0).max(365).default(3),
  /** How long the account that a payout went to is kept after the payout's end. */
  PAYOUT_ACCOUNT_RETENTION_DAYS: days(90),
  /** For how long a buyer may pay an organizer themself, and which currencies that is offered for. */
  MANUAL_PAYMENT_HOURS: z.coerce.number().int().min(1).max(720).default(24),
  MANUAL_CURRENCIES: currencies('IDR'),
  /** How long an answer of an outside payment provider is waited for, in milliseconds. */
  PROVIDER_TIMEOUT_MS: z.coerce.number().int().min(100).max(60_000).default(8_000),
  /** Key of the account at Midtrans; without one nobody can pay there. */
  MIDTRANS_SERVER_KEY: optionalText,
  /** Where Midtrans makes payments (Snap), and where it tells of them. Its sandbox has others. */
  MIDTRANS_SNAP_URL: providerUrl('https://app.midtrans.com'),
  MIDTRANS_API_URL: providerUrl('https://api.midtrans.com'),
  /** Key of the account at Stripe, and the secret that its webhook endpoint signs with; without them nobody can pay there. */
  STRIPE_SECRET_KEY: optionalText,
  STRIPE_WEBHOOK_SECRET: optionalText,
  STRIPE_API_URL: providerUrl('https://api.stripe.com'),
  /** A page with Stripe's form, for buyers whose client has none: the client secret follows it as the last part of the path. */
  STRIPE_PAGE_URL: unlessEmpty(serviceUrl.transform((url) => url.replace(/\/+$/, '')).optional()),
  STRIPE_CURRENCIES: currencies('IDR,USD'),
  /** Key of the account at Xendit, and the token that its callbacks carry; without them nobody can pay there. */
  XENDIT_SECRET_KEY: optionalText,
  XENDIT_CALLBACK_TOKEN: optionalText,
  XENDIT_API_URL: providerUrl('https://api.xendit.co'),
  XENDIT_CURRENCIES: currencies('IDR'),
  /** How late a watcher may hear of a change that Redis lost, in milliseconds. */
  LIVE_POLL_MS: z.coerce.number().int().min(50).default(2_000),
})

export type BookingSettings = z.infer<typeof settings>

/** Settings that are of no use, or not safe, without one another. */
export const bookingSettings = settings.superRefine((given, context) => {
  const problem = (name: keyof BookingSettings, message: string) =>
    context.addIssue({ code: 'custom', path: [name], message })
  const together = [
    ['STRIPE_SECRET_KEY', 'STRIPE_WEBHOOK_SECRET'],
    ['XENDIT_SECRET_KEY', 'XENDIT_CALLBACK_TOKEN'],
  ] as const
  for (const [key, secret] of together) {
    if (given[key] !== undefined && given[secret] === undefined) problem(secret, `is needed with ${key}`)
    if (given[key] === undefined && given[secret] !== undefined) problem(key, `is needed with ${secret}`)
  }
  if (given.NODE_ENV !== 'production') return
  for (const name of PROVIDER_KEYS)
    if (given[name]?.includes(STAND_IN_MARK))
      problem(name, 'is the key of a stand-in, which anybody can pay at')
  for (const name of PROVIDER_URLS)
    if (given[name]?.startsWith('http:')) problem(name, 'must be an https:// URL in production')
})

/** Of payment providers: keys and secrets, and where they are. */
export const PROVIDER_KEYS = [
  'MIDTRANS_SERVER_KEY',
  'STRIPE_SECRET_KEY',
  'STRIPE_WEBHOOK_SECRET',
  'XENDIT_SECRET_KEY',
  'XENDIT_CALLBACK_TOKEN',
] as const
const PROVIDER_URLS = [
  'MIDTRANS_SNAP_URL',
  'MIDTRANS_API_URL',
  'STRIPE_API_URL',
  'STRIPE_PAGE_URL',
  'XENDIT_API_URL',
] as const

/** What a new person is given: in production nothing unless it is set; enough to try the platform out elsewhere. In rupiah. */
export const signupGrant = ({
  SIGNUP_GRANT_IDR,
  NODE_ENV,
}: Pick<BookingSettings, 'SIGNUP_GRANT_IDR' | 'NODE_ENV'>): number =>
  SIGNUP_GRANT_IDR ?? (NODE_ENV === 'production' ? 0 : 1_000_000)
