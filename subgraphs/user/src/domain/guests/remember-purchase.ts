import { hasOpenLink } from '../account-links/link-store.ts'
import { sendLink } from '../account-links/links.ts'
import { updateGuestBought, updateGuestPaysUntil } from '../accounts/account-store.ts'
import type { Tx } from '../database.ts'
import type { Deps } from '../deps.ts'

type Mailing = Pick<Deps, 'messageSealer'>

/**
 * A booking was paid for. A guest's first one, and the first after they claimed what there was, is from when on they are not forgotten, and when they are
 * mailed how to claim what they bought, unless they have been before. Of anybody else's, and of a guest's others, nothing follows.
 */
export async function rememberPurchase(
  deps: Mailing,
  tx: Tx,
  { bookingId, userId }: { bookingId: string; userId: string },
): Promise<void> {
  const guest = await updateGuestBought(tx, userId)
  if (guest) await mailClaim(deps, tx, bookingId, { userId, ...guest })
}

/**
 * A booking may be paid for to its organizer until a time that comes long after a guest's session is over. So that they do not lose sight of it, the
 * session goes on until then, and they are mailed at once how to make it their account's. Of anybody else's nothing follows.
 * @param eventId of what was told.
 */
export async function rememberAwaited(
  deps: Mailing,
  tx: Tx,
  { eventId, userId, payUntil }: { eventId: string; userId: string; payUntil: Date },
): Promise<void> {
  const guest = await updateGuestPaysUntil(tx, userId, payUntil)
  if (guest) await mailClaim(deps, tx, eventId, { userId, ...guest })
}

/** Mails a guest, who is locked, how to claim what there is, unless they were and have not used it. @param cause the same however often it is told. */
async function mailClaim(
  deps: Mailing,
  tx: Tx,
  cause: string,
  { userId, email, name }: { userId: string; email: string; name: string },
): Promise<void> {
  if (await hasOpenLink(tx, userId, 'CLAIM')) return
  await sendLink(deps, tx, { id: cause, userId, purpose: 'CLAIM', email, data: { email, name } })
}
