import { deleteLinksOf } from '../account-links/link-store.ts'
import { type Account, updateAccount } from '../accounts/account-store.ts'
import { NOTHING } from '../accounts/erased.ts'
import { recordRightsChange } from '../accounts/rights-changed.ts'
import type { Tx } from '../database.ts'
import { deleteNotificationsOf } from '../notifications/notification-store.ts'
import { type Revocation, revokeSessionsOf } from '../sessions/session-store.ts'

/** Erases a guest: their row stays, empty, as bookings name its id. The caller has locked it. @returns what routers are to be told. */
export async function eraseGuest(
  tx: Tx,
  id: string,
): Promise<{ account: Account; at: Date; revoked: Revocation[] }> {
  await deleteLinksOf(tx, id)
  await deleteNotificationsOf(tx, id)
  const revoked = await revokeSessionsOf(tx, id)
  const account = await updateAccount(tx, id, { ...NOTHING, deletedAt: new Date() })
  return { account, at: await recordRightsChange(tx, account), revoked }
}
