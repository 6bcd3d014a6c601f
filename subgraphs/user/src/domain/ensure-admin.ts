import type { Deps } from './deps.ts'
import { findAccountByEmail, markAuthChanged, updateAccount } from './account-store.ts'
import { EmailTaken } from './errors.ts'
import { normalizeEmail } from './inputs.ts'
import { register } from './sign-up.ts'

/**
 * Makes sure at start that the first admin exists. An account that has the address already is made ADMIN and otherwise left as it
 * is, its password too. Any number of processes may start at once: the unique index lets one of them make it.
 */
export async function ensureAdmin({ db, passwords }: Deps, address: string, password: string): Promise<void> {
  const email = normalizeEmail(address)
  if (!(await findAccountByEmail(db, email))) {
    const passwordHash = await passwords.hash(password)
    await db
      .$transaction((tx) => register(tx, { email, passwordHash, name: 'Admin', role: 'ADMIN' }))
      .catch((error: unknown) => {
        if (!(error instanceof EmailTaken)) throw error // another process was first
      })
  }
  const account = await findAccountByEmail(db, email)
  if (!account || account.role === 'ADMIN') return
  await db.$transaction(async (tx) => {
    await updateAccount(tx, account.id, { role: 'ADMIN' })
    await markAuthChanged(tx, account.id)
  })
}
