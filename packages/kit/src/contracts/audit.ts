import { z } from 'zod'
import { DOOR_ROLE, roleSchema } from './tokens.ts'

/** In which capacity somebody acted: with which role, or as a scanner at the door. */
export const actorRoleSchema = z.enum([...roleSchema.options, DOOR_ROLE])

/** The most ids of one deed that are kept: a deed may touch thousands of seats. */
export const MOST_AUDITED_IDS = 100

/**
 * What somebody did, or tried, as the audit log keeps it. Ids and names of the API only: no text that anybody wrote, no secret, and nothing that
 * would have to be taken out of the log when an account is erased, but the address, which is kept beside it.
 */
export const auditedSchema = z.object({
  /** Of the deed: however often it is told of, it is one. */
  deedId: z.uuid(),
  /** The person, or the scanner; null when nobody knows who it was, as of a sign-in to no account. */
  actorId: z.uuid().nullable(),
  /** Null where only the user subgraph knows it: of a sign-in. */
  role: actorRoleSchema.nullable(),
  /** The root field that was asked for. */
  action: z.string().max(100),
  /** What was named in the request, and what came of it. */
  ids: z.array(z.uuid()).max(MOST_AUDITED_IDS),
  /** Why it was refused; null for what was done. */
  code: z.string().max(100).nullable(),
  /** The network address it was asked from, as the router saw it. */
  address: z.string().max(100).nullable(),
  requestId: z.string().max(200),
})

export type Audited = z.infer<typeof auditedSchema>
