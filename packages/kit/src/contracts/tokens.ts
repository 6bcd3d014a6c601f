import { z } from 'zod'

/** Who signs what people hold: access tokens (RFC 9068, whose audience it is too) and the codes of tickets. */
export const ISSUER = 'karcis'

/** How long an access token is good for. */
export const ACCESS_TOKEN_SECONDS = 15 * 60

/** The most by which the clocks of two machines may differ. */
export const CLOCK_TOLERANCE_SECONDS = 5 * 60

/** Where the user subgraph publishes the keys of access tokens, and the router to everybody (RFC 7517). */
export const JWKS_PATH = '/.well-known/jwks.json'

export const roleSchema = z.enum(['GUEST', 'CUSTOMER', 'ORGANIZER', 'ADMIN'])

export type Role = z.infer<typeof roleSchema>

/** In the place of a role, what a scanner at the door is: the router knows it by the token that it was given, and it is nobody's. */
export const DOOR_ROLE = 'DOOR'

/** What an access token says of its bearer: the user, the session and the role when it was signed. */
export const accessTokenClaims = z.object({
  sub: z.string(),
  sid: z.string(),
  role: roleSchema,
  /** Seconds since the epoch. */
  exp: z.number(),
})
