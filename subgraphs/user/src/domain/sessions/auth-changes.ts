import {
  AUTH_CHANGED_CHANNEL,
  AUTH_CHANGES_KEPT_SECONDS,
  AUTH_CHANGES_OVERLAP_SECONDS,
  type AuthChanges,
  type AuthChangesFeed,
} from '@karcis/kit/contracts/auth-changes'
import { parseInput } from '@karcis/kit/validate'
import { z } from 'zod'
import type { Account } from '../accounts/account-store.ts'
import type { Deps } from '../deps.ts'
import { listAuthChanges } from './auth-change-store.ts'
import type { Revocation } from './session-store.ts'

/** Publishes to all routers at once. Only after the commit; a router that misses it asks for it within seconds. */
export function publishAuthChanges(
  { bus, secondFactorRoles }: Pick<Deps, 'bus' | 'secondFactorRoles'>,
  revoked: Revocation[],
  changed?: { account: Account; at: Date },
): void {
  if (revoked.length === 0 && !changed) return
  const changes: AuthChanges = {
    sessions: revoked.map(({ id, revokedAt }) => ({ id, revokedAt: revokedAt.toISOString() })),
    users: changed ? [userChange(secondFactorRoles, changed.account, changed.at)] : [],
  }
  bus.publish(AUTH_CHANGED_CHANNEL, changes)
}

const sinceSchema = z.iso
  .datetime({ offset: true, error: 'must be an instant (RFC 3339)' })
  .refine((text) => Date.parse(text) >= 0, 'must not be before 1970')
  .nullable()

/**
 * Everything that happened to sessions and rights since an instant, and the instant to ask from next time.
 * What is older than any access token that is still valid is left out.
 * @param since RFC 3339; null for all that can still matter.
 */
export async function authChangesSince(
  { db, secondFactorRoles }: Pick<Deps, 'db' | 'secondFactorRoles'>,
  since: string | null,
): Promise<AuthChangesFeed> {
  const from = parseInput(sinceSchema, since, 'since')
  const { now, sessions, accounts } = await listAuthChanges(db, {
    since: from === null ? null : new Date(from),
    overlapSeconds: AUTH_CHANGES_OVERLAP_SECONDS,
    lookBackSeconds: AUTH_CHANGES_KEPT_SECONDS,
  })
  return {
    now: now.toISOString(),
    sessions: sessions.map(({ id, revokedAt }) => ({ id, revokedAt: revokedAt.toISOString() })),
    users: accounts.map(({ authChangedAt, ...account }) =>
      userChange(secondFactorRoles, account, authChangedAt),
    ),
  }
}

/** What a router needs to know of a person; an erased one is shut out like a suspended one. */
const userChange = (
  secondFactorRoles: Deps['secondFactorRoles'],
  account: Pick<Account, 'id' | 'role' | 'suspendedAt' | 'deletedAt'>,
  at: Date,
): AuthChanges['users'][number] => ({
  id: account.id,
  role: account.role,
  needsSecondFactor: secondFactorRoles.has(account.role),
  suspended: account.suspendedAt !== null || account.deletedAt !== null,
  changedAt: at.toISOString(),
})
