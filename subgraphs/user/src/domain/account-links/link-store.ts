import { tokenHash } from '@karcis/kit/secret-tokens'
import type { Db, Tx } from '../database.ts'

/** What a link that was mailed is for. */
export type LinkPurpose =
  | 'VERIFY_EMAIL'
  | 'RESET_PASSWORD'
  | 'SIGN_IN'
  | 'CONFIRM_NEW_EMAIL'
  | 'CONFIRM_OLD_EMAIL'
  | 'UNDO_EMAIL_CHANGE'
  | 'CLAIM'

/** A link as it is stored. Its token is not among it: that only the mail has. */
export interface Link {
  id: string
  userId: string
  purpose: LinkPurpose
  /** Where it was sent, normalized: it shows whose that mailbox is. */
  email: string
  /** The move to another address that it is about, if any. */
  changeId: string | null
}

/** What becomes of a link that somebody brings. */
export interface BroughtLink extends Link {
  used: boolean
  expired: boolean
}

/** A link about to be mailed. */
export interface NewLink extends Link {
  token: string
  lifetimeSeconds: number
}

/** @returns false when a link of this id was written before: whoever mails it may be run twice. */
export async function insertLink(tx: Tx, link: NewLink): Promise<boolean> {
  const inserted = await tx.$executeRaw`
    INSERT INTO account_links (id, user_id, purpose, token_hash, email, change_id, expires_at)
    VALUES (${link.id}::uuid, ${link.userId}::uuid, ${link.purpose}, ${tokenHash(link.token)}, ${link.email}, ${link.changeId}::uuid,
      now() + make_interval(secs => ${link.lifetimeSeconds}::int))
    ON CONFLICT (id) DO NOTHING`
  return inserted === 1
}

/** The link with this token that is for one of these purposes, whatever it is still worth; null when there is none. */
export async function findLink(
  db: Db,
  token: string,
  purposes: readonly LinkPurpose[],
): Promise<BroughtLink | null> {
  const [found] = await db.$queryRaw<BroughtLink[]>`
    SELECT id, user_id AS "userId", purpose, email, change_id AS "changeId", used_at IS NOT NULL AS used, expires_at <= now() AS expired
    FROM account_links WHERE token_hash = ${tokenHash(token)} AND purpose = ANY(${purposes}::text[])`
  return found ?? null
}

/**
 * Uses a link up, and with it all others that the person was sent for the same. The caller has locked the account.
 * @returns false when it was used before, or is too old by now: of any number who bring it at once, one is told true.
 */
export async function useLink(tx: Tx, { id, userId, purpose }: Link): Promise<boolean> {
  const used = await tx.$executeRaw`UPDATE account_links SET used_at = now()
    WHERE id = ${id}::uuid AND used_at IS NULL AND expires_at > now()`
  if (used === 0) return false
  await tx.$executeRaw`UPDATE account_links SET used_at = now()
    WHERE user_id = ${userId}::uuid AND purpose = ${purpose} AND used_at IS NULL`
  return true
}

/** Whether somebody has a link that is still good for this. */
export async function hasOpenLink(tx: Tx, userId: string, purpose: LinkPurpose): Promise<boolean> {
  const found = await tx.$queryRaw<unknown[]>`SELECT true FROM account_links
    WHERE user_id = ${userId}::uuid AND purpose = ${purpose} AND used_at IS NULL AND expires_at > now() LIMIT 1`
  return found.length > 0
}

/** Makes links of a person good for nothing, such as those that were sent before they had another password. */
export async function useUpLinks(tx: Tx, userId: string, purposes: readonly LinkPurpose[]): Promise<void> {
  await tx.$executeRaw`UPDATE account_links SET used_at = now()
    WHERE user_id = ${userId}::uuid AND purpose = ANY(${purposes}::text[]) AND used_at IS NULL`
}

/** Forgets every link that a person was sent. */
export async function deleteLinksOf(tx: Tx, userId: string): Promise<void> {
  await tx.$executeRaw`DELETE FROM account_links WHERE user_id = ${userId}::uuid`
}
