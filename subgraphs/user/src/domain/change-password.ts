import { BadUserInput, Unauthenticated } from '@karcis/kit/errors'
import { parseInput } from '@karcis/kit/validate'
import { requireViewer } from '@karcis/kit/viewer'
import type { Context } from './deps.ts'
import { findCredentials, lockAccount, updateAccount } from './account-store.ts'
import { announce } from './auth-news.ts'
import { InvalidCredentials } from './errors.ts'
import { changePasswordSchema, isOwnEmail } from './inputs.ts'
import { provePassword } from './prove-password.ts'
import { revokeSessionsOf } from './session-store.ts'
import { type UserView, wholeView } from './user-view.ts'

/**
 * Gives the viewer a new password and ends all of its other sessions.
 * @throws InvalidCredentials, TooManyAttempts, BadUserInput, Unauthenticated
 */
export async function changePassword(ctx: Context, input: unknown): Promise<UserView> {
  const { deps } = ctx
  const viewer = requireViewer(ctx)
  const { currentPassword, newPassword } = parseInput(changePasswordSchema, input)
  const known = await findCredentials(deps.db, { id: viewer.id })
  if (!known) throw new Unauthenticated()
  if (isOwnEmail(newPassword, known.email)) {
    throw new BadUserInput([{ path: 'input.newPassword', message: 'must not be the e-mail address' }])
  }
  await provePassword(deps, known, currentPassword)
  const passwordHash = await deps.passwords.hash(newPassword)

  const { account, revoked } = await deps.db.$transaction(async (tx) => {
    const held = await lockAccount(tx, viewer.id)
    if (held?.passwordHash !== known.passwordHash) throw new InvalidCredentials() // changed since it was proved
    const account = await updateAccount(tx, viewer.id, { passwordHash })
    return { account, revoked: await revokeSessionsOf(tx, viewer.id, viewer.sessionId) }
  })
  announce(deps, revoked)
  return wholeView(account)
}
