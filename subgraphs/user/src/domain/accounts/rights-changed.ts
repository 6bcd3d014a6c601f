import { recordEvent } from '@karcis/kit/events'
import type { Tx } from '../database.ts'
import { type Account, updateAuthChangedAt } from './account-store.ts'

/**
 * Notes that role, suspension or existence of an account changed: for routers, which ask for it, for the event subgraph, which
 * pauses the sales of whoever may hold no events any more, and for the booking subgraph, which forgets where those who are gone were told of sales. The caller has locked the account.
 * @returns when: the database's clock at this moment.
 */
export async function recordRightsChange(tx: Tx, account: Account): Promise<Date> {
  const { id, role, suspendedAt, deletedAt } = account
  await recordEvent(tx, {
    type: 'user.rights-changed',
    aggregateId: id,
    payload: { userId: id, role, suspended: suspendedAt !== null, erased: deletedAt !== null },
    consumers: ['event', 'booking'],
  })
  return updateAuthChangedAt(tx, id)
}
