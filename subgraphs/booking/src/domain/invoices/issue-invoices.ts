import { EVENT_FOR_SALE, eventForSale } from '@karcis/kit/contracts/event-for-sale'
import { NAMES, names } from '@karcis/kit/contracts/names'
import { transaction } from '@karcis/kit/database'
import { restAfter } from '@karcis/kit/pace'
import { findBookingFees, findItems } from '../bookings/booking-store.ts'
import { paceOf } from '../bookings/pace.ts'
import type { Tx } from '../database.ts'
import type { Deps } from '../deps.ts'
import { findUsedPromos } from '../promos/promo-store.ts'
import { creditLines, type InvoiceContent, linesOf } from './invoice.ts'
import {
  type Due,
  findDue,
  findInvoicesOf,
  insertInvoices,
  listDue,
  lockIssuer,
  type NewInvoice,
} from './invoice-store.ts'

/** How many invoices are looked up at once. */
const BATCH = 100
/** For so long one job goes on: there is another each minute. */
const TURN_MS = 50_000

/**
 * Issues an invoice for every payment of a booking and a credit note for every refund that has none, in the order in which they were
 * made. A booking that costs nothing is paid without money, and so without an invoice. Where there are many, as when an event was called off, it leaves
 * other sales alone (`paceOf`). Safe to run again, and at the same time elsewhere: the numbers of one organizer are given by one run after the other.
 * @param closing the process begins to close: what is left is for the next run.
 * @throws ServiceUnavailable while the names of people and events cannot be looked up.
 */
export async function issueInvoices(deps: Deps, closing?: AbortSignal): Promise<void> {
  const until = performance.now() + TURN_MS
  for (let due = await listDue(deps.db, BATCH); due.length > 0; due = await listDue(deps.db, BATCH)) {
    const called = await lookUpNames(deps, due)
    const pace = await paceOf(deps.db)
    for (const [organizerId, own] of Map.groupBy(due, (one) => one.organizerId))
      for (let at = 0; at < own.length; at += pace.piece) {
        if (closing?.aborted || performance.now() > until) return
        const began = performance.now()
        const ids = own.slice(at, at + pace.piece).map(({ transactionId }) => transactionId)
        await transaction(deps.db, async (tx) => {
          await lockIssuer(tx, organizerId)
          const still = (await findDue(tx, ids)).filter((row) => row.organizerId === organizerId)
          await issueAll(tx, deps, still, called)
        })
        if (due.length === BATCH) await restAfter(pace, performance.now() - began, closing)
      }
    const first = (await listDue(deps.db, 1))[0]
    if (due.length < BATCH || first?.transactionId === due[0]?.transactionId) return // those that wait for others
  }
}

/** Issues what is due of one organizer: invoices first, for each comes before what credits it. */
async function issueAll(tx: Tx, { settings }: Deps, due: readonly Due[], called: Names): Promise<void> {
  const { PAYMENT: payments = [], REFUND: refunds = [] } = Object.groupBy(due, ({ kind }) => kind)
  await insertInvoices(tx, await invoicesOf(tx, payments, called), settings.INVOICE_TIMEZONE)
  await insertInvoices(tx, await creditNotesOf(tx, refunds), settings.INVOICE_TIMEZONE)
}

async function invoicesOf(tx: Tx, payments: readonly Due[], called: Names): Promise<NewInvoice[]> {
  if (payments.length === 0) return []
  const bookingIds = payments.map(({ bookingId }) => bookingId)
  const items = await findItems(tx, bookingIds)
  const fees = await findBookingFees(tx, bookingIds)
  const promos = await findUsedPromos(tx, bookingIds)
  return payments.map((due) => {
    const { bookingId } = due
    const codes = (promos.get(bookingId) ?? []).map(({ code }) => code)
    const content: InvoiceContent = {
      seller: called.people.get(due.organizerId) ?? '',
      buyer: called.people.get(due.userId) ?? '',
      event: called.events.get(due.eventId) ?? null,
      lines: linesOf(items.get(bookingId) ?? [], fees.get(bookingId) ?? [], codes),
    }
    return { ...due, kind: 'INVOICE', invoiceId: null, content }
  })
}

async function creditNotesOf(tx: Tx, refunds: readonly Due[]): Promise<NewInvoice[]> {
  if (refunds.length === 0) return []
  const bookingIds = refunds.map(({ bookingId }) => bookingId)
  const issued = await findInvoicesOf(tx, bookingIds)
  return refunds.flatMap((due) => {
    const invoice = issued.get(due.bookingId)?.[0]
    if (!invoice) return [] // it comes first
    const { total, tax, refundReason: reason } = due
    const content = { ...invoice.content, lines: creditLines(invoice.content.lines, { total, tax, reason }) }
    return [{ ...due, kind: 'CREDIT_NOTE' as const, invoiceId: invoice.id, content }]
  })
}

/** What people and events are called at this moment, by id. */
interface Names {
  people: ReadonlyMap<string, string>
  events: ReadonlyMap<string, string>
}

/** @throws ServiceUnavailable: an invoice without names is none. */
async function lookUpNames({ clients }: Deps, due: readonly Due[]): Promise<Names> {
  const payments = due.filter(({ kind }) => kind === 'PAYMENT')
  const userIds = new Set(payments.flatMap(({ organizerId, userId }) => [organizerId, userId]))
  const eventIds = new Set(payments.map(({ eventId }) => eventId))
  const representations = [...userIds].map((id) => ({ __typename: 'User', id }))
  const answer =
    userIds.size === 0 ? { _entities: [] } : await clients.user?.query(NAMES, { representations })
  const found = names.parse(answer)._entities.filter((person) => person !== null)
  const titles = await Promise.all(
    [...eventIds].map(async (id) => {
      const event = await clients.event?.query<{ eventForSale: unknown }>(EVENT_FOR_SALE, { id })
      return event?.eventForSale ? [[id, eventForSale.parse(event.eventForSale).title] as const] : []
    }),
  )
  return { people: new Map(found.map(({ id, name }) => [id, name])), events: new Map(titles.flat()) }
}
