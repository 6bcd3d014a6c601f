import { newId } from '@karcis/kit/ids'
import type { Db, Tx } from '../database.ts'

/** A move to another address, confirmed or waiting for it. */
export interface EmailChange {
  id: string
  userId: string
  oldEmail: string
  /** Whether the old address was shown to be its owner's: then it has to confirm, too. */
  oldVerified: boolean
  newEmail: string
  oldConfirmed: boolean
  newConfirmed: boolean
  done: boolean
  begunAt: Date
}

/** Begins a move, in the place of one that waits to be confirmed, whose links are gone with it. The caller has locked the account. */
export async function insertEmailChange(
  tx: Tx,
  change: Pick<EmailChange, 'userId' | 'oldEmail' | 'oldVerified' | 'newEmail'>,
  lifetimeSeconds: number,
): Promise<string> {
  const { userId, oldEmail, oldVerified, newEmail } = change
  const id = newId()
  await deletePendingChange(tx, userId)
  await tx.$executeRaw`INSERT INTO email_changes (id, user_id, old_email, old_verified, new_email, expires_at)
    VALUES (${id}::uuid, ${userId}::uuid, ${oldEmail}, ${oldVerified}, ${newEmail}, now() + make_interval(secs => ${lifetimeSeconds}::int))`
  return id
}

/** Gives up a move that waits to be confirmed, if there is one. */
export async function deletePendingChange(tx: Tx, userId: string): Promise<void> {
  await tx.$executeRaw`DELETE FROM email_changes WHERE user_id = ${userId}::uuid AND done_at IS NULL`
}

/** Notes that one of the two addresses has confirmed. The caller has locked the account. @returns the move as it stands now. */
export async function updateConfirmed(tx: Tx, id: string, which: 'OLD' | 'NEW'): Promise<EmailChange | null> {
  const [found] = await tx.$queryRaw<EmailChange[]>`UPDATE email_changes SET
      old_confirmed_at = CASE WHEN ${which} = 'OLD' THEN now() ELSE old_confirmed_at END,
      new_confirmed_at = CASE WHEN ${which} = 'NEW' THEN now() ELSE new_confirmed_at END
    WHERE id = ${id}::uuid
    RETURNING id, user_id AS "userId", old_email AS "oldEmail", old_verified AS "oldVerified", new_email AS "newEmail",
      old_confirmed_at IS NOT NULL AS "oldConfirmed", new_confirmed_at IS NOT NULL AS "newConfirmed", done_at IS NOT NULL AS done, created_at AS "begunAt"`
  return found ?? null
}

/** Notes that a move is made, and for how long it can be undone. */
export async function updateDone(tx: Tx, id: string, undoSeconds: number): Promise<void> {
  await tx.$executeRaw`UPDATE email_changes SET done_at = now(), expires_at = now() + make_interval(secs => ${undoSeconds}::int)
    WHERE id = ${id}::uuid`
}

/** A move that was made, with all that were made after it taken back: they began at addresses that its undoing takes away. */
export async function deleteChangesFrom(tx: Tx, id: string): Promise<EmailChange | null> {
  const [found] = await tx.$queryRaw<EmailChange[]>`
    SELECT id, user_id AS "userId", old_email AS "oldEmail", old_verified AS "oldVerified", new_email AS "newEmail",
      old_confirmed_at IS NOT NULL AS "oldConfirmed", new_confirmed_at IS NOT NULL AS "newConfirmed", done_at IS NOT NULL AS done, created_at AS "begunAt"
    FROM email_changes WHERE id = ${id}::uuid AND done_at IS NOT NULL`
  if (!found) return null
  await tx.$executeRaw`DELETE FROM email_changes
    WHERE user_id = ${found.userId}::uuid AND (done_at IS NULL OR done_at >= (SELECT done_at FROM email_changes WHERE id = ${id}::uuid))`
  return found
}

/** Whether somebody else can still go back to an address. Asked after the account with it was written: then no move to or from it is missed. */
export async function isKeptForAnother(tx: Tx | Db, email: string, userId: string): Promise<boolean> {
  const found = await tx.$queryRaw<unknown[]>`SELECT true FROM email_changes
    WHERE old_email = ${email} AND done_at IS NOT NULL AND expires_at > now() AND user_id <> ${userId}::uuid LIMIT 1`
  return found.length > 0
}

/** The address that somebody is moving to, while it waits to be confirmed. */
export async function findNewEmails(db: Db, userIds: readonly string[]): Promise<Map<string, string>> {
  const found = await db.$queryRaw<{ userId: string; newEmail: string }[]>`
    SELECT user_id AS "userId", new_email AS "newEmail" FROM email_changes
    WHERE user_id = ANY(${userIds}::uuid[]) AND done_at IS NULL AND expires_at > now()`
  return new Map(found.map(({ userId, newEmail }) => [userId, newEmail]))
}

/** Forgets every move of a person. */
export async function deleteEmailChangesOf(tx: Tx, userId: string): Promise<void> {
  await tx.$executeRaw`DELETE FROM email_changes WHERE user_id = ${userId}::uuid`
}
