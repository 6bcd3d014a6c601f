import { z } from 'zod'
import { BadUserInput } from './errors.ts'

/**
 * Checks an input against its rules and gives the parsed value.
 * @param root name of the GraphQL argument the value came in by; it heads every reported path.
 * @throws BadUserInput with one entry per broken rule, all of them at once.
 */
export function parseInput<T>(schema: z.ZodType<T>, value: unknown, root = 'input'): T {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  throw new BadUserInput(
    result.error.issues.map((issue) => ({ path: [root, ...issue.path].join('.'), message: issue.message })),
  )
}

/** One line of text, trimmed, not empty. */
export const nameSchema = (max = 120) =>
  z
    .string()
    .trim()
    .min(1, 'must not be empty')
    .max(max, `must have at most ${max} characters`)
    .regex(/^\P{Cc}*$/u, 'must be one line without control characters')

/** ISO 4217 code of a currency that this runtime knows. */
export const currencySchema = z
  .string()
  .refine(
    (code) => Intl.supportedValuesOf('currency').includes(code),
    'must be an ISO 4217 currency code such as IDR',
  )

/** IANA time zone name that this runtime knows. */
export const timezoneSchema = z.string().refine(isTimezone, 'must be an IANA time zone such as Asia/Jakarta')

/** Amount in the smallest unit charged; integers only, at most what JSON numbers carry exactly. */
export const moneySchema = z
  .number()
  .int('must be a whole number of the smallest unit')
  .min(0, 'must not be negative')
  .max(Number.MAX_SAFE_INTEGER, 'is too large')

function isTimezone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return /^[A-Za-z]/.test(name)
  } catch {
    return false
  }
}
