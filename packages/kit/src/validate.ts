import { domainToASCII } from 'node:url'
import { z } from 'zod'
import { BadUserInput } from './errors.ts'
import { lineProblem, normalizeLine, normalizeText, textProblem } from './texts.ts'

/**
 * Checks an input against its rules and gives the parsed value.
 * @param root name of the GraphQL argument the value came in by; it heads every reported path.
 * @throws BadUserInput with one entry per broken rule, all of them at once, each in plain English.
 */
export function parseInput<T>(schema: z.ZodType<T>, value: unknown, root = 'input'): T {
  const result = schema.safeParse(value, { error: plainMessage })
  if (result.success) return result.data
  throw new BadUserInput(
    result.error.issues.map((issue) => ({ path: [root, ...issue.path].join('.'), message: issue.message })),
  )
}

/** What an optional field that must not be emptied says to null: everywhere null clears, and undefined leaves as it is. */
export const NOT_NULL = 'cannot be null; leave it out to keep it'

/** What is expected, in words. zod's own texts speak to programmers, and must not reach anybody. */
const KINDS: Record<string, string> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  bigint: 'a whole number',
  boolean: 'true or false',
  date: 'an instant such as 2026-12-31T19:00:00+07:00',
  array: 'a list',
  tuple: 'a list',
  set: 'a list',
  object: 'an object',
  record: 'an object',
  map: 'an object',
}

const FORMATS: Record<string, string> = {
  email: 'an e-mail address',
  url: 'a URL',
  uuid: 'an id (UUID)',
  datetime: 'an instant such as 2026-12-31T19:00:00+07:00',
  date: 'a day such as 2026-12-31',
  json_string: 'JSON',
}

/** Every broken rule that a schema has no words of its own for. */
export const plainMessage: z.core.$ZodErrorMap = (issue) => {
  switch (issue.code) {
    case 'invalid_type':
      return typeMessage(issue.expected, issue.input)
    case 'too_small': {
      const bound = String(issue.minimum)
      return sizeMessage(issue.origin, issue.inclusive === false ? 'more than' : 'at least', bound)
    }
    case 'too_big': {
      const bound = String(issue.maximum)
      return sizeMessage(issue.origin, issue.inclusive === false ? 'less than' : 'at most', bound)
    }
    case 'invalid_format':
      return `must be ${FORMATS[issue.format] ?? 'of another form'}`
    case 'invalid_value':
      if (issue.input === undefined) return 'is needed'
      if (issue.input === null) return NOT_NULL
      return issue.values.length === 1
        ? `must be ${String(issue.values[0])}`
        : `must be one of ${issue.values.map(String).join(', ')}`
    case 'not_multiple_of':
      return `must be a multiple of ${issue.divisor}`
    case 'unrecognized_keys':
      return `has fields that are not known: ${issue.keys.join(', ')}`
    case 'invalid_union':
      return issue.input === null ? NOT_NULL : 'has none of the forms that it may have'
    case 'invalid_key':
      return 'has a field with a name that it may not have'
    case 'invalid_element':
      return 'has an entry that it may not have'
    case 'custom':
      return 'is not valid'
  }
}

function typeMessage(expected: string, input: unknown): string {
  if (input === undefined) return 'is needed'
  if (input === null) return NOT_NULL
  return `must be ${KINDS[expected] ?? 'of another type'}`
}

function sizeMessage(origin: string, relation: string, bound: string): string {
  if (origin === 'string')
    return `must have ${relation} ${bound} ${bound === '1' ? 'character' : 'characters'}`
  if (origin === 'array' || origin === 'set')
    return `must have ${relation} ${bound} ${bound === '1' ? 'entry' : 'entries'}`
  if (origin === 'date')
    return `must be ${relation.startsWith('more') || relation === 'at least' ? 'later' : 'earlier'}`
  return `must be ${relation} ${bound}`
}

/**
 * One line of text: a name, a title, a city, a label. Stored in NFC, trimmed, with single spaces.
 * @param max characters as a person counts them: an emoji or a letter with its marks is one.
 */
export const nameSchema = (max = 120) =>
  checked(normalizeLine, (text) => emptyProblem(text) ?? lineProblem(text, max))

/** For a list in which nothing may come twice. */
export const areUnique = (values: readonly unknown[]): boolean => new Set(values).size === values.length

/**
 * Text of any number of lines: a description, a message. Stored in NFC, trimmed, with `\n` between lines.
 * @param max characters as a person counts them.
 */
export const textSchema = (max: number) =>
  checked(normalizeText, (text) => emptyProblem(text) ?? textProblem(text, max))

/** As `textSchema`, where no text is a text too. */
export const emptyableTextSchema = (max: number) => checked(normalizeText, (text) => textProblem(text, max))

/** Why somebody did something, for people to read. */
export const reasonSchema = (max = 500) => textSchema(max)

/** A city or a country. */
export const citySchema = nameSchema(80)

/** A text that narrows a list. Empty is refused: it must not mean "no filter", and matches nothing. */
export const filterTextSchema = (max = 100) =>
  checked(normalizeLine, (text) =>
    text === '' ? 'must not be empty; leave it out to have all' : lineProblem(text, max),
  )

/** A client's own name for a request (an idempotency key): as it is, neither trimmed nor normalized. */
export const keySchema = z
  .string()
  .min(1, 'must not be empty')
  .max(255, 'must have at most 255 characters')
  .refine((key) => /^[^\p{C}\p{Zl}\p{Zp}]*$/u.test(key), 'must have printable characters only')
  .refine((key) => key === '' || key.trim() !== '', 'must not be blank')

/** ISO 4217 code of a currency that this runtime knows. */
export const currencySchema = z
  .string()
  .refine((code) => CURRENCIES.has(code), 'must be an ISO 4217 currency code such as IDR')

const CURRENCIES = new Set(Intl.supportedValuesOf('currency'))

/** IANA time zone that this runtime knows, by whatever of its names and in any case; gives its name of today (`Asia/Jakarta`). */
export const timezoneSchema = z.string().transform((name, context) => {
  const zone = canonicalTimezone(name)
  if (zone !== null) return zone
  context.addIssue({ code: 'custom', message: 'must be an IANA time zone such as Asia/Jakarta' })
  return z.NEVER
})

/** What ICU still calls by a name of before (https://github.com/tc39/proposal-canonical-tz). */
const RENAMED_ZONES: Record<string, string> = {
  'Africa/Asmera': 'Africa/Asmara',
  'America/Buenos_Aires': 'America/Argentina/Buenos_Aires',
  'America/Catamarca': 'America/Argentina/Catamarca',
  'America/Coral_Harbour': 'America/Atikokan',
  'America/Cordoba': 'America/Argentina/Cordoba',
  'America/Godthab': 'America/Nuuk',
  'America/Indianapolis': 'America/Indiana/Indianapolis',
  'America/Jujuy': 'America/Argentina/Jujuy',
  'America/Louisville': 'America/Kentucky/Louisville',
  'America/Mendoza': 'America/Argentina/Mendoza',
  'Asia/Calcutta': 'Asia/Kolkata',
  'Asia/Katmandu': 'Asia/Kathmandu',
  'Asia/Rangoon': 'Asia/Yangon',
  'Asia/Saigon': 'Asia/Ho_Chi_Minh',
  'Atlantic/Faeroe': 'Atlantic/Faroe',
  'Europe/Kiev': 'Europe/Kyiv',
  'Pacific/Enderbury': 'Pacific/Kanton',
  'Pacific/Ponape': 'Pacific/Pohnpei',
  'Pacific/Truk': 'Pacific/Chuuk',
}

function canonicalTimezone(name: string): string | null {
  if (!/^[A-Za-z]/.test(name)) return null // an offset is a moment's clock, not the clock of a place
  try {
    const { timeZone } = new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions()
    return RENAMED_ZONES[timeZone] ?? timeZone
  } catch {
    return null
  }
}

/** Amount in the smallest unit charged; integers only, at most what JSON numbers carry exactly. */
export const moneySchema = z
  .number()
  .int('must be a whole number of the smallest unit')
  .min(0, 'must not be negative')
  .max(Number.MAX_SAFE_INTEGER, 'is too large')

const EARLIEST = new Date('1900-01-01T00:00:00Z')
const LATEST = new Date('2201-01-01T00:00:00Z')

/** An instant at which something of ours can happen: from 1900 to 2200. */
export const instantSchema = z
  .date()
  .refine((instant) => instant >= EARLIEST && instant < LATEST, 'must be from 1900 to 2200')

/** RFC 5321: what a mail path can carry, and what stands before its `@`. In octets; an address is ASCII here. */
const MAX_EMAIL = 254
const MAX_LOCAL_PART = 64

/** As zod has it, with international top-level domains (`xn--…`), and no part of a domain longer than DNS can hold. */
const ADDRESS =
  /^(?!\.)(?!.*\.\.)[a-z0-9_'+\-.]*[a-z0-9_+-]@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?:[a-z]{2,63}|xn--[a-z0-9-]{0,58}[a-z0-9])$/

/** An e-mail address, as it is stored: in lower case, its domain in ASCII (`user@münchen.de` is `user@xn--mnchen-3ya.de`). */
export const emailSchema = z
  .string()
  .transform(normalizeEmail)
  .pipe(
    z
      .email({ pattern: ADDRESS, error: 'must be an e-mail address' })
      .max(MAX_EMAIL, `must have at most ${MAX_EMAIL} characters`)
      .refine(
        (email) => email.lastIndexOf('@') <= MAX_LOCAL_PART,
        `must have at most ${MAX_LOCAL_PART} characters before the @`,
      ),
  )

/** How an address is stored and compared. Of what is no address it gives something that no account has. */
export function normalizeEmail(email: string): string {
  const lower = email.normalize('NFC').trim().toLowerCase()
  const at = lower.lastIndexOf('@')
  const domain = lower.slice(at + 1)
  // As hosts of URLs, these would be decoded or cut off rather than refused.
  if (at < 0 || /[\s%/?#:[\]\\]/.test(domain)) return lower
  return `${lower.slice(0, at)}@${domainToASCII(domain) || domain}`
}

function checked(normalize: (text: string) => string, problemOf: (text: string) => string | null) {
  return z.string().transform((given, context) => {
    const text = normalize(given)
    const problem = problemOf(text)
    if (problem === null) return text
    context.addIssue({ code: 'custom', message: problem, input: given })
    return z.NEVER
  })
}

const emptyProblem = (text: string): string | null => (text === '' ? 'must not be empty' : null)
