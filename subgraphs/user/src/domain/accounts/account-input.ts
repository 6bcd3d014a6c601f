import { roleSchema } from '@karcis/kit/contracts/tokens'
import { idSchema } from '@karcis/kit/ids'
import {
  emailSchema,
  filterTextSchema,
  nameSchema,
  normalizeEmail,
  reasonSchema,
  textSchema,
  timezoneSchema,
} from '@karcis/kit/validate'
import { z } from 'zod'
import { givenPasswordSchema, isOwnEmail, newPasswordSchema, OWN_EMAIL } from '../passwords/password-rules.ts'

/** E.164 has at most 15 digits; how they are grouped is for people to say. */
const phoneNumber = z
  .string()
  .trim()
  .regex(
    /^(?=.{6,25}$)\+?[ ()-]*(\d[ ()-]*){6,15}$/,
    'must be a phone number: 6 to 15 digits, spaces and + - ( )',
  )

const address = textSchema(500)

/** A language that there are texts in. */
export const languageSchema = z.enum(['EN', 'ID'])

/** Looks at the raw input, so that it is reported together with the rules that the parsed fields break. */
const isNotOwnEmail = (input: unknown): boolean => {
  const { email, password } = (input ?? {}) as { email?: unknown; password?: unknown }
  return (
    typeof email !== 'string' || typeof password !== 'string' || !isOwnEmail(password, normalizeEmail(email))
  )
}

export const createUserSchema = z
  .object({
    email: emailSchema,
    password: newPasswordSchema,
    name: nameSchema(),
    phoneNumber: phoneNumber.nullish(),
    address: address.nullish(),
    language: languageSchema.nullish(),
    timezone: timezoneSchema.nullish(),
  })
  .refine(isNotOwnEmail, { path: ['password'], message: OWN_EMAIL, when: () => true })

/** `optional` is what may be left out but not be emptied, `nullish` what null clears. */
export const updateUserSchema = z.object({
  id: idSchema,
  name: nameSchema().optional(),
  phoneNumber: phoneNumber.nullish(),
  address: address.nullish(),
  language: languageSchema.optional(),
  timezone: timezoneSchema.optional(),
  email: emailSchema.optional(),
  password: newPasswordSchema.optional(),
  currentPassword: givenPasswordSchema.nullish(),
})

export const changePasswordSchema = z.object({
  currentPassword: givenPasswordSchema,
  newPassword: newPasswordSchema,
})

export const suspensionReasonSchema = reasonSchema(500)

export const resetReasonSchema = reasonSchema(500)

export const userFilterSchema = z.object({
  role: roleSchema.nullish(),
  search: filterTextSchema(100).nullish(),
})
