import { sendLink } from '../account-links/links.ts'
import { updateGuestBought } from '../accounts/account-store.ts'
import type { Tx } from '../database.ts'
import type { Deps } from '../deps.ts'

/**
 * A booking was paid for. A guest's first one, and the first after they claimed what there was, is when they are mailed how to claim what they
 * bought, and from when on they are not forgotten. Of anybody else's, and of a guest's others, nothing follows.
 */
export async function rememberPurchase(
  deps: Pick<Deps, 'messageSealer'>,
  tx: Tx,
  { bookingId, userId }: { bookingId: string; userId: string },
): Promise<void> {
  const guest = await updateGuestBought(tx, userId)
  if (!guest) return
  const { email, name } = guest
  await sendLink(deps, tx, { id: bookingId, userId, purpose: 'CLAIM', email, data: { email, name } })
}
