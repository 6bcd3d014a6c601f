import { transaction } from '@karcis/kit/database'
import { newId } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { type Account, type LockedAccount, lockAccount, updateAccount } from '../accounts/account-store.ts'
import type { UserView } from '../accounts/user-view.ts'
import type { Client } from '../client.ts'
import type { Tx } from '../database.ts'
import type { Deps } from '../deps.ts'
import { EmailTaken, LinkUsed } from '../errors.ts'
import { notify } from '../notifications/notify.ts'
import { deleteOtherPhones } from '../notifications/phones/phone-store.ts'
import { deleteFactorsSince } from '../second-factors/factor-store.ts'
import { publishAuthChanges } from '../sessions/auth-changes.ts'
import { type Revocation, revokeSessionsOf } from '../sessions/session-store.ts'
import {
  deleteChangesFrom,
  type EmailChange,
  insertEmailChange,
  isKeptForAnother,
  updateConfirmed,
  updateDone,
} from './email-change-store.ts'
import { deleteLinksOf } from './link-store.ts'
import { EMAIL_CHANGE_SECONDS, readLink, sendLink, takeLink, UNDO_EMAIL_CHANGE_SECONDS } from './links.ts'
import { recordEmailVerified, removeWaysIn, viewByLink } from './proved-mailbox.ts'

/**
 * Begins the move of an account to another address: nothing changes before whoever reads the new one has confirmed it, and whoever reads
 * the old one, if that was ever verified. Whether somebody has the new address is told to nobody but its reader. The caller has locked the account.
 */
export async function startEmailChange(
  deps: Pick<Deps, 'messageSealer'>,
  tx: Tx,
  { id: userId, email: oldEmail, emailVerifiedAt, name }: LockedAccount,
  newEmail: string,
): Promise<void> {
  if (oldEmail === null) return
  const oldVerified = emailVerifiedAt !== null
  const changeId = await insertEmailChange(
    tx,
    { userId, oldEmail, oldVerified, newEmail },
    EMAIL_CHANGE_SECONDS,
  )
  const link = { userId, changeId, data: { name, oldEmail, newEmail } }
  await sendLink(deps, tx, { ...link, purpose: 'CONFIRM_NEW_EMAIL', email: newEmail })
  if (oldVerified) await sendLink(deps, tx, { ...link, purpose: 'CONFIRM_OLD_EMAIL', email: oldEmail })
}

/**
 * Confirms a move to another address, from the old one or the new one; when both have, or only the new one has to, it is made.
 * @throws EmailTaken when somebody has the address by now, BadUserInput, LinkUsed, LinkExpired, TooManyAttempts
 */
export async function confirmEmailChange(
  deps: Deps,
  client: Client,
  viewer: Viewer | null,
  token: string,
): Promise<UserView> {
  const link = await readLink(deps, client, token, ['CONFIRM_NEW_EMAIL', 'CONFIRM_OLD_EMAIL'])
  const account = await transaction(deps.db, async (tx) => {
    const locked = await lockAccount(tx, link.userId)
    await takeLink(tx, link)
    const which = link.purpose === 'CONFIRM_NEW_EMAIL' ? 'NEW' : 'OLD'
    const change = link.changeId === null ? null : await updateConfirmed(tx, link.changeId, which)
    if (!change || locked?.email !== change.oldEmail) throw new LinkUsed()
    const agreed = change.newConfirmed && (change.oldConfirmed || !change.oldVerified)
    return agreed ? moveTo(deps, tx, change) : locked
  })
  return viewByLink(viewer, account)
}

async function moveTo(deps: Deps, tx: Tx, change: EmailChange): Promise<Account> {
  const { id: changeId, userId, oldEmail, newEmail } = change
  const account = await giveAddress(tx, userId, newEmail, true)
  await updateDone(tx, changeId, UNDO_EMAIL_CHANGE_SECONDS)
  const data = { name: account.name, oldEmail, newEmail }
  await sendLink(deps, tx, { userId, purpose: 'UNDO_EMAIL_CHANGE', email: oldEmail, changeId, data })
  return account
}

/**
 * Gives an account another address at once, as only an admin may: it counts as unverified, its reader is mailed a link to verify it by, and
 * the reader of the old one a link that undoes it. The caller has locked the account.
 * @throws EmailTaken
 */
export async function replaceEmail(
  deps: Pick<Deps, 'messageSealer'>,
  tx: Tx,
  { id: userId, email: oldEmail, emailVerifiedAt, name }: LockedAccount,
  newEmail: string,
): Promise<void> {
  await giveAddress(tx, userId, newEmail, false)
  if (oldEmail === null) return
  const change = { userId, oldEmail, oldVerified: emailVerifiedAt !== null, newEmail }
  const changeId = await insertEmailChange(tx, change, EMAIL_CHANGE_SECONDS)
  await updateDone(tx, changeId, UNDO_EMAIL_CHANGE_SECONDS)
  await sendLink(deps, tx, {
    userId,
    purpose: 'VERIFY_EMAIL',
    email: newEmail,
    data: { email: newEmail, name },
  })
  const data = { name, oldEmail, newEmail }
  await sendLink(deps, tx, { userId, purpose: 'UNDO_EMAIL_CHANGE', email: oldEmail, changeId, data })
}

/** Whoever takes an account over does it all at one time: what they set up first may be as old as this when they begin to move it. */
const BEFORE_A_MOVE_MS = 86_400_000

/**
 * Takes a move to another address back, and all that came after it, by the link that the old address was mailed. Whoever moved the account
 * there knew its password, so that is gone, with a link to Google that they may have made and second factors that are not older than the move, and its
 * sessions are over: its owner chooses another password by `requestPasswordReset`. Older factors stay, or an old mailbox alone would open the account.
 * @throws BadUserInput, LinkUsed, LinkExpired, TooManyAttempts
 */
export async function undoEmailChange(
  deps: Deps,
  client: Client,
  viewer: Viewer | null,
  token: string,
): Promise<UserView> {
  const link = await readLink(deps, client, token, ['UNDO_EMAIL_CHANGE'])
  let revoked: Revocation[] = []
  const account = await transaction(deps.db, async (tx) => {
    const locked = await lockAccount(tx, link.userId)
    await takeLink(tx, link)
    const change = link.changeId === null ? null : await deleteChangesFrom(tx, link.changeId)
    if (!locked || !change) throw new LinkUsed()
    await giveAddress(tx, locked.id, change.oldEmail, true)
    await deleteLinksOf(tx, locked.id) // those of the other address, too
    revoked = await revokeSessionsOf(tx, locked.id)
    await notify(tx, [
      { userId: locked.id, kind: 'EMAIL_CHANGE_UNDONE', cause: newId(), data: { email: change.oldEmail } },
    ])
    await deleteOtherPhones(tx, locked.id, null) // what goes to a stranger's phone; the owner's own is verified anew
    await deleteFactorsSince(tx, locked.id, new Date(change.begunAt.getTime() - BEFORE_A_MOVE_MS))
    return removeWaysIn(tx, locked.id)
  })
  publishAuthChanges(deps, revoked)
  return viewByLink(viewer, account)
}

/** @throws EmailTaken when another account has the address, or can still go back to it. */
async function giveAddress(tx: Tx, userId: string, email: string, verified: boolean): Promise<Account> {
  const account = await updateAccount(tx, userId, { email, emailVerifiedAt: verified ? new Date() : null })
  if (await isKeptForAnother(tx, email, userId)) throw new EmailTaken()
  if (verified) await recordEmailVerified(tx, userId, email)
  return account
}
