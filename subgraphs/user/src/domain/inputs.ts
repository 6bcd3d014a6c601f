import { idSchema, nameSchema } from '@karcis/kit/validate'
import { z } from 'zod'
import { isCommonPassword } from './common-passwords.ts'

const MAX_EMAIL = 254 // RFC 5321: what a mail path can carry
const MAX_PASSWORD = 200

/** How an address is stored and compared. */
export const normalizeEmail = (email: string): string => email.normalize('NFC').trim().toLowerCase()

/** Whether Postgres can take a text: it refuses NUL. */
export const isStorable = (text: string): boolean => !text.includes('\0')
const NOT_STORABLE = 'must not contain NUL'

const email = z
  .string()
  .transform(normalizeEmail)
  .pipe(z.email('must be an e-mail address').max(MAX_EMAIL, 'is too long'))

const password = z
  .string()
  .min(8, 'must have at least 8 characters')
  .max(MAX_PASSWORD, `must have at most ${MAX_PASSWORD} characters`)
  .refine((value) => !isCommonPassword(value), 'is among the passwords that are guessed first')

const phoneNumber = z
  .string()
  .trim()
  .regex(/^\+?[\d ()-]{6,24}$/, 'must be a phone number: 6 to 25 digits, spaces and + - ( )')

const address = text(500)
function text(max: number) {
  return z
    .string()
    .trim()
    .min(1, 'must not be empty')
    .max(max, `must have at most ${max} characters`)
    .refine(isStorable, NOT_STORABLE)
}

type Credentials = { email?: string | undefined; password?: string | undefined }
const SAME_AS_EMAIL = { path: ['password'], message: 'must not be the e-mail address', when: () => true }

/** Whether a password gives itself away by being the address, or the part of it before the @. */
export const isOwnEmail = (secret: string, address: string): boolean =>
  [address, address.split('@')[0]].includes(normalizeEmail(secret))

const notOwnEmail = (input: unknown): boolean => {
  const given = (input ?? {}) as Credentials
  const known = typeof given.email === 'string' && typeof given.password === 'string'
  return !known || !isOwnEmail(String(given.password), normalizeEmail(String(given.email)))
}

export const createUserSchema = z
  .object({
    email,
    password,
    name: nameSchema(),
    phoneNumber: phoneNumber.nullish(),
    address: address.nullish(),
  })
  .refine(notOwnEmail, SAME_AS_EMAIL)

/** Nothing but bounds: what does not belong to an account is INVALID_CREDENTIALS, whatever it looks like. */
export const loginSchema = z.object({
  email: z.string().max(MAX_EMAIL, 'is too long').refine(isStorable, NOT_STORABLE).transform(normalizeEmail),
  password: z.string().max(MAX_PASSWORD, 'is too long'),
})

/** `optional` is what may be left out but not be emptied, `nullish` what null clears. */
export const updateUserSchema = z.object({
  id: idSchema,
  name: nameSchema().optional(),
  phoneNumber: phoneNumber.nullish(),
  address: address.nullish(),
  email: email.optional(),
  password: password.optional(),
  currentPassword: z.string().max(MAX_PASSWORD, 'is too long').nullish(),
})

export const changePasswordSchema = z.object({
  currentPassword: z.string().max(MAX_PASSWORD, 'is too long'),
  newPassword: password,
})

export const submitProposalSchema = z.object({
  name: nameSchema(),
  category: nameSchema(),
  description: text(5_000),
  location: text(200),
})

export const reviewProposalSchema = z
  .object({ decision: z.enum(['APPROVED', 'REJECTED']), message: text(2_000).nullish() })
  .refine(({ decision, message }) => decision === 'APPROVED' || message, {
    path: ['message'],
    message: 'must say why the proposal is rejected',
  })

export const suspensionReasonSchema = text(500)

export const userFilterSchema = z.object({
  role: z.enum(['CUSTOMER', 'ORGANIZER', 'ADMIN']).nullish(),
  search: z
    .string()
    .trim()
    .max(100, 'must have at most 100 characters')
    .refine(isStorable, NOT_STORABLE)
    .nullish(),
})
