import type { Tx } from '../database.ts'
import type { AccountRef, Posting } from './postings.ts'

type Line = Posting['lines'][number]
interface LineRow {
  kind: AccountRef['kind']
  ownerId: string
  amount: bigint
}

const toLine = ({ kind, ownerId, amount }: LineRow): Line => ({
  account: { kind, ownerId },
  amount: Number(amount),
})

/** What a booking has brought and still has: to its event, as tax and to the platform. */
export async function listTakings(tx: Tx, bookingId: string): Promise<Line[]> {
  const rows = await tx.$queryRaw<
    LineRow[]
  >`SELECT account.kind, account.owner_id AS "ownerId", sum(entry.amount)::bigint AS amount
    FROM ledger_transactions change JOIN ledger_entries entry ON entry.transaction_id = change.id
    JOIN ledger_accounts account ON account.id = entry.account_id
    WHERE change.booking_id = ${bookingId}::uuid AND account.kind IN ('EVENT_SALES', 'EVENT_TAX', 'PLATFORM_FEES')
    GROUP BY account.kind, account.owner_id HAVING sum(entry.amount) <> 0 ORDER BY account.kind`
  return rows.map(toLine)
}

/** The lines of what was posted under a reference; none where nothing was. */
export async function listLines(tx: Tx, reference: string): Promise<Line[]> {
  const rows = await tx.$queryRaw<LineRow[]>`SELECT account.kind, account.owner_id AS "ownerId", entry.amount
    FROM ledger_transactions change JOIN ledger_entries entry ON entry.transaction_id = change.id
    JOIN ledger_accounts account ON account.id = entry.account_id WHERE change.reference = ${reference} ORDER BY entry.id`
  return rows.map(toLine)
}
