import { createHash } from 'node:crypto'
import { newId } from '@karcis/kit/ids'
import { type Connection, idPage, newestFirst, type PageArgs } from '@karcis/kit/pagination'
import type { Prisma } from '../../../generated/prisma/client.ts'
import type { Db, Tx } from '../../database.ts'

/** One browser of a person, as they may look at it. */
export interface SubscriptionRow {
  id: string
  sessionId: string | null
  /** The host of its push service. */
  service: string
  userAgent: string | null
  registeredAt: Date
}

/** A browser about to be registered. */
export interface NewSubscription {
  userId: string
  sessionId: string
  endpoint: string
  /** Its URL and keys. */
  sealed: Uint8Array<ArrayBuffer>
  userAgent: string | null
}

const SHOWN = {
  id: true,
  sessionId: true,
  service: true,
  userAgent: true,
  registeredAt: true,
} satisfies Prisma.PushSubscriptionSelect

/**
 * Registers a browser as a person's, in their session. It may be known: as theirs, then it goes on as it was; or as somebody else's, whose it is no longer, with all that
 * waits for it. The caller has locked the account.
 * @returns null when the session has ended, or another registers the same browser at this moment.
 */
export async function upsertSubscription(
  tx: Tx,
  { userId, sessionId, endpoint, sealed, userAgent }: NewSubscription,
): Promise<SubscriptionRow | null> {
  const endpointHash = createHash('sha256').update(endpoint).digest()
  await tx.$executeRaw`DELETE FROM push_subscriptions WHERE endpoint_hash = ${endpointHash} AND user_id <> ${userId}::uuid`
  // The session is kept from ending until this is written: its end comes before, and there is none, or after, and takes this with it.
  const [row] = await tx.$queryRaw<SubscriptionRow[]>`
    INSERT INTO push_subscriptions AS known (id, user_id, session_id, endpoint_hash, sealed, service, user_agent)
    SELECT ${newId()}::uuid, user_id, id, ${endpointHash}, ${sealed}, ${new URL(endpoint).hostname}, ${userAgent} FROM (
      SELECT user_id, id FROM sessions WHERE id = ${sessionId}::uuid AND user_id = ${userId}::uuid AND revoked_at IS NULL FOR SHARE) AS open
    ON CONFLICT (endpoint_hash) DO UPDATE SET session_id = excluded.session_id, sealed = excluded.sealed, user_agent = excluded.user_agent,
      registered_at = now()
    WHERE known.user_id = excluded.user_id
    RETURNING id, session_id AS "sessionId", service, user_agent AS "userAgent", registered_at AS "registeredAt"`
  return row ?? null
}

/** Leaves somebody the browsers that they registered last. The caller has locked the account. */
export async function deleteOldSubscriptions(tx: Tx, userId: string, keep: number): Promise<void> {
  await tx.$executeRaw`DELETE FROM push_subscriptions WHERE id IN (
    SELECT id FROM push_subscriptions WHERE user_id = ${userId}::uuid ORDER BY registered_at DESC, id DESC OFFSET ${keep}::int)`
}

/** @returns it; null when it is none of theirs. */
export async function deleteSubscription(
  tx: Tx,
  userId: string,
  id: string,
): Promise<SubscriptionRow | null> {
  const [row] = await tx.$queryRaw<
    SubscriptionRow[]
  >`DELETE FROM push_subscriptions WHERE id = ${id}::uuid AND user_id = ${userId}::uuid
    RETURNING id, session_id AS "sessionId", service, user_agent AS "userAgent", registered_at AS "registeredAt"`
  return row ?? null
}

export type SubscriptionConnection = Connection<SubscriptionRow>

const SUBSCRIPTIONS = newestFirst<SubscriptionRow>('push-subscriptions')

/** A page of a person's browsers, newest first. @throws BadUserInput for wrong paging. */
export const listSubscriptions = (db: Db, userId: string, args: PageArgs): Promise<SubscriptionConnection> =>
  SUBSCRIPTIONS.read(args, {
    rows(page) {
      const { where: onPage, ...order } = idPage(page)
      return db.pushSubscription.findMany({ where: { AND: [{ userId }, onPage] }, ...order, select: SHOWN })
    },
    count: () => db.pushSubscription.count({ where: { userId } }),
  })

/** Where a browser of somebody is reached, sealed. */
export interface SealedSubscription {
  sealed: Uint8Array
  userAgent: string | null
  /** Whose it is, in words. */
  email: string | null
}

/** Null when it is gone, or another's by now. */
export async function findSubscription(
  db: Db,
  userId: string,
  id: string,
): Promise<SealedSubscription | null> {
  const found = await db.pushSubscription.findUnique({
    where: { id, userId },
    select: { sealed: true, userAgent: true, user: { select: { email: true, guestEmail: true } } },
  })
  return (
    found && {
      sealed: found.sealed,
      userAgent: found.userAgent,
      email: found.user.email ?? found.user.guestEmail,
    }
  )
}

/** Forgets every browser of a person. */
export async function deleteSubscriptionsOf(tx: Tx, userId: string): Promise<void> {
  await tx.pushSubscription.deleteMany({ where: { userId } })
}
