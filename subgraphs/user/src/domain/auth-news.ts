import type { Deps } from './deps.ts'
import type { Account } from './account-store.ts'
import type { Revocation } from './session-store.ts'

/** Channel on which routers hear what `GET /internal/auth-changes` tells in full. */
export const AUTH_CHANGED = 'auth-changed'

/** Sessions that ended and people whose rights changed, as told to routers. Instants are RFC 3339. */
export interface AuthNews {
  sessions: { id: string; revokedAt: string }[]
  users: { id: string; role: Account['role']; suspended: boolean; changedAt: string }[]
}

/** Tells all routers at once. Only after the commit; a router that misses it asks for it within seconds. */
export function announce(deps: Deps, revoked: Revocation[], changed?: { account: Account; at: Date }): void {
  if (revoked.length === 0 && !changed) return
  const news: AuthNews = {
    sessions: revoked.map(({ id, revokedAt }) => ({ id, revokedAt: revokedAt.toISOString() })),
    users: changed ? [userNews(changed.account, changed.at)] : [],
  }
  deps.bus.publish(AUTH_CHANGED, news)
}

/** What a router needs to know of a person; an erased one is shut out like a suspended one. */
export const userNews = (
  account: Pick<Account, 'id' | 'role' | 'suspendedAt' | 'deletedAt'>,
  at: Date,
): AuthNews['users'][number] => ({
  id: account.id,
  role: account.role,
  suspended: account.suspendedAt !== null || account.deletedAt !== null,
  changedAt: at.toISOString(),
})
