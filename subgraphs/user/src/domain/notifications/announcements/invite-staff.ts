import type { EventPayload } from '@karcis/kit/contracts/events'
import { findAccountByEmail } from '../../accounts/account-store.ts'
import type { Tx } from '../../database.ts'
import type { Deps } from '../../deps.ts'
import { notify } from '../notify.ts'

/**
 * Mails the reader of an address the link by which they join the staff of an event: in the language of the account with this address or, where
 * there is none, of whoever invites them. The link is made here, goes sealed, and is kept nowhere.
 */
export async function mailInvitation(
  { invitationLinks, messageSealer }: Deps,
  tx: Tx,
  { invitationId, invitedBy, eventId, title, email, roles, expiresAt }: EventPayload<'event.staff-invited'>,
): Promise<void> {
  const account = await findAccountByEmail(tx, email)
  const token = invitationLinks.sign({ id: invitationId }, expiresAt)
  const notice = {
    userId: account?.id ?? invitedBy,
    kind: 'STAFF_INVITED' as const,
    cause: invitationId,
    data: { eventId, title, roles, expiresAt: expiresAt.toISOString() },
    to: email,
    secret: messageSealer.seal(token),
    until: expiresAt,
  }
  await notify(tx, [notice])
}
