import { transaction } from '@karcis/kit/database'
import { BadUserInput, Conflict, NotFound } from '@karcis/kit/errors'
import { idSchema } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { parseInput } from '@karcis/kit/validate'
import { requireRole, requireStepUp } from '@karcis/kit/viewer'
import { suspensionReasonSchema } from '../accounts/account-input.ts'
import { type Account, lockAmongAdmins, type Role, updateAccount } from '../accounts/account-store.ts'
import { recordRightsChange } from '../accounts/rights-changed.ts'
import { fullView, type UserView } from '../accounts/user-view.ts'
import type { Tx } from '../database.ts'
import type { Deps } from '../deps.ts'
import { openPage } from '../organizers/pages.ts'
import { countEventsToCome } from '../other-subgraphs.ts'
import { publishAuthChanges } from '../sessions/auth-changes.ts'
import { type Revocation, revokeSessionsOf } from '../sessions/session-store.ts'

/**
 * Gives a person another role. Who holds events that are still to come stays one who may. Admins only.
 * @throws StepUpRequired, NotFound, BadUserInput, Conflict, Forbidden
 */
export async function setUserRole(deps: Deps, viewer: Viewer, userId: string, role: Role): Promise<UserView> {
  requireRole({ viewer }, 'ADMIN')
  requireStepUp(viewer)
  const id = parseInput(idSchema, userId, 'id')
  if (role === 'GUEST')
    throw new BadUserInput([{ path: 'role', message: 'must not be GUEST: nobody becomes one' }])
  if (role === 'CUSTOMER') await requireNoEventsToCome(deps, id)
  return changeRights(deps, viewer, id, {
    lessens: role !== 'ADMIN',
    async change(tx, { id, role: before, name }) {
      if (before === 'GUEST')
        throw new Conflict('A guest is given a role once they have an account (claimAccount).')
      if (role === 'ORGANIZER' && before !== role)
        await openPage(tx, id, { name, about: null, verifiedAt: null })
      return { account: await updateAccount(tx, id, { role }), revoked: [] }
    },
  })
}

/** Shuts a person out and ends their sessions. Admins only. @throws as `setUserRole` */
export async function suspendUser(
  deps: Deps,
  viewer: Viewer,
  userId: string,
  reason: string,
): Promise<UserView> {
  const suspensionReason = parseInput(suspensionReasonSchema, reason, 'reason')
  return changeRights(deps, viewer, userId, {
    lessens: true,
    change: async (tx, { id, suspendedAt }) => ({
      account: await updateAccount(tx, id, { suspendedAt: suspendedAt ?? new Date(), suspensionReason }),
      revoked: await revokeSessionsOf(tx, id),
    }),
  })
}

/** Lets a suspended person in again. Admins only. @throws as `setUserRole` */
export const unsuspendUser = (deps: Deps, viewer: Viewer, userId: string): Promise<UserView> =>
  changeRights(deps, viewer, userId, {
    lessens: false,
    change: async (tx, { id }) => ({
      account: await updateAccount(tx, id, { suspendedAt: null, suspensionReason: null }),
      revoked: [],
    }),
  })

interface RightsChange {
  /** Whether an admin is none afterwards: the last one has to stay. */
  lessens: boolean
  change(tx: Tx, before: Account): Promise<{ account: Account; revoked: Revocation[] }>
}

async function changeRights(
  deps: Deps,
  viewer: Viewer,
  userId: string,
  { lessens, change }: RightsChange,
): Promise<UserView> {
  requireRole({ viewer }, 'ADMIN')
  const id = parseInput(idSchema, userId, 'id')
  const { account, revoked, at } = await transaction(deps.db, async (tx) => {
    const { account: before, anotherAdmin } = await lockAmongAdmins(tx, id)
    if (!before) throw new NotFound('user', id)
    if (lessens) requireAnotherAdmin(before, anotherAdmin)
    const { account, revoked } = await change(tx, before)
    return { account, revoked, at: await recordRightsChange(tx, account) }
  })
  publishAuthChanges(deps, revoked, { account, at })
  return fullView(account)
}

/** @throws Conflict when the account is the only admin who can act. */
export function requireAnotherAdmin({ role, suspendedAt }: Account, anotherAdmin: boolean): void {
  if (role === 'ADMIN' && suspendedAt === null && !anotherAdmin) throw new Conflict('This is the last admin.')
}

/**
 * What people have bought tickets for needs somebody who holds it.
 * @throws Conflict while events of the person are still to come; ServiceUnavailable when that cannot be known.
 */
export async function requireNoEventsToCome(deps: Pick<Deps, 'clients'>, userId: string): Promise<void> {
  const eventsToCome = await countEventsToCome(deps, userId)
  if (eventsToCome === 0) return
  const which = eventsToCome === 1 ? 'An event of theirs is' : `${eventsToCome} events of theirs are`
  throw new Conflict(
    `${which} still to come: cancel (cancelEvent) or hand on (transferEvent) what is still to come first.`,
    { eventsToCome },
  )
}
