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

/**
 * In the place of a role, what somebody is who has signed in but has to set up a second factor before they may do anything else. To
 * whatever does not ask for it they are nobody.
 */
export const ENROLLING_ROLE = 'ENROLLING'

/** Among the ways in which somebody has shown who they are (`amr`, RFC 8176): there was more than one. */
export const MULTI_FACTOR = 'mfa'

/** For how long after somebody has shown who they are they may do what asks for that: pay out, erase, give roles, change factors. */
export const STEP_UP_SECONDS = 10 * 60

/** What an access token says of its bearer: the user, the session and the role when it was signed. */
export const accessTokenClaims = z.object({
  sub: z.string(),
  sid: z.string(),
  role: roleSchema,
  /** When the person last showed who they are, in seconds since the epoch. Tokens of an earlier version do not say. */
  auth_time: z.number().optional(),
  /** How they did it. */
  amr: z.array(z.string()).optional(),
  /** They may set up a second factor, and nothing else. */
  enrol: z.boolean().optional(),
  /** Seconds since the epoch. */
  exp: z.number(),
})
