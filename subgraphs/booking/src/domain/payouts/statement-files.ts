import { downloadPath, downloadToken } from '@karcis/kit/contracts/downloads'
import { createSignedUrls, type SignedUrls } from '@karcis/kit/signed-urls'
import type { FileAnswer } from '@karcis/kit/subgraph/server'
import { z } from 'zod'
import type { Db } from '../database.ts'
import type { Payout } from './payout.ts'
import { findPayout, findStatements, type StatementLine } from './payout-store.ts'

const COLUMNS = [
  'sales',
  'refunds',
  'fees',
  'tax',
  'disputes',
  'collected',
  'paidBefore',
  'amount',
  'remaining',
] as const satisfies readonly (keyof StatementLine)[]

/** A payout's statement as CSV (RFC 4180), a line for each event. */
export const statementCsv = ({ currency }: Payout, lines: readonly StatementLine[]): string =>
  [
    ['eventId', 'currency', ...COLUMNS],
    ...lines.map((line) => [line.eventId, currency, ...COLUMNS.map((column) => line[column])]),
  ]
    .map((cells) => `${cells.join(',')}\r\n`)
    .join('')

const claims = z.object({ payoutId: z.uuid() })

/** Links to statements of payouts. */
export type StatementUrls = SignedUrls<z.infer<typeof claims>>

/** @param secret the same in every process of this subgraph. */
export const createStatementUrls = (secret: string): StatementUrls =>
  createSignedUrls(secret, 'booking statements of payouts', claims)

/** How long a link is good for. */
const LINK_MS = 15 * 60_000

/** Where a payout's statement is for a while, for whoever has the link. Only who may see the payout is given one. */
export const statementUrl = ({ statementUrls }: { statementUrls: StatementUrls }, { id }: Payout): string =>
  downloadPath('export', statementUrls.sign({ payoutId: id }, new Date(Date.now() + LINK_MS)))

/** The statement behind a link; null for what is no link to one, or past its time. */
export async function openStatement(
  { db, statementUrls }: { db: Db; statementUrls: StatementUrls },
  name: string,
): Promise<FileAnswer | null> {
  const token = downloadToken('export', name)
  const claim = token === null ? null : statementUrls.read(token)
  const payout = claim && (await findPayout(db, claim.payoutId))
  if (!payout) return null
  const lines = (await findStatements(db, [payout.id])).get(payout.id) ?? []
  return {
    headers: {
      'content-type': 'text/csv; charset=utf-8',
      'content-disposition': `attachment; filename="statement-${payout.id}.csv"`,
      'cache-control': 'no-store',
    },
    body: statementCsv(payout, lines),
  }
}
