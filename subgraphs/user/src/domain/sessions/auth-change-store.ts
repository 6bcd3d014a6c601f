import type { Account } from '../accounts/account-store.ts'
import type { Db } from '../database.ts'
import type { Revocation } from './session-store.ts'

/** Which changes to list: those since an instant and a little before it, but none that is older than matters. */
export interface AuthChangeRange {
  since: Date | null
  overlapSeconds: number
  lookBackSeconds: number
}

/** A person whose rights changed. */
export interface AccountChange extends Pick<Account, 'id' | 'role' | 'suspendedAt' | 'deletedAt'> {
  authChangedAt: Date
}

/** Sessions that ended and people whose rights changed, in the order of time; and the database's clock before it looked. */
export async function listAuthChanges(
  db: Db,
  { since, overlapSeconds, lookBackSeconds }: AuthChangeRange,
): Promise<{ now: Date; sessions: Revocation[]; accounts: AccountChange[] }> {
  const [{ now, from }] = await db.$queryRaw<[{ now: Date; from: Date }]>`
    SELECT now() AS now, greatest(${since}::timestamptz - make_interval(secs => ${overlapSeconds}::int),
      now() - make_interval(secs => ${lookBackSeconds}::int)) AS from`
  const [sessions, accounts] = await Promise.all([
    db.$queryRaw<Revocation[]>`SELECT id, revoked_at AS "revokedAt" FROM sessions
      WHERE revoked_at >= ${from} ORDER BY revoked_at`,
    db.$queryRaw<AccountChange[]>`SELECT id, role, suspended_at AS "suspendedAt", deleted_at AS "deletedAt",
        auth_changed_at AS "authChangedAt"
      FROM users WHERE auth_changed_at >= ${from} ORDER BY auth_changed_at`,
  ])
  return { now, sessions, accounts }
}
