import { transaction } from '@karcis/kit/database'
import { BadUserInput } from '@karcis/kit/errors'
import { newId } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { parseInput } from '@karcis/kit/validate'
import { z } from 'zod'
import { lockAccount, updateAccount } from '../accounts/account-store.ts'
import type { UserView } from '../accounts/user-view.ts'
import type { Client } from '../client.ts'
import type { Deps } from '../deps.ts'
import { notify } from '../notifications/notify.ts'
import { isOwnEmail, newPasswordSchema, OWN_EMAIL } from '../passwords/password-rules.ts'
import { publishAuthChanges } from '../sessions/auth-changes.ts'
import { revokeSessionsOf } from '../sessions/session-store.ts'
import { deleteIdentitiesOf } from '../sign-in/identity-store.ts'
import { useUpLinks } from './link-store.ts'
import { readLink, takeLink } from './links.ts'
import { noteVerified, requireSameAddress, viewByLink } from './proved-mailbox.ts'

const resetPasswordSchema = z.object({ token: z.string(), password: newPasswordSchema })

/**
 * Gives an account another password by a link that was mailed to it, which shows that the address is theirs too. Ends all of its sessions,
 * and tells the person.
 * @throws BadUserInput, LinkUsed, LinkExpired, TooManyAttempts, OnePasswordPerRequest
 */
export async function resetPassword(
  deps: Deps,
  client: Client,
  viewer: Viewer | null,
  input: unknown,
): Promise<UserView> {
  const { token, password } = parseInput(resetPasswordSchema, input)
  client.takePasswordTurn()
  const link = await readLink(deps, client, token, ['RESET_PASSWORD'], 'input.token') // first: hashing is dear
  if (isOwnEmail(password, link.email)) {
    throw new BadUserInput([{ path: 'input.password', message: OWN_EMAIL }])
  }
  const passwordHash = await deps.passwords.hash(password, `stranger ${client.address ?? link.email}`)
  const { account, revoked } = await transaction(deps.db, async (tx) => {
    const locked = await lockAccount(tx, link.userId)
    requireSameAddress(locked, link)
    await takeLink(tx, link)
    await useUpLinks(tx, locked.id, ['SIGN_IN']) // whoever could read the old ones is to be out
    await updateAccount(tx, locked.id, { passwordHash })
    // Before the address was verified anybody may have linked a Google account of theirs, and wait for its owner to come.
    if (!locked.emailVerifiedAt) await deleteIdentitiesOf(tx, locked.id)
    await notify(tx, [{ userId: locked.id, kind: 'PASSWORD_CHANGED', cause: newId(), data: { by: 'LINK' } }])
    return { account: await noteVerified(tx, locked), revoked: await revokeSessionsOf(tx, locked.id) }
  })
  publishAuthChanges(deps, revoked)
  return viewByLink(viewer, account)
}
