import { parseInput } from '@karcis/kit/validate'
import { z } from 'zod'
import type { Account } from '../accounts/account-store.ts'
import type { Deps } from '../deps.ts'
import { ACCESS_TOKEN_SECONDS } from './access-tokens.ts'
import { listAuthChanges } from './auth-change-store.ts'
import type { Revocation } from './session-store.ts'

/** Channel on which routers hear what `GET /internal/auth-changes` answers in full. */
export const AUTH_CHANGED = 'auth-changed'

/**
 * A change is dated when it is made and seen when it is committed, and a transaction lives 8 seconds at most (kit/database.ts): what is
 * asked for reaches back further than that, so nothing falls between two questions.
 */
const OVERLAP_SECONDS = 10

/** Longer than an access token lives by what clocks of machines may differ. */
const LOOK_BACK_SECONDS = ACCESS_TOKEN_SECONDS + 5 * 60

/** Sessions that ended and people whose rights changed, as routers hear of them. Instants are RFC 3339. */
export interface AuthChanges {
  sessions: { id: string; revokedAt: string }[]
  users: { id: string; role: Account['role']; suspended: boolean; changedAt: string }[]
}

/** Publishes to all routers at once. Only after the commit; a router that misses it asks for it within seconds. */
export function publishAuthChanges(
  { bus }: Pick<Deps, 'bus'>,
  revoked: Revocation[],
  changed?: { account: Account; at: Date },
): void {
  if (revoked.length === 0 && !changed) return
  const changes: AuthChanges = {
    sessions: revoked.map(({ id, revokedAt }) => ({ id, revokedAt: revokedAt.toISOString() })),
    users: changed ? [userChange(changed.account, changed.at)] : [],
  }
  bus.publish(AUTH_CHANGED, changes)
}

const sinceSchema = z.iso.datetime({ offset: true }).nullable()

/**
 * Everything that happened to sessions and rights since an instant, and the instant to ask from next time.
 * Access tokens live 15 minutes, so what is older than 20 concerns none that is still valid, and is left out.
 * @param since RFC 3339; null for all that can still matter.
 */
export async function authChangesSince(
  { db }: Pick<Deps, 'db'>,
  since: string | null,
): Promise<AuthChanges & { now: string }> {
  const from = parseInput(sinceSchema, since, 'since')
  const { now, sessions, accounts } = await listAuthChanges(db, {
    since: from === null ? null : new Date(from),
    overlapSeconds: OVERLAP_SECONDS,
    lookBackSeconds: LOOK_BACK_SECONDS,
  })
  return {
    now: now.toISOString(),
    sessions: sessions.map(({ id, revokedAt }) => ({ id, revokedAt: revokedAt.toISOString() })),
    users: accounts.map(({ authChangedAt, ...account }) => userChange(account, authChangedAt)),
  }
}

/** What a router needs to know of a person; an erased one is shut out like a suspended one. */
const userChange = (
  account: Pick<Account, 'id' | 'role' | 'suspendedAt' | 'deletedAt'>,
  at: Date,
): AuthChanges['users'][number] => ({
  id: account.id,
  role: account.role,
  suspended: account.suspendedAt !== null || account.deletedAt !== null,
  changedAt: at.toISOString(),
})
