import { roleSchema } from '@karcis/kit/contracts/tokens'
import { idSchema } from '@karcis/kit/ids'
import { nameSchema } from '@karcis/kit/validate'
import { z } from 'zod'
import {
  emailSchema,
  isStorable,
  keptWhenLeftOut,
  NOT_STORABLE,
  normalizeEmail,
  textSchema,
} from '../input.ts'
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
  })
  .refine(isNotOwnEmail, { path: ['password'], message: OWN_EMAIL, when: () => true })

/** `nullish` is what null clears. */
export const updateUserSchema = z.object({
  id: idSchema,
  name: keptWhenLeftOut(nameSchema()),
  phoneNumber: phoneNumber.nullish(),
  address: address.nullish(),
  email: keptWhenLeftOut(emailSchema),
  password: keptWhenLeftOut(newPasswordSchema),
  currentPassword: givenPasswordSchema.nullish(),
})

export const changePasswordSchema = z.object({
  currentPassword: givenPasswordSchema,
  newPassword: newPasswordSchema,
})

export const suspensionReasonSchema = textSchema(500)

export const userFilterSchema = z.object({
  role: roleSchema.nullish(),
  search: z
    .string()
    .trim()
    .min(1, 'must not be empty; leave it out to find everybody')
    .max(100, 'must have at most 100 characters')
    .refine(isStorable, NOT_STORABLE)
    .nullish(),
})
