import { type Connection, type PageArgs, toConnection } from '@karcis/kit/pagination'
import type { Viewer } from '@karcis/kit/service-token'
import type { Deps } from './deps.ts'
import { newestFirst } from './keyset.ts'
import { WALLET_CURRENCY } from './ledger/postings.ts'
import { walletsFor } from './wallet.ts'

/** One movement of a wallet, in the smallest unit of `currency`; below zero when money left it. */
export interface WalletEntry {
  id: string
  kind: 'GRANT' | 'PAYMENT' | 'REFUND'
  amount: number
  currency: string
  bookingId: string | null
  createdAt: Date
}

export type WalletEntryConnection = Connection<WalletEntry>

/** What moved the viewer's wallet, newest first; a wallet that is not open yet is opened. @throws BadUserInput */
export async function listWalletEntries(
  deps: Deps,
  viewer: Viewer,
  args: PageArgs,
): Promise<WalletEntryConnection> {
  const { page, where, order } = newestFirst(args)
  await walletsFor(deps, viewer, [viewer.id])
  const rows = await deps.db.$queryRaw<(Omit<WalletEntry, 'amount'> & { amount: bigint })[]>`
    SELECT * FROM (
      SELECT entry.id, change.kind, entry.amount, entry.currency, change.booking_id AS "bookingId",
        change.created_at AS "createdAt"
      FROM ledger_entries entry
      JOIN ledger_transactions change ON change.id = entry.transaction_id
      JOIN ledger_accounts account ON account.id = entry.account_id
      WHERE account.kind = 'WALLET' AND account.owner_id = ${viewer.id}::uuid AND account.currency = ${WALLET_CURRENCY}
    ) AS movement WHERE ${where} ${order}`
  const entries = rows.map((row) => ({ ...row, amount: Number(row.amount) }))
  return toConnection(
    entries,
    page,
    (entry) => [entry.id],
    async () => {
      const [count] = await deps.db.$queryRaw<{ n: number }[]>`SELECT count(*)::int AS n
      FROM ledger_entries entry JOIN ledger_accounts account ON account.id = entry.account_id
      WHERE account.kind = 'WALLET' AND account.owner_id = ${viewer.id}::uuid AND account.currency = ${WALLET_CURRENCY}`
      return count?.n ?? 0
    },
  )
}
