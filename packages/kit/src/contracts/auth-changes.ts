import { z } from 'zod'
import { ACCESS_TOKEN_SECONDS, CLOCK_TOLERANCE_SECONDS, roleSchema } from './tokens.ts'

/** On it routers hear that something has changed; what it was they ask for at `AUTH_CHANGES_PATH`, and every few seconds anyway. */
export const AUTH_CHANGED_CHANNEL = 'auth-changed'

/** GET with `since`, the `now` of the answer before, or without it for everything that can still matter. */
export const AUTH_CHANGES_PATH = '/internal/auth-changes'

/** What is older concerns no access token that is still good. */
export const AUTH_CHANGES_KEPT_SECONDS = ACCESS_TOKEN_SECONDS + CLOCK_TOLERANCE_SECONDS

/**
 * By how much the user subgraph reaches back behind `since`: a change is dated when it is made and seen when it is committed,
 * and a transaction lives 8 seconds at most (database.ts). Whoever asks passes `now` on as it was given.
 */
export const AUTH_CHANGES_OVERLAP_SECONDS = 10

/** RFC 3339 on the way, milliseconds since the epoch once it is parsed. */
const instant = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text))

/** Sessions that ended, and people whose rights changed. Who is erased counts as suspended. */
export const authChanges = z.object({
  sessions: z.array(z.object({ id: z.string(), revokedAt: instant })),
  users: z.array(
    z.object({
      id: z.string(),
      role: roleSchema,
      suspended: z.boolean(),
      /** Whether the role asks for a second factor: sessions that were opened without one may do nothing but set one up. */
      needsSecondFactor: z.boolean().default(false),
      changedAt: instant,
    }),
  ),
})

/** The answer at `AUTH_CHANGES_PATH`: the changes, and the instant to ask from next time. */
export const authChangesFeed = authChanges.extend({ now: instant })

/** As it is sent. */
export type AuthChanges = z.input<typeof authChanges>
export type AuthChangesFeed = z.input<typeof authChangesFeed>
