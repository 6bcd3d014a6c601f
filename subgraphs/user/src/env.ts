import { days, optionalText, subgraphSettings, unlessEmpty } from '@karcis/kit/env'
import { emailSchema } from '@karcis/kit/validate'
import { roleSchema } from '@karcis/kit/contracts/tokens'
import { addressOf } from '@karcis/mail/mail'
import { MAX_LOCAL_LENGTH } from '@karcis/mail/return-paths'
import { z } from 'zod'
import { publicKeyOf } from './domain/notifications/push/vapid.ts'

/** Below this, a stolen table of hashes could be guessed through too cheaply. */
const MIN_PRODUCTION_COST = 10

/** A setting that is there but empty, as `NAME=` in a .env file, is not given. */
const optional = <T extends z.ZodType>(schema: T) =>
  z.preprocess((value) => (value === '' ? undefined : value), schema.optional())

const address = z.url({ protocol: /^https?$/, error: 'must be an http:// or https:// URL' })

/** Several, separated by commas. */
const list = z.string().transform((text) => text.split(',').flatMap((entry) => entry.trim() || []))

/** Of a page: scheme, host and port. */
const origin = z.string().refine((text) => URL.canParse(text) && new URL(text).origin === text, {
  error: 'must be origins such as https://tickets.example, separated by commas',
})

/** Whom a push service turns to (RFC 8292). */
const contact = z
  .string()
  .refine((text) => /^mailto:[^@\s<>]+@[^@\s<>]+$/.test(text) || /^https:\/\/\S+$/.test(text), {
    error: 'must be an address, as mailto:ops@karcis.example, or an https:// URL',
  })

/** The beginning of phone numbers, as `+62`. */
const phonePrefix = z
  .string()
  .regex(/^\+[1-9]\d{0,5}$/, 'must be the beginnings of numbers, as +62, separated by commas')

/** Messages a second. */
const rate = (byDefault: number) => unlessEmpty(z.coerce.number().min(0.01).max(10_000).default(byDefault))
/** What comes back from a provider is added to it, and it is compared as it stands. */
const isRedirectUri = (text: string): boolean =>
  URL.canParse(text) && /^https?:$/.test(new URL(text).protocol) && !/[?#]/.test(text)

/** What stands in every secret that `npm start` makes for what stands in for Google. */
export const STAND_IN_MARK = 'stand-in'

/** Settings of the user subgraph. */
export const userSettings = subgraphSettings
  .extend({
    KEY_ENCRYPTION_SECRET: z.string().min(32, 'needs at least 32 characters'),
    PASSWORD_PEPPER: z.string().min(16, 'needs at least 16 characters'),
    BCRYPT_COST: z.coerce.number().int().min(4).max(15).default(MIN_PRODUCTION_COST),
    ADMIN_EMAIL: optional(emailSchema),
    ADMIN_PASSWORD: optional(z.string().min(8, 'needs at least 8 characters')),
    REFRESH_GRACE_SECONDS: z.coerce.number().int().min(0).max(300).default(30),
    /** A folder in which files are kept that people send, seen by all processes of this subgraph. A bucket, by the six below, goes before it. */
    FILES_FOLDER: optionalText,
    FILES_ENDPOINT: unlessEmpty(address.transform((url) => url.replace(/\/+$/, '')).optional()),
    /** Where clients reach the bucket; where we do, unless it is given. */
    FILES_PUBLIC_ENDPOINT: unlessEmpty(address.transform((url) => url.replace(/\/+$/, '')).optional()),
    FILES_REGION: unlessEmpty(z.string().default('us-east-1')),
    FILES_BUCKET: optionalText,
    FILES_ACCESS_KEY_ID: optionalText,
    FILES_SECRET_ACCESS_KEY: optionalText,
    /** For so long a file is kept that nothing uses. */
    UNUSED_UPLOAD_HOURS: unlessEmpty(z.coerce.number().min(0.001).max(8_760).default(24)),
    SECOND_FACTOR_REQUIRED_FOR: list.pipe(z.array(roleSchema.exclude(['GUEST']))).prefault(''),
    PASSKEY_RP_ID: unlessEmpty(
      z
        .string()
        .regex(/^[a-z0-9-]+(\.[a-z0-9-]+)*$/, 'must be a domain, without scheme and port')
        .default('localhost'),
    ),
    PASSKEY_ORIGINS: unlessEmpty(list.pipe(z.array(origin)).prefault('http://localhost:4000')),
    SESSION_MAX_DAYS: days(90),
    REFRESH_TOKEN_RETENTION_DAYS: days(30),
    KNOWN_PLACE_RETENTION_DAYS: days(90),
    PROPOSAL_RETENTION_DAYS: days(730),
    REPORT_RETENTION_DAYS: days(730),
    AUDIT_ADDRESS_RETENTION_DAYS: days(180),
    GOOGLE_ISSUER: unlessEmpty(address.default('https://accounts.google.com')),
    GOOGLE_CALENDAR_URL: unlessEmpty(
      address.transform((url) => url.replace(/\/+$/, '')).default('https://www.googleapis.com/calendar/v3'),
    ),
    GOOGLE_CLIENT_ID: optionalText,
    GOOGLE_CLIENT_SECRET: optionalText,
    GOOGLE_REDIRECT_URIS: z
      .string()
      .default('')
      .transform((list) => list.split(',').flatMap((uri) => uri.trim() || []))
      .refine(
        (uris) => uris.every(isRedirectUri),
        'must be http(s):// URLs without ? and #, separated by commas',
      ),
    GUEST_SESSION_HOURS: z.coerce.number().int().min(1).max(168).default(6),
    GUEST_RETENTION_DAYS: days(30),
    /** Where people open Karcis: what links in messages begin with. */
    PUBLIC_URL: unlessEmpty(
      address.transform((url) => url.replace(/\/+$/, '')).default('http://localhost:4000'),
    ),
    /** As `smtp://user:password@host:587`. Without it development catches mails on a page, and production leaves them waiting. */
    SMTP_URL: optional(z.url({ protocol: /^smtps?$/, error: 'must be an smtp:// or smtps:// URL' })),
    /** Whom mails are from: an address, with a name before it or not. */
    MAIL_FROM: optional(
      z.string().refine((from) => emailSchema.safeParse(addressOf(from)).success, {
        error: 'must be an address, as Karcis <tickets@karcis.example>',
      }),
    ),
    /** The mailbox that undeliverable mails come back to, also with something behind a plus before its @. */
    MAIL_BOUNCE: optional(
      emailSchema.refine((mailbox) => mailbox.indexOf('@') <= MAX_LOCAL_LENGTH && !mailbox.includes('+'), {
        error: `must have at most ${MAX_LOCAL_LENGTH} characters before its @, and no plus`,
      }),
    ),
    /** What whoever brings mails that came back shows. */
    MAIL_BOUNCE_SECRET: optional(z.string().min(32, 'needs at least 32 characters')),
    /** The key that pushes are signed with. Without it, and whom push services turn to, development catches pushes on a page. */
    PUSH_PRIVATE_KEY: optional(
      z.string().refine((key) => publicKeyOf(key) !== null, {
        error: 'must be a private key of P-256: 43 characters of base64url',
      }),
    ),
    PUSH_CONTACT: optional(contact),
    /** The API of Twilio, or of somebody who speaks it. */
    SMS_URL: unlessEmpty(
      address.transform((url) => url.replace(/\/+$/, '')).default('https://api.twilio.com'),
    ),
    SMS_ACCOUNT: optionalText,
    SMS_TOKEN: optionalText,
    /** A number, a name, or the id of a messaging service. */
    SMS_FROM: optional(
      z.string().regex(/^(\+[1-9]\d{6,14}|MG[0-9a-f]{32}|(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11})$/, {
        error:
          'must be a number such as +15005550006, a name of at most 11 letters, or the id of a messaging service',
      }),
    ),
    /** How the numbers begin that codes are sent to. */
    SMS_PREFIXES: unlessEmpty(list.pipe(z.array(phonePrefix).min(1)).prefault('+62')),
    /** Messages a second by each channel, over all processes: what the provider takes. */
    EMAIL_PER_SECOND: rate(10),
    PUSH_PER_SECOND: rate(100),
    SMS_PER_SECOND: rate(1),
    /** Of these, what campaigns may have, by each channel. */
    CAMPAIGNS_PER_SECOND: rate(5),
    /** For so long a change of an event waits for those that come after it, to be told with them; five times as long at most. */
    EVENT_CHANGE_PAUSE_SECONDS: z.coerce.number().int().min(0).max(3_600).default(180),
    /** After so many attempts, in some 14 hours unless it is set otherwise, a message is given up. */
    MESSAGE_ATTEMPTS: z.coerce.number().int().min(1).max(100).default(14),
    NOTIFICATION_RETENTION_DAYS: days(365),
    DELIVERY_RETENTION_DAYS: days(30),
    /** How late a watcher may hear of a notification that Redis lost, in milliseconds. */
    LIVE_POLL_MS: z.coerce.number().int().min(50).default(2_000),
    EVENT_URL: address,
    TICKET_URL: address,
    BOOKING_URL: address,
  })
  .superRefine((settings, context) => {
    const problem = (name: string, message: string) =>
      context.addIssue({ code: 'custom', path: [name], message })
    if (settings.NODE_ENV === 'production' && settings.BCRYPT_COST < MIN_PRODUCTION_COST) {
      problem('BCRYPT_COST', `must be at least ${MIN_PRODUCTION_COST} in production`)
    }
    const { GOOGLE_CLIENT_ID: id, GOOGLE_CLIENT_SECRET: secret, GOOGLE_REDIRECT_URIS: uris } = settings
    if ((id === undefined) !== (secret === undefined))
      problem(id ? 'GOOGLE_CLIENT_SECRET' : 'GOOGLE_CLIENT_ID', 'must be given together with the other')
    if (id !== undefined && uris.length === 0)
      problem('GOOGLE_REDIRECT_URIS', 'must name the pages that people come back to')
    if (settings.NODE_ENV === 'production') {
      if (settings.GOOGLE_ISSUER.startsWith('http:'))
        problem('GOOGLE_ISSUER', 'must be an https:// URL in production')
      if (settings.GOOGLE_CALENDAR_URL.startsWith('http:'))
        problem('GOOGLE_CALENDAR_URL', 'must be an https:// URL in production')
      if (uris.some((uri) => uri.startsWith('http:')))
        problem('GOOGLE_REDIRECT_URIS', 'must be https:// URLs in production')
      if (secret?.includes(STAND_IN_MARK))
        problem('GOOGLE_CLIENT_SECRET', 'is the secret of a stand-in, where anybody is whoever they say')
    }
    const bucket = [
      'FILES_ENDPOINT',
      'FILES_BUCKET',
      'FILES_ACCESS_KEY_ID',
      'FILES_SECRET_ACCESS_KEY',
    ] as const
    const missing = bucket.filter((name) => settings[name] === undefined)
    if (missing.length > 0 && missing.length < bucket.length)
      for (const name of missing) problem(name, 'must be given together with the others of the bucket')
    if (settings.ADMIN_EMAIL && !settings.ADMIN_PASSWORD)
      problem('ADMIN_PASSWORD', 'must be given together with ADMIN_EMAIL')
    if (settings.SMTP_URL && !settings.MAIL_FROM) problem('MAIL_FROM', 'must be given together with SMTP_URL')
    if (settings.PUSH_CONTACT && !settings.PUSH_PRIVATE_KEY)
      problem('PUSH_PRIVATE_KEY', 'must be given together with PUSH_CONTACT')
    if (settings.PUSH_PRIVATE_KEY && !settings.PUSH_CONTACT && settings.NODE_ENV !== 'development')
      problem('PUSH_CONTACT', 'must be given together with PUSH_PRIVATE_KEY')
    const sms = ['SMS_ACCOUNT', 'SMS_TOKEN', 'SMS_FROM'] as const
    if (sms.some((name) => settings[name]))
      for (const name of sms.filter((name) => !settings[name]))
        problem(name, 'must be given together with the others of SMS_ACCOUNT, SMS_TOKEN and SMS_FROM')
    if (settings.NODE_ENV === 'production' && settings.SMS_URL.startsWith('http:'))
      problem('SMS_URL', 'must be an https:// URL in production')
    if (settings.MAIL_BOUNCE && !settings.MAIL_BOUNCE_SECRET)
      problem('MAIL_BOUNCE_SECRET', 'must be given together with MAIL_BOUNCE')
    if (settings.ADMIN_PASSWORD && !settings.ADMIN_EMAIL)
      problem('ADMIN_EMAIL', 'must be given together with ADMIN_PASSWORD')
  })

export type UserSettings = z.infer<typeof userSettings>
