import { Forbidden, ServiceUnavailable } from '@karcis/kit/errors'
import type { Reads } from '@karcis/kit/reads'
import type { Viewer } from '@karcis/kit/service-token'
import type { Tx } from '../database.ts'
import type { Deps } from '../deps.ts'

/** What the user subgraph says of a person's right to hold events. */
export const ORGANIZER = `query Organizer($id: ID!) { user(id: $id) { role suspendedAt } }`

export interface Organizer {
  user: { role: string; suspendedAt: string | null } | null
}

/** When this subgraph was told that somebody may no longer hold events; null for whom it was not, or who may again. */
export type RightsLost = Date | null

/**
 * Notes that somebody may no longer hold events, or may again. It waits for those of their transactions that are under way
 * (`requireRights`): what pauses their sales after this commits finds all that they have begun.
 * @param pauseReason why the sales of somebody who may not are to be paused; null for who may.
 */
export async function recordRights(tx: Tx, userId: string, pauseReason: string | null): Promise<void> {
  await tx.$queryRaw`SELECT pg_advisory_xact_lock(hashtextextended(${lockOf(userId)}, 0))::text`
  if (pauseReason === null) await tx.$executeRaw`DELETE FROM lost_rights WHERE user_id = ${userId}::uuid`
  else {
    await tx.$executeRaw`INSERT INTO lost_rights (user_id, pause_reason) VALUES (${userId}::uuid, ${pauseReason})
      ON CONFLICT (user_id) DO UPDATE SET lost_at = clock_timestamp(), pause_reason = EXCLUDED.pause_reason`
  }
}

/** Notes that the sales of somebody who lost their rights at that moment are paused; if they lost them again since, these are still to be. */
export async function updatePaused(tx: Tx, userId: string, lostAt: Date): Promise<void> {
  await tx.$executeRaw`UPDATE lost_rights SET pause_reason = NULL
    WHERE user_id = ${userId}::uuid AND lost_at = ${lostAt}::timestamptz`
}

/** Somebody whose sales are still to be paused. */
export interface LapsedOrganizer {
  organizerId: string
  reason: string
}

/** Those whose sales are still to be paused, though they lost the right to them more than some seconds ago. */
export const listUnpaused = (db: Reads, seconds: number): PromiseLike<LapsedOrganizer[]> =>
  db.$queryRaw<LapsedOrganizer[]>`SELECT user_id AS "organizerId", pause_reason AS reason FROM lost_rights
    WHERE pause_reason IS NOT NULL AND lost_at < now() - make_interval(secs => ${seconds}::int) ORDER BY lost_at`

/** What is known here of somebody's rights, to be compared by `requireRights` once they are confirmed. */
export async function findRightsLost(db: Reads, userId: string): Promise<RightsLost> {
  const [row] = await db.$queryRaw<{ lostAt: Date }[]>`
    SELECT lost_at AS "lostAt" FROM lost_rights WHERE user_id = ${userId}::uuid`
  return row?.lostAt ?? null
}

/**
 * Confirms the rights of a viewer of whom it was said not long ago that they have none: that they have them again may still be on its way.
 * @returns for `requireRights`. @throws Forbidden when they have none; ServiceUnavailable when that cannot be told.
 */
export async function confirmRights({ db, clients }: Deps, viewer: Viewer): Promise<RightsLost> {
  const lost = await findRightsLost(db, viewer.id)
  if (!lost) return null
  if (!clients.user) throw new ServiceUnavailable()
  const { user } = await clients.user.query<Organizer>(ORGANIZER, { id: viewer.id }, viewer)
  if (!user || user.role === 'CUSTOMER' || user.role === 'GUEST' || user.suspendedAt)
    throw new Forbidden(NO_LONGER)
  return lost
}

/**
 * Makes sure, to the end of the transaction, that nobody has lost their rights since they were confirmed.
 * @param refusal what they are told. @throws Forbidden
 */
export async function requireRights(
  tx: Tx,
  userId: string,
  confirmed: RightsLost,
  refusal = NO_LONGER,
): Promise<void> {
  await tx.$queryRaw`SELECT pg_advisory_xact_lock_shared(hashtextextended(${lockOf(userId)}, 0))::text`
  const lost = await findRightsLost(tx, userId)
  if (lost && lost.getTime() !== confirmed?.getTime()) throw new Forbidden(refusal)
}

const NO_LONGER = 'The organizer may no longer hold events.'

const lockOf = (userId: string): string => `rights of ${userId}`
