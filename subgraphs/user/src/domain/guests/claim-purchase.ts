import { transaction } from '@karcis/kit/database'
import { Unauthenticated } from '@karcis/kit/errors'
import { recordEvent } from '@karcis/kit/events'
import type { Viewer } from '@karcis/kit/service-token'
import { readLink, takeLink } from '../account-links/links.ts'
import { hasUnclaimed, lockAccountShared, lockAccount, updateAccount } from '../accounts/account-store.ts'
import { fullView, type UserView } from '../accounts/user-view.ts'
import type { Client } from '../client.ts'
import type { Deps } from '../deps.ts'
import { LinkUsed, NothingBought } from '../errors.ts'
import { publishAuthChanges } from '../sessions/auth-changes.ts'
import { type Revocation, revokeSessionsOf } from '../sessions/session-store.ts'

/**
 * Moves what somebody bought as a guest into the account that they are signed in to, by the link that came with it: their tickets, which the ticket
 * subgraph is told of. The bookings stay the guest's, as those of tickets that were handed on stay their buyer's, and so does whatever money goes back.
 * The guest's sessions end; should something of theirs be paid for after this, another link comes with that.
 * While nothing is paid for there is nothing to move: then all stays as it is, the link and the guest's sight of what they booked among it.
 * @returns the viewer. @throws NothingBought, BadUserInput, LinkUsed, LinkExpired, TooManyAttempts, Unauthenticated
 */
export async function claimPurchase(
  deps: Deps,
  client: Client,
  viewer: Viewer,
  token: string,
): Promise<UserView> {
  const link = await readLink(deps, client, token, ['CLAIM'])
  const guestId = link.userId
  let ended: Revocation[] = []
  const account = await transaction(deps.db, async (tx) => {
    const account = await lockAccountShared(tx, viewer.id) // before the guest, as an erasure does
    if (!account || account.role === 'GUEST') throw new Unauthenticated()
    const guest = await lockAccount(tx, guestId)
    if (guest?.role !== 'GUEST') throw new LinkUsed()
    await takeLink(tx, link)
    if (!(await hasUnclaimed(tx, guestId))) throw new NothingBought() // which leaves the link as it was
    await updateAccount(tx, guestId, { guestClaimedBy: account.id, guestClaimedAt: new Date() })
    await recordEvent(tx, {
      type: 'user.guest-claimed',
      aggregateId: guestId,
      payload: { guestId, userId: account.id },
      consumers: ['ticket'],
    })
    ended = await revokeSessionsOf(tx, guestId)
    return account
  })
  publishAuthChanges(deps, ended)
  return fullView(account)
}
