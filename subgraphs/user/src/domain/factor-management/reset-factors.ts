import { transaction } from '@karcis/kit/database'
import { Conflict, NotFound } from '@karcis/kit/errors'
import { idSchema, newId } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { parseInput } from '@karcis/kit/validate'
import { requireRole, requireStepUp } from '@karcis/kit/viewer'
import { resetReasonSchema } from '../accounts/account-input.ts'
import { lockAccount } from '../accounts/account-store.ts'
import { fullView, type UserView } from '../accounts/user-view.ts'
import type { Deps } from '../deps.ts'
import { notify } from '../notifications/notify.ts'
import { deleteFactorsOf, findFactors, isTwoFactor } from '../second-factors/factor-store.ts'
import { publishAuthChanges } from '../sessions/auth-changes.ts'
import { revokeSessionsOf } from '../sessions/session-store.ts'

/**
 * Takes away all that protects a person's account beside their password, for who has lost it and the recovery codes too. Whatever else opens the
 * account stays; their sessions end, and they are told, with the reason. Admins only, and not for themselves: another one has to know whom they talk to.
 * @throws StepUpRequired, NotFound, BadUserInput, Forbidden; Conflict for the admin's own account, and for one that has nothing to take away.
 */
export async function resetSecondFactors(
  deps: Deps,
  viewer: Viewer,
  userId: string,
  reason: string,
): Promise<UserView> {
  requireRole({ viewer }, 'ADMIN')
  requireStepUp(viewer)
  const id = parseInput(idSchema, userId, 'userId')
  const why = parseInput(resetReasonSchema, reason, 'reason')
  if (id === viewer.id)
    throw new Conflict('Another admin has to do this: your own second factors you can replace.')
  const { account, revoked } = await transaction(deps.db, async (tx) => {
    const account = await lockAccount(tx, id)
    if (!account) throw new NotFound('user', id)
    if (!isTwoFactor(await findFactors(tx, id))) throw new Conflict('This account has no second factor.')
    await deleteFactorsOf(tx, id)
    await notify(tx, [{ userId: id, kind: 'SECOND_FACTORS_RESET', cause: newId(), data: { reason: why } }])
    return { account, revoked: await revokeSessionsOf(tx, id) }
  })
  publishAuthChanges(deps, revoked)
  return fullView(account)
}
