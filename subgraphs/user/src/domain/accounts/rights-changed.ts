import { recordEvent } from '@karcis/kit/events'
import type { Tx } from '../database.ts'
import { type Account, updateAuthChangedAt } from './account-store.ts'

/**
 * Notes that role, suspension or existence of an account changed: for routers, which ask for it, for the event subgraph, which
 * pauses the sales of whoever may hold no events any more, for the ticket subgraph, which forgets who comes with tickets of those who are
 * gone, and for the booking subgraph, which forgets where they were told of sales. The caller has locked the account.
 * @returns when: the database's clock at this moment.
 */
export async function recordRightsChange(tx: Tx, account: Account): Promise<Date> {
  const { id, role, suspendedAt, deletedAt } = account
  await recordEvent(tx, {
    type: 'user.rights-changed',
    aggregateId: id,
    payload: { userId: id, role, suspended: suspendedAt !== null, erased: deletedAt !== null },
    consumers: ['event', 'ticket', 'booking'],
  })
  return updateAuthChangedAt(tx, id)
}
