import { type Connection, newestFirst, type PageArgs } from '@karcis/kit/pagination'
import { Prisma } from '../../generated/prisma/client.ts'
import type { Db, Tx } from '../database.ts'
import type { EventHistory } from './balance-store.ts'
import { amountOf, type BankAccount, type Payout, type PayoutPart, type PayoutStatus } from './payout.ts'

const COLUMNS = Prisma.sql`id, organizer_id AS "organizerId", status, amount, currency, bank_name AS "bankName",
  account_holder AS "accountHolder", account_number AS "accountNumber", account_ending AS "accountEnding", message,
  created_at AS "createdAt", reviewed_at AS "reviewedAt", paid_at AS "paidAt"`

type PayoutRow = Omit<Payout, 'amount'> & { amount: bigint }

const toPayout = (row: PayoutRow): Payout => ({ ...row, amount: Number(row.amount) })

/** One event's line of a payout's statement: how its money has come about, and what the payout takes of it. */
export interface StatementLine extends EventHistory, PayoutPart {
  amount: number
  /** What the event is still owed after the payout. */
  remaining: number
}

export async function findPayout(db: Db | Tx, id: string): Promise<Payout | null> {
  const [row] = await db.$queryRaw<PayoutRow[]>`SELECT ${COLUMNS} FROM payouts WHERE id = ${id}::uuid`
  return row ? toPayout(row) : null
}

/** The account of an organizer's last payout; null when there is none, or it is forgotten. */
export async function findLastAccount(tx: Tx, organizerId: string): Promise<BankAccount | null> {
  const [row] = await tx.$queryRaw<
    BankAccount[]
  >`SELECT bank_name AS "bankName", account_holder AS "accountHolder",
      account_number AS "accountNumber" FROM payouts
    WHERE organizer_id = ${organizerId}::uuid AND account_number IS NOT NULL ORDER BY id DESC LIMIT 1`
  return row ?? null
}

/** Which payouts a list is of. */
export interface PayoutFilter {
  organizerId: string | null
  status: PayoutStatus | null
  currency: string | null
}

const PAYOUTS = newestFirst<Payout>('payouts')

/** Payouts, newest first. @throws BadUserInput for a wrong page. */
export function listPayouts(
  db: Db,
  { organizerId, status, currency }: PayoutFilter,
  args: PageArgs,
): Promise<Connection<Payout>> {
  const wanted = Prisma.join(
    [
      Prisma.sql`TRUE`,
      ...(organizerId === null ? [] : [Prisma.sql`organizer_id = ${organizerId}::uuid`]),
      ...(status === null ? [] : [Prisma.sql`status = ${status}`]),
      ...(currency === null ? [] : [Prisma.sql`currency = ${currency}`]),
    ],
    ' AND ',
  )
  return PAYOUTS.read(args, {
    async rows({ where, tail }) {
      const rows = await db.$queryRaw<
        PayoutRow[]
      >`SELECT ${COLUMNS} FROM payouts WHERE ${wanted} AND ${where} ${tail}`
      return rows.map(toPayout)
    },
    async count() {
      const [total] = await db.$queryRaw<
        { n: number }[]
      >`SELECT count(*)::int AS n FROM payouts WHERE ${wanted}`
      return total?.n ?? 0
    },
  })
}

/** Writes a payout that is asked for, with its statement. */
export async function insertPayout(
  tx: Tx,
  payout: Pick<Payout, 'id' | 'organizerId' | 'amount' | 'currency'> & BankAccount,
  lines: readonly StatementLine[],
): Promise<void> {
  const { id, organizerId, amount, currency, bankName, accountHolder, accountNumber } = payout
  await tx.$executeRaw`INSERT INTO payouts
      (id, organizer_id, amount, currency, bank_name, account_holder, account_number, account_ending)
    VALUES (${id}::uuid, ${organizerId}::uuid, ${amount}::bigint, ${currency}, ${bankName}, ${accountHolder},
      ${accountNumber}, ${accountNumber.slice(-4)})`
  const data = lines.map(({ eventId, ...amounts }) => ({ ...amounts, eventId, payoutId: id }))
  await tx.payoutLine.createMany({ data })
}

/** What payouts take from each event, by payout id. */
export async function findStatements(
  db: Db | Tx,
  payoutIds: readonly string[],
): Promise<Map<string, StatementLine[]>> {
  const rows = await db.payoutLine.findMany({
    where: { payoutId: { in: [...payoutIds] } },
    orderBy: { eventId: 'asc' },
  })
  const lines = rows.map(({ payoutId, eventId, ...amounts }) => {
    const numbers = Object.entries(amounts).map(([name, amount]) => [name, Number(amount)])
    return { payoutId, line: { eventId, ...Object.fromEntries(numbers) } as StatementLine }
  })
  const groups = Map.groupBy(lines, (each) => each.payoutId)
  return new Map([...groups].map(([id, of]) => [id, of.map(({ line }) => line)]))
}

/** @returns what a payout takes from an event, as a line of its statement. */
export const statementLine = (part: PayoutPart, history: EventHistory): StatementLine => {
  const { sales, refunds, fees, tax, disputes, collected, paidBefore } = history
  const amount = amountOf(part)
  const remaining = sales + refunds + fees + tax + disputes + collected + paidBefore - amount
  return { ...history, ...part, amount, remaining }
}

/** REQUESTED → APPROVED or REJECTED. @returns null when it is not REQUESTED (any more). */
export async function moveToReviewed(
  tx: Tx,
  id: string,
  { decision, message, by }: { decision: 'APPROVED' | 'REJECTED'; message: string | null; by: string },
): Promise<Payout | null> {
  const [row] = await tx.$queryRaw<PayoutRow[]>`UPDATE payouts SET status = ${decision}, message = ${message},
      reviewed_by = ${by}::uuid, reviewed_at = now(), ended_at = CASE ${decision} WHEN 'REJECTED' THEN now() END
    WHERE id = ${id}::uuid AND status = 'REQUESTED' RETURNING ${COLUMNS}`
  return row ? toPayout(row) : null
}

/** APPROVED → PAID. @returns null when it is not APPROVED (any more). */
export async function moveToPaid(tx: Tx, id: string): Promise<Payout | null> {
  const [row] = await tx.$queryRaw<
    PayoutRow[]
  >`UPDATE payouts SET status = 'PAID', paid_at = now(), ended_at = now()
    WHERE id = ${id}::uuid AND status = 'APPROVED' RETURNING ${COLUMNS}`
  return row ? toPayout(row) : null
}

/** APPROVED or PAID → FAILED. @returns null when it is neither (any more); `paidAt` tells which it was. */
export async function moveToFailed(tx: Tx, id: string, reason: string): Promise<Payout | null> {
  const [row] = await tx.$queryRaw<PayoutRow[]>`UPDATE payouts
    SET status = 'FAILED', message = ${reason}, ended_at = now()
    WHERE id = ${id}::uuid AND status IN ('APPROVED', 'PAID') RETURNING ${COLUMNS}`
  return row ? toPayout(row) : null
}

/** Forgets whose account it was, and its number, of up to `limit` payouts that ended `days` ago. @returns of how many. */
export async function forgetAccounts(tx: Tx, days: number, limit: number): Promise<number> {
  return tx.$executeRaw`UPDATE payouts SET account_holder = NULL, account_number = NULL
    WHERE id IN (SELECT id FROM payouts WHERE account_number IS NOT NULL
      AND ended_at < now() - make_interval(secs => ${days * 86_400}::float8)
      ORDER BY ended_at LIMIT ${limit} FOR UPDATE SKIP LOCKED)`
}

/** What has been taken out of an organizer's events for them, and has not been paid yet. */
export async function listPayoutsUnderWay(
  db: Db,
  organizerId: string,
): Promise<{ currency: string; amount: number }[]> {
  const rows = await db.$queryRaw<{ currency: string; amount: bigint }[]>`SELECT currency, amount FROM payouts
    WHERE organizer_id = ${organizerId}::uuid AND status IN ('REQUESTED', 'APPROVED')`
  return rows.map(({ currency, amount }) => ({ currency, amount: Number(amount) }))
}
