import { domainToASCII } from 'node:url'
import { z } from 'zod'

/** RFC 5321: what a mail path can carry. */
export const MAX_EMAIL = 254

/** RFC 5321, 4.5.3.1.1: in octets. */
const MAX_LOCAL_PART = 64

/** RFC 1035: of a domain in its ASCII form, and of each part of it. */
const MAX_DOMAIN = 253
const MAX_LABEL = 63

/** What would mean something else in a URL, by whose rules a domain is brought into its ASCII form. */
const NOT_IN_DOMAINS = /[\s%/\\:?#[\]@]/

/** How an address is stored and compared: in lower case, its domain as DNS has it (`user@xn--mnchen-3ya.de`). */
export function normalizeEmail(email: string): string {
  const text = email.normalize('NFC').trim().toLowerCase()
  const at = text.lastIndexOf('@')
  const domain = text.slice(at + 1)
  const ascii = NOT_IN_DOMAINS.test(domain) ? '' : domainToASCII(domain)
  return at < 0 || ascii === '' ? text : `${text.slice(0, at)}@${ascii}`
}

/** As zod has it, and with international top-level domains (`xn--…`). */
const ADDRESS =
  /^(?!\.)(?!.*\.\.)[a-z0-9_'+\-.]*[a-z0-9_+-]@(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+(?:[a-z]{2,}|xn--[a-z0-9-]*[a-z0-9])$/

/** An address as somebody types it, in the form in which it is stored. */
export const emailSchema = z
  .string()
  .transform(normalizeEmail)
  .pipe(
    z
      .email({ pattern: ADDRESS, error: 'must be an e-mail address' })
      .max(MAX_EMAIL, `must have at most ${MAX_EMAIL} characters`),
  )
  .refine((email) => email.lastIndexOf('@') <= MAX_LOCAL_PART, {
    message: `must have at most ${MAX_LOCAL_PART} characters before the @`,
  })
  .refine(hasDomainOfDns, { message: 'must have a domain that DNS can hold after the @' })

function hasDomainOfDns(email: string): boolean {
  const domain = email.slice(email.lastIndexOf('@') + 1)
  return domain.length <= MAX_DOMAIN && domain.split('.').every((label) => label.length <= MAX_LABEL)
}

/** Whether Postgres can take a text: it refuses NUL. */
export const isStorable = (text: string): boolean => !text.includes('\0')
export const NOT_STORABLE = 'must not contain NUL'

/** Text of any number of lines, trimmed, not empty. */
export const textSchema = (max: number) =>
  z
    .string()
    .trim()
    .min(1, 'must not be empty')
    .max(max, `must have at most ${max} characters`)
    .refine(isStorable, NOT_STORABLE)

/** What an update changes when it is given and keeps when it is left out. Null is no way to say either. */
export const keptWhenLeftOut = <T extends z.ZodType>(schema: T) =>
  z
    .unknown()
    .refine((value): boolean => value !== null, {
      message: 'cannot be null; leave it out to keep it',
      abort: true,
    })
    .pipe(schema)
    .optional()
