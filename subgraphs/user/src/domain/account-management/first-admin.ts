import { transaction } from '@karcis/kit/database'
import { normalizeEmail } from '@karcis/kit/validate'
import { hasAdmin, lockFirstAdmin } from '../accounts/account-store.ts'
import type { Deps } from '../deps.ts'
import { EmailTaken } from '../errors.ts'
import { register } from './sign-up.ts'

/**
 * Makes the first admin at start, only while there is no admin at all, and only as a new account. Whoever has the address already stays
 * what they are, for the address may long be somebody else's; and a demoted admin is not made one again. Any number of processes
 * may start at once.
 */
export async function ensureFirstAdmin(
  { db, passwords, keyedHashes, log }: Pick<Deps, 'db' | 'passwords' | 'keyedHashes' | 'log'>,
  address: string,
  password: string,
): Promise<void> {
  if (await hasAdmin(db)) return
  const email = normalizeEmail(address)
  const passwordHash = await passwords.hash(password, 'first admin')
  try {
    await transaction(db, async (tx) => {
      await lockFirstAdmin(tx)
      if (await hasAdmin(tx)) return
      await register({ keyedHashes }, tx, { email, passwordHash, name: 'Admin', role: 'ADMIN' })
    })
  } catch (error) {
    if (!(error instanceof EmailTaken)) throw error
    log.warn('There is no admin, and none was made: ADMIN_EMAIL belongs to an account. Set another address.')
  }
}
