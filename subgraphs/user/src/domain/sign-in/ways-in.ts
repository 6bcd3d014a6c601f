import { Conflict } from '@karcis/kit/errors'
import type { Tx } from '../database.ts'

/**
 * Makes sure, after one way into an account was taken away, that another is left: a password, an address that is known to be theirs, where
 * links are mailed, an account at Google, or a passkey. The caller has locked the account.
 * @throws Conflict when nothing is.
 */
export async function requireWayIn(tx: Tx, userId: string): Promise<void> {
  const open = await tx.$queryRaw<unknown[]>`SELECT true FROM users u WHERE u.id = ${userId}::uuid
    AND (u.password_hash IS NOT NULL OR u.email_verified_at IS NOT NULL
      OR EXISTS (SELECT FROM identities i WHERE i.user_id = u.id) OR EXISTS (SELECT FROM passkeys p WHERE p.user_id = u.id))`
  if (open.length === 0)
    throw new Conflict('Nothing else opens this account: give it a password, or verify its address, first.')
}
