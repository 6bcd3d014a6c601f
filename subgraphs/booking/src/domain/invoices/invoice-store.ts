import { newId } from '@karcis/kit/ids'
import { type Connection, newestFirst, type PageArgs } from '@karcis/kit/pagination'
import { Prisma } from '../../generated/prisma/client.ts'
import type { Db, Tx } from '../database.ts'
import type { Invoice, InvoiceContent, InvoiceKind } from './invoice.ts'

const COLUMNS = Prisma.sql`id, kind, organizer_id AS "organizerId", year, number, invoice_id AS "invoiceId",
  booking_id AS "bookingId", event_id AS "eventId", user_id AS "userId", currency, total, content, issued_at AS "issuedAt"`

type InvoiceRow = Omit<Invoice, 'total'> & { total: bigint }

const toInvoice = (row: InvoiceRow): Invoice => ({ ...row, total: Number(row.total) })

/** Invoices and credit notes by id, those that there are. */
export async function findInvoices(db: Db | Tx, ids: readonly string[]): Promise<Map<string, Invoice>> {
  const rows = await db.$queryRaw<
    InvoiceRow[]
  >`SELECT ${COLUMNS} FROM invoices WHERE id = ANY(${ids}::uuid[])`
  return new Map(rows.map((row) => [row.id, toInvoice(row)]))
}

/** Of bookings: the invoice, then its credit notes, by booking id. */
export async function findInvoicesOf(
  db: Db | Tx,
  bookingIds: readonly string[],
): Promise<Map<string, Invoice[]>> {
  const rows = await db.$queryRaw<InvoiceRow[]>`
    SELECT ${COLUMNS} FROM invoices WHERE booking_id = ANY(${bookingIds}::uuid[]) ORDER BY id`
  return Map.groupBy(rows.map(toInvoice), ({ bookingId }) => bookingId)
}

/** Whose invoices: those that a user was given, that an organizer has issued, or those of one event. */
export type InvoiceScope = { userId: string } | { organizerId: string } | { eventId: string }

const INVOICES = newestFirst<Invoice>('invoices')

/** A page of invoices and credit notes, the newest first. @throws BadUserInput for a wrong page. */
export function listInvoices(
  db: Db,
  scope: InvoiceScope,
  kind: InvoiceKind | null,
  args: PageArgs,
): Promise<Connection<Invoice>> {
  const whose =
    'userId' in scope
      ? Prisma.sql`user_id = ${scope.userId}::uuid`
      : 'organizerId' in scope
        ? Prisma.sql`organizer_id = ${scope.organizerId}::uuid`
        : Prisma.sql`event_id = ${scope.eventId}::uuid`
  const wanted = kind === null ? whose : Prisma.sql`${whose} AND kind = ${kind}`
  return INVOICES.read(args, {
    async rows({ where, tail }) {
      const rows = await db.$queryRaw<InvoiceRow[]>`
        SELECT ${COLUMNS} FROM invoices WHERE ${wanted} AND ${where} ${tail}`
      return rows.map(toInvoice)
    },
    async count() {
      const [total] = await db.$queryRaw<
        { n: number }[]
      >`SELECT count(*)::int AS n FROM invoices WHERE ${wanted}`
      return total?.n ?? 0
    },
  })
}

/** A payment or a refund of a booking that has no invoice or credit note yet. */
export interface Due {
  transactionId: string
  kind: 'PAYMENT' | 'REFUND'
  bookingId: string
  eventId: string
  userId: string
  /** Whose event it is now; of a refund, who has issued the invoice. */
  organizerId: string
  currency: string
  refundReason: string | null
  /** What moved, and how much of it is tax. */
  total: number
  tax: number
}

type DueRow = Omit<Due, 'total' | 'tax'> & { total: bigint; tax: bigint }

/** What is due, the oldest first: up to `limit`. */
export async function listDue(db: Db, limit: number): Promise<Due[]> {
  return readDue(
    db,
    Prisma.sql`SELECT transaction_id FROM invoices_due ORDER BY transaction_id LIMIT ${limit}`,
  )
}

/** Of what was due, what still is, the oldest first. */
export async function findDue(tx: Tx, transactionIds: readonly string[]): Promise<Due[]> {
  return readDue(
    tx,
    Prisma.sql`SELECT transaction_id FROM invoices_due WHERE transaction_id = ANY(${transactionIds}::uuid[])`,
  )
}

async function readDue(db: Db | Tx, which: Prisma.Sql): Promise<Due[]> {
  const rows = await db.$queryRaw<DueRow[]>`SELECT t.id AS "transactionId", t.kind, b.id AS "bookingId",
      b.event_id AS "eventId", b.user_id AS "userId", b.currency, b.refund_reason AS "refundReason",
      coalesce(i.organizer_id, e.organizer_id, b.organizer_id) AS "organizerId", moved.total, moved.tax
    FROM (${which}) due JOIN ledger_transactions t ON t.id = due.transaction_id JOIN bookings b ON b.id = t.booking_id
    LEFT JOIN event_copies e ON e.event_id = b.event_id
    LEFT JOIN invoices i ON i.booking_id = b.id AND i.kind = 'INVOICE'
    CROSS JOIN LATERAL (SELECT abs(sum(l.amount))::bigint AS total,
        coalesce(abs(sum(l.amount) FILTER (WHERE a.kind = 'EVENT_TAX')), 0)::bigint AS tax
      FROM ledger_entries l JOIN ledger_accounts a ON a.id = l.account_id
      WHERE l.transaction_id = t.id AND a.kind IN ('EVENT_SALES', 'EVENT_TAX', 'PLATFORM_FEES')) moved
    ORDER BY t.id`
  return rows.map((row) => ({ ...row, total: Number(row.total), tax: Number(row.tax) }))
}

/** Until the transaction ends, nobody else gives numbers for this organizer. */
export async function lockIssuer(tx: Tx, organizerId: string): Promise<void> {
  await tx.$executeRaw`INSERT INTO invoice_issuers (organizer_id) VALUES (${organizerId}::uuid) ON CONFLICT DO NOTHING`
  await tx.$queryRaw`SELECT FROM invoice_issuers WHERE organizer_id = ${organizerId}::uuid FOR UPDATE`
}

/** An invoice before it has its number. */
export interface NewInvoice
  extends Pick<Due, 'transactionId' | 'organizerId' | 'bookingId' | 'eventId' | 'userId'> {
  kind: InvoiceKind
  invoiceId: string | null
  currency: string
  total: number
  content: InvoiceContent
}

/**
 * Issues invoices, or credit notes, of one organizer under the next numbers of their kind in this year, in their order, and has them due no more.
 * For those who hold `lockIssuer`.
 * @param timezone IANA name: by its calendar a year begins.
 */
export async function insertInvoices(
  tx: Tx,
  invoices: readonly NewInvoice[],
  timezone: string,
): Promise<void> {
  const [first] = invoices
  if (!first) return
  const { organizerId, kind } = first
  const of = <Key extends keyof NewInvoice>(key: Key) => invoices.map((invoice) => invoice[key])
  await tx.$executeRaw`INSERT INTO invoices
      (id, transaction_id, organizer_id, kind, year, number, invoice_id, booking_id, event_id, user_id, currency, total, content)
    SELECT one.id, one.transaction_id, ${organizerId}::uuid, ${kind}, this.year,
      (SELECT coalesce(max(number), 0) FROM invoices
        WHERE organizer_id = ${organizerId}::uuid AND kind = ${kind} AND invoices.year = this.year) + one.position,
      one.invoice_id, one.booking_id, one.event_id, one.user_id, one.currency, one.total, one.content
    FROM (SELECT extract(year FROM now() AT TIME ZONE ${timezone})::int AS year) this,
      unnest(${invoices.map(() => newId())}::uuid[], ${of('transactionId')}::uuid[], ${of('invoiceId')}::uuid[], ${of('bookingId')}::uuid[],
        ${of('eventId')}::uuid[], ${of('userId')}::uuid[], ${of('currency')}::text[], ${of('total').map(BigInt)}::bigint[],
        ${of('content').map((content) => JSON.stringify(content))}::jsonb[]) WITH ORDINALITY
        AS one (id, transaction_id, invoice_id, booking_id, event_id, user_id, currency, total, content, position)`
  await tx.$executeRaw`DELETE FROM invoices_due WHERE transaction_id = ANY(${of('transactionId')}::uuid[])`
}
