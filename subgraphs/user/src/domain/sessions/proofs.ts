import { z } from 'zod'
import { givenPasswordSchema } from '../passwords/password-rules.ts'

/** What of a proof stands in `amr` (RFC 8176): a password, a code that is good once, and a key that is in somebody's possession. */
export const BY_PASSWORD = 'pwd'
export const BY_CODE = 'otp'
export const BY_PASSKEY = 'pop'
/** A link that was sent to their address, and what another issuer says of them. */
export const BY_LINK = 'link'
export const BY_OTHERS = 'fed'
/** The authenticator has made sure that it is its owner: a second factor by itself. */
export const BY_OWNER = 'user'

/** Nothing but bounds: what is no code is INVALID_CREDENTIALS, whatever it looks like. */
export const codeSchema = z.string().max(100, 'is too long')

const deviceTokenSchema = z.string().max(200, 'is too long').nullish()

const given = (values: unknown[]): number => values.filter((value) => value != null).length

export const verifySecondFactorSchema = z
  .object({
    challenge: z.string().max(200, 'is too long'),
    code: codeSchema.nullish(),
    passkey: z.unknown().optional(),
    deviceToken: deviceTokenSchema,
  })
  .refine(({ code, passkey }) => given([code, passkey]) === 1, 'must have either a code or a passkey')

export const stepUpSchema = z
  .object({
    password: givenPasswordSchema.nullish(),
    code: codeSchema.nullish(),
    passkey: z.unknown().optional(),
  })
  .refine(
    ({ password, code, passkey }) => given([password, code, passkey]) === 1,
    'must have one of a password, a code and a passkey',
  )

export const passkeyLoginSchema = z.object({ response: z.unknown(), deviceToken: deviceTokenSchema })
