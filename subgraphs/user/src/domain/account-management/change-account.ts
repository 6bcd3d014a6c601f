import { transaction } from '@karcis/kit/database'
import { BadUserInput, Conflict, Forbidden, NotFound } from '@karcis/kit/errors'
import { newId } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { parseInput } from '@karcis/kit/validate'
import { requireStepUp } from '@karcis/kit/viewer'
import type { z } from 'zod'
import { replaceEmail, startEmailChange } from '../account-links/change-email.ts'
import { deletePendingChange } from '../account-links/email-change-store.ts'
import { mailAttempt } from '../account-links/link-limits.ts'
import { changePasswordSchema, updateUserSchema } from '../accounts/account-input.ts'
import {
  type Credentials,
  findCredentials,
  lockAccount,
  type LockedAccount,
  updateAccount,
} from '../accounts/account-store.ts'
import { fullView, isSelfOrAdmin, type UserView } from '../accounts/user-view.ts'
import type { Client } from '../client.ts'
import type { Tx } from '../database.ts'
import type { Deps } from '../deps.ts'
import { InvalidCredentials, NoPassword } from '../errors.ts'
import { notify } from '../notifications/notify.ts'
import { deleteOtherPhones } from '../notifications/phones/phone-store.ts'
import { e164Of } from '../notifications/phones/phones.ts'
import { isOwnEmail, OWN_EMAIL } from '../passwords/password-rules.ts'
import { publishAuthChanges } from '../sessions/auth-changes.ts'
import { provePassword } from '../sessions/log-in.ts'
import { countAttempt } from '../sessions/sign-in-limits.ts'
import { revokeSessionsOf } from '../sessions/session-store.ts'

/**
 * Gives the viewer a new password and ends all of their other sessions.
 * @throws InvalidCredentials, TooManyAttempts, OnePasswordPerRequest, BadUserInput, Unauthenticated
 */
export async function changePassword(
  deps: Deps,
  client: Client,
  viewer: Viewer,
  input: unknown,
): Promise<UserView> {
  const { currentPassword, newPassword } = parseInput(changePasswordSchema, input)
  const known = await findCredentials(deps.db, { id: viewer.id })
  if (!known) throw new NoPassword()
  if (isOwnEmail(newPassword, known.email)) {
    throw new BadUserInput([{ path: 'input.newPassword', message: OWN_EMAIL }])
  }
  await provePassword(deps, client, viewer, known, currentPassword)
  const passwordHash = await deps.passwords.hash(newPassword, viewer.id)

  const { account, revoked } = await transaction(deps.db, async (tx) => {
    const locked = await lockAccount(tx, viewer.id)
    if (locked?.passwordHash !== known.passwordHash) throw new InvalidCredentials() // changed since it was proved
    const account = await updateAccount(tx, viewer.id, { passwordHash })
    await notifyPasswordChanged(tx, viewer.id)
    return { account, revoked: await revokeSessionsOf(tx, viewer.id, viewer.sessionId) }
  })
  publishAuthChanges(deps, revoked)
  return fullView(account)
}

type Changes = z.infer<typeof updateUserSchema>

/**
 * Changes an account: the viewer's own, or as an admin anybody's. A new password ends the other sessions. Somebody's own e-mail address is
 * changed once that is confirmed, so what they are told does not depend on whether somebody has it; by an admin at once.
 * @throws Forbidden, StepUpRequired, NotFound, BadUserInput, EmailTaken (only to admins), InvalidCredentials, TooManyAttempts, OnePasswordPerRequest
 */
export async function updateUser(
  deps: Deps,
  client: Client,
  viewer: Viewer,
  input: unknown,
): Promise<UserView> {
  const changes = parseInput(updateUserSchema, input)
  const { id, name, phoneNumber, address, language, timezone, email, password } = changes
  if (!isSelfOrAdmin(viewer, id))
    throw new Forbidden('Only the person themselves and admins may change an account.')
  const proved = await mayChangeCredentials(deps, client, viewer, changes)
  if (email !== undefined && viewer.id === id) await countAttempt(deps, mailAttempt(deps, client, email))
  const passwordHash = password === undefined ? undefined : await deps.passwords.hash(password, viewer.id)

  const { account, revoked } = await transaction(deps.db, async (tx) => {
    const locked = await lockAccount(tx, id)
    if (!locked) throw new NotFound('user', id)
    if (proved && locked.passwordHash !== proved.passwordHash) throw new InvalidCredentials() // changed since it was proved
    if (email !== undefined) await moveToEmail(deps, tx, viewer, locked, email)
    if (passwordHash) await notifyPasswordChanged(tx, id)
    if (phoneNumber !== undefined) await deleteOtherPhones(tx, id, phoneNumber && e164Of(phoneNumber))
    const account = await updateAccount(tx, id, {
      ...(name !== undefined && { name }),
      ...(phoneNumber !== undefined && { phoneNumber }),
      ...(address !== undefined && { address }),
      ...(language && { language }),
      ...(timezone && { timezone }),
      ...(passwordHash && { passwordHash }),
    })
    const except = viewer.id === id ? viewer.sessionId : null
    return { account, revoked: passwordHash ? await revokeSessionsOf(tx, id, except) : [] }
  })
  publishAuthChanges(deps, revoked)
  return fullView(account)
}

/** The address that an account has already is kept, and a move to another one given up. */
async function moveToEmail(
  deps: Deps,
  tx: Tx,
  viewer: Viewer,
  locked: LockedAccount,
  email: string,
): Promise<void> {
  if (email === locked.email) return deletePendingChange(tx, locked.id)
  return viewer.id === locked.id
    ? startEmailChange(deps, tx, locked, email)
    : replaceEmail(deps, tx, locked, email)
}

const notifyPasswordChanged = (tx: Tx, userId: string): Promise<void> =>
  notify(tx, [{ userId, kind: 'PASSWORD_CHANGED', cause: newId(), data: { by: 'PASSWORD' } }])

/** Whoever changes how they sign in has to show that theirs is no borrowed session. @returns what was proved, if anything. */
async function mayChangeCredentials(
  deps: Deps,
  client: Client,
  viewer: Viewer,
  changes: Changes,
): Promise<Credentials | null> {
  const { id, email, password, currentPassword } = changes
  if (email === undefined && password === undefined) return null
  const account = await deps.accountById(id)
  if (!account || account.deletedAt) throw new NotFound('user', id)
  if (account.role === 'GUEST')
    throw new Conflict('A guest has no account to sign in to until they claim it.')
  if (password !== undefined && isOwnEmail(password, email ?? account.email ?? '')) {
    throw new BadUserInput([{ path: 'input.password', message: OWN_EMAIL }])
  }
  if (viewer.id !== id) {
    requireStepUp(viewer) // whoever changes how another person signs in has that person's account
    if (password !== undefined) client.takePasswordTurn()
    return null
  }
  const known = await findCredentials(deps.db, { id })
  if (!known) {
    throw new BadUserInput([
      { path: 'input.currentPassword', message: 'is not there yet: choose one by requestPasswordReset' },
    ])
  }
  if (!currentPassword) {
    throw new BadUserInput([
      { path: 'input.currentPassword', message: 'is needed to change e-mail address or password' },
    ])
  }
  await provePassword(deps, client, viewer, known, currentPassword)
  return known
}
