import { transaction } from '@karcis/kit/database'
import { BadUserInput, Conflict, Forbidden, NotFound, Unauthenticated } from '@karcis/kit/errors'
import { faultPoint } from '@karcis/kit/fault-points'
import { idSchema } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { parseInput } from '@karcis/kit/validate'
import { requireStepUp } from '@karcis/kit/viewer'
import { z } from 'zod'
import { deleteEmailChangesOf } from '../account-links/email-change-store.ts'
import { deleteLinksOf } from '../account-links/link-store.ts'
import { findCredentials, findGuestsOf, lockAmongAdmins, updateAccount } from '../accounts/account-store.ts'
import { ERASED_NAME, NOTHING } from '../accounts/erased.ts'
import { recordRightsChange } from '../accounts/rights-changed.ts'
import { isSelfOrAdmin, type UserView, viewFor } from '../accounts/user-view.ts'
import { deleteAuditAddressesOf } from '../audit/audit-store.ts'
import type { Client } from '../client.ts'
import { eraseReporter } from '../content-reports/report-store.ts'
import { deleteDataExportsOf } from '../data-exports/data-export-store.ts'
import type { Deps } from '../deps.ts'
import { deleteFilesOf } from '../files/sweep-uploads.ts'
import { deleteFollowsOf } from '../following/follow-store.ts'
import { forgetGoogleCalendar } from '../google-calendar/google-calendar.ts'
import { eraseGuest } from '../guests/erase-guest.ts'
import { deleteDeadMailAddress } from '../notifications/bounces/bounce-store.ts'
import { deleteNotificationsOf, forgetNameOf } from '../notifications/notification-store.ts'
import { deletePage } from '../organizers/profile-store.ts'
import { deleteProposalsOf } from '../organizers/proposal-store.ts'
import { findErasureLoss } from '../other-subgraphs.ts'
import { givenPasswordSchema } from '../passwords/password-rules.ts'
import { deleteFactorsOf, findFactors, isTwoFactor } from '../second-factors/factor-store.ts'
import { publishAuthChanges } from '../sessions/auth-changes.ts'
import { deleteKnownPlacesOf } from '../sessions/login-attempt-store.ts'
import { provePassword } from '../sessions/log-in.ts'
import { forgetTracesOf, revokeSessionsOf } from '../sessions/session-store.ts'
import { deleteIdentitiesOf } from '../sign-in/identity-store.ts'
import { deleteWishlistOf } from '../wishlist/wishlist-store.ts'
import { requireAnotherAdmin, requireNoEventsToCome } from './change-rights.ts'

const deleteUserSchema = z.object({
  password: givenPasswordSchema.nullish(),
  acknowledgeLoss: z.boolean().nullish(),
})

/**
 * Erases an account, the viewer's own or as an admin anybody's: the row stays, empty, because bookings and tickets elsewhere name its
 * id. The viewer shows that theirs is no borrowed session, and has seen what is lost.
 * @throws Forbidden, StepUpRequired, NotFound, BadUserInput, InvalidCredentials, TooManyAttempts, OnePasswordPerRequest, ServiceUnavailable;
 *   Conflict for the last admin, while events of the person are to come, and when something is lost that is not acknowledged.
 */
export async function deleteUser(
  deps: Deps,
  client: Client,
  viewer: Viewer,
  userId: string,
  input: unknown,
): Promise<UserView> {
  const id = parseInput(idSchema, userId, 'id')
  if (!isSelfOrAdmin(viewer, id))
    throw new Forbidden('Only the person themselves and admins may erase an account.')
  const { password, acknowledgeLoss } = parseInput(deleteUserSchema, input ?? {})
  await proveViewer(deps, client, viewer, password)
  const found = await deps.accountById(id)
  if (!found || found.deletedAt) throw new NotFound('user', id)
  await requireNoEventsToCome(deps, id)
  if (!acknowledgeLoss) await requireNothingToLose(deps, id)

  const { account, revoked, at } = await transaction(deps.db, async (tx) => {
    const { account: before, anotherAdmin } = await lockAmongAdmins(tx, id)
    if (!before) throw new NotFound('user', id)
    requireAnotherAdmin(before, anotherAdmin)
    for (const guest of await findGuestsOf(tx, id)) await eraseGuest(tx, guest.id) // as whom they have bought, too
    await deleteLinksOf(tx, id)
    await deleteEmailChangesOf(tx, id)
    await deleteKnownPlacesOf(tx, id)
    await deleteAuditAddressesOf(tx, id)
    await deleteDataExportsOf(tx, id)
    await deleteFactorsOf(tx, id)
    await forgetTracesOf(tx, id)
    await deleteIdentitiesOf(tx, id)
    await forgetGoogleCalendar(tx, id)
    await deleteProposalsOf(tx, id)
    await deletePage(tx, id)
    await eraseReporter(tx, id)
    await deleteFilesOf(tx, id)
    await deleteWishlistOf(tx, id)
    await deleteNotificationsOf(tx, id)
    await forgetNameOf(tx, id, ERASED_NAME)
    if (before.email) await deleteDeadMailAddress(tx, before.email)
    await deleteFollowsOf(tx, id)
    const account = await updateAccount(tx, id, { ...NOTHING, deletedAt: new Date() })
    await faultPoint('erase-account/emptied')
    return { account, revoked: await revokeSessionsOf(tx, id), at: await recordRightsChange(tx, account) }
  })
  await faultPoint('erase-account/written')
  publishAuthChanges(deps, revoked, { account, at })
  return viewFor(viewer, account)
}

/**
 * An open session left behind somewhere erases nobody: it takes the viewer's own password, an admin's too; and where that is not all that they
 * sign in with, or they have none, that they have just shown who they are.
 */
async function proveViewer(
  deps: Deps,
  client: Client,
  viewer: Viewer,
  password: string | null | undefined,
): Promise<void> {
  const known = await findCredentials(deps.db, { id: viewer.id })
  if (!known || isTwoFactor(await findFactors(deps.db, viewer.id))) requireStepUp(viewer)
  if (!known) {
    const own = await deps.accountById(viewer.id)
    if (!own || own.deletedAt) throw new Unauthenticated()
    return
  }
  if (!password) {
    throw new BadUserInput([
      { path: 'input.password', message: 'must be your password, to erase an account' },
    ])
  }
  await provePassword(deps, client, viewer, known, password)
}

/** @throws Conflict with all that is lost, when that is anything; ServiceUnavailable when it cannot be known. */
async function requireNothingToLose(deps: Deps, userId: string): Promise<void> {
  const loss = await findErasureLoss(deps, userId)
  const isNothing = Object.values(loss).every(
    (lost) => lost === 0 || (Array.isArray(lost) && lost.length === 0),
  )
  if (isNothing) return
  throw new Conflict(
    'Balances, money that you are owed, valid tickets, and bookings, top-ups and refunds that are under way are lost with the account: acknowledge it with acknowledgeLoss.',
    { ...loss },
  )
}
