import { BadUserInput, Forbidden, NotFound } from '@karcis/kit/errors'
import { parseInput } from '@karcis/kit/validate'
import { requireViewer } from '@karcis/kit/viewer'
import type { z } from 'zod'
import type { Context } from './deps.ts'
import { type Credentials, findCredentials, lockAccount, updateAccount } from './account-store.ts'
import { announce } from './auth-news.ts'
import { InvalidCredentials } from './errors.ts'
import { isOwnEmail, updateUserSchema } from './inputs.ts'
import { provePassword } from './prove-password.ts'
import { revokeSessionsOf } from './session-store.ts'
import { isPrivyTo, type UserView, wholeView } from './user-view.ts'

type Changes = z.infer<typeof updateUserSchema>

/**
 * Changes an account: the viewer's own, or as an admin anybody's. A new password ends the other sessions.
 * @throws Forbidden, NotFound, BadUserInput, EmailTaken, InvalidCredentials, TooManyAttempts, Unauthenticated
 */
export async function updateUser(ctx: Context, input: unknown): Promise<UserView> {
  const { deps } = ctx
  const viewer = requireViewer(ctx)
  const changes = parseInput(updateUserSchema, input)
  const { id, name, phoneNumber, address, email, password } = changes
  if (!isPrivyTo(viewer, id)) throw new Forbidden('Only the person itself and admins may change an account.')
  const proved = await mayChangeCredentials(ctx, changes, viewer.id === id)
  const passwordHash = password === undefined ? undefined : await deps.passwords.hash(password)

  const { account, revoked } = await deps.db.$transaction(async (tx) => {
    const held = await lockAccount(tx, id)
    if (!held) throw new NotFound('user', id)
    if (proved && held.passwordHash !== proved.passwordHash) throw new InvalidCredentials() // changed since it was proved
    const newEmail = email === undefined || email === held.email ? {} : { email, emailVerifiedAt: null }
    const account = await updateAccount(tx, id, {
      ...(name !== undefined && { name }),
      ...(phoneNumber !== undefined && { phoneNumber }),
      ...(address !== undefined && { address }),
      ...(passwordHash && { passwordHash }),
      ...newEmail,
    })
    const keep = viewer.id === id ? viewer.sessionId : null
    return { account, revoked: passwordHash ? await revokeSessionsOf(tx, id, keep) : [] }
  })
  announce(deps, revoked)
  return wholeView(account)
}

/** Whoever changes how it signs in itself has to show that it is no borrowed session. @returns what was proved, if anything. */
async function mayChangeCredentials(
  ctx: Context,
  changes: Changes,
  own: boolean,
): Promise<Credentials | null> {
  const { id, email, password, currentPassword } = changes
  if (email === undefined && password === undefined) return null
  const known = await findCredentials(ctx.deps.db, { id })
  if (!known) throw new NotFound('user', id)
  if (password !== undefined && isOwnEmail(password, email ?? known.email)) {
    throw new BadUserInput([{ path: 'input.password', message: 'must not be the e-mail address' }])
  }
  if (!own) return null
  if (!currentPassword) {
    throw new BadUserInput([
      { path: 'input.currentPassword', message: 'is needed to change e-mail address or password' },
    ])
  }
  await provePassword(ctx.deps, known, currentPassword)
  return known
}
