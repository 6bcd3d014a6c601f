import { transaction } from '@karcis/kit/database'
import type { Viewer } from '@karcis/kit/service-token'
import { lockAccount } from '../accounts/account-store.ts'
import type { UserView } from '../accounts/user-view.ts'
import type { Client } from '../client.ts'
import type { Deps } from '../deps.ts'
import { readLink, takeLink } from './links.ts'
import { noteVerified, requireSameAddress, viewByLink } from './proved-mailbox.ts'

/** Shows, by a link that was mailed there, that an address is its owner's. @throws BadUserInput, LinkUsed, LinkExpired, TooManyAttempts */
export async function verifyEmail(
  deps: Deps,
  client: Client,
  viewer: Viewer | null,
  token: string,
): Promise<UserView> {
  const link = await readLink(deps, client, token, ['VERIFY_EMAIL'])
  const account = await transaction(deps.db, async (tx) => {
    const locked = await lockAccount(tx, link.userId)
    requireSameAddress(locked, link)
    await takeLink(tx, link)
    return noteVerified(tx, locked)
  })
  return viewByLink(viewer, account)
}
