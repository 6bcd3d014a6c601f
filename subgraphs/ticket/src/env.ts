import { days, optionalText, subgraphSettings, unlessEmpty } from '@karcis/kit/env'
import { z } from 'zod'
import {
  type AppleSigner,
  type GoogleIssuer,
  plainText,
  signerProblem,
  signsForGoogle,
} from './domain/documents/wallet-signers.ts'

const processUrl = z.url({ protocol: /^https?$/, error: 'must be an http:// or https:// URL' })

const optionalPem = unlessEmpty(z.string().transform(plainText).optional())

const serviceAccount = z.object({ client_email: z.email(), private_key: z.string() })

/** The file of a service account, as JSON. */
const optionalServiceAccount = unlessEmpty(
  z
    .string()
    .transform((text, context) => {
      try {
        const account = serviceAccount.parse(JSON.parse(plainText(text)))
        if (signsForGoogle(account)) return account
      } catch {} // it says the same as below, and would quote what it was given
      context.addIssue({
        code: 'custom',
        message: 'must be the JSON file of a service account, with its private key',
      })
      return z.NEVER
    })
    .optional(),
)

/** Settings of the ticket subgraph. */
const settings = subgraphSettings.extend({
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
  /** What Apple gives to whoever makes passes for its Wallet; without it there are none. Certificates and key in PEM, or that in base64. */
  APPLE_PASS_TYPE_ID: optionalText,
  APPLE_TEAM_ID: optionalText,
  APPLE_PASS_CERTIFICATE: optionalPem,
  APPLE_PASS_KEY: optionalPem,
  APPLE_PASS_KEY_PASSPHRASE: optionalText,
  APPLE_WWDR_CERTIFICATE: optionalPem,
  /** The issuer at Google Wallet and its service account (JSON, or that in base64); without them there are no links to it. */
  GOOGLE_WALLET_ISSUER_ID: optionalText,
  GOOGLE_WALLET_SERVICE_ACCOUNT: optionalServiceAccount,
})

export type TicketSettings = z.infer<typeof settings>

const APPLE = [
  'APPLE_PASS_TYPE_ID',
  'APPLE_TEAM_ID',
  'APPLE_PASS_CERTIFICATE',
  'APPLE_PASS_KEY',
  'APPLE_WWDR_CERTIFICATE',
] as const
const GOOGLE = ['GOOGLE_WALLET_ISSUER_ID', 'GOOGLE_WALLET_SERVICE_ACCOUNT'] as const

/** Settings that are of no use without one another, or do not fit each other. */
export const ticketSettings = settings.superRefine((given, context) => {
  const problem = (name: keyof TicketSettings, message: string) =>
    context.addIssue({ code: 'custom', path: [name], message })
  for (const together of [APPLE, GOOGLE]) {
    const known = together.find((name) => given[name] !== undefined)
    if (!known) continue
    for (const name of together) if (given[name] === undefined) problem(name, `is needed with ${known}`)
  }
  const { apple } = walletSigners(given)
  const wrong = apple && signerProblem(apple)
  if (wrong) problem('APPLE_PASS_CERTIFICATE', wrong)
})

/** Who signs passes for the wallets of telephones; null for what is not set up. */
export function walletSigners(given: TicketSettings): {
  apple: AppleSigner | null
  google: GoogleIssuer | null
} {
  const {
    APPLE_PASS_TYPE_ID: passTypeId,
    APPLE_TEAM_ID: teamId,
    APPLE_PASS_CERTIFICATE: certificate,
    APPLE_PASS_KEY: privateKey,
    APPLE_PASS_KEY_PASSPHRASE: passphrase,
    APPLE_WWDR_CERTIFICATE: wwdrCertificate,
    GOOGLE_WALLET_ISSUER_ID: issuerId,
    GOOGLE_WALLET_SERVICE_ACCOUNT: account,
  } = given
  return {
    apple:
      passTypeId && teamId && certificate && privateKey && wwdrCertificate
        ? { passTypeId, teamId, certificate, privateKey, passphrase, wwdrCertificate }
        : null,
    google: issuerId && account ? { issuerId, serviceAccount: account } : null,
  }
}
