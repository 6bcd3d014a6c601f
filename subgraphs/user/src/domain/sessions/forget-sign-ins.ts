import type { Deps } from '../deps.ts'
import { deletePastLoginAttempts } from './login-attempt-store.ts'
import { deleteExpiredTokens, deleteSpentSessions } from './session-store.ts'

/** Expired tokens stay known for a while, so that whoever comes back with one is told what it is. */
const KEEP_EXPIRED_DAYS = 30

/** Forgets refresh tokens long expired, sessions without any token left, and counts of login attempts whose time is over. */
export async function forgetSignIns({ db }: Pick<Deps, 'db'>): Promise<void> {
  await db.$transaction((tx) => deleteExpiredTokens(tx, KEEP_EXPIRED_DAYS))
  await db.$transaction((tx) => deleteSpentSessions(tx, KEEP_EXPIRED_DAYS))
  await db.$transaction(deletePastLoginAttempts)
}
