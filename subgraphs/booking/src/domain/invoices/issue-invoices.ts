import { EVENT_FOR_SALE, eventForSale } from '@karcis/kit/contracts/event-for-sale'
import { transaction } from '@karcis/kit/database'
import { z } from 'zod'
import { findBookingFees, findItems } from '../bookings/booking-store.ts'
import type { Tx } from '../database.ts'
import type { Deps } from '../deps.ts'
import { findUsedPromos } from '../promos/promo-store.ts'
import { creditLines, type InvoiceContent, linesOf } from './invoice.ts'
import {
  deleteDue,
  type Due,
  findDue,
  findInvoicesOf,
  insertInvoice,
  isPaymentDue,
  listDue,
  lockIssuer,
} from './invoice-store.ts'

/** How many invoices are looked up at once. */
const BATCH = 200

/**
 * Issues an invoice for every payment of a booking and a credit note for every refund that has none, in the order in which they were
 * made. A booking that costs nothing is paid without money, and so without an invoice. Safe to run again, and at the same time elsewhere:
 * the numbers of one organizer are given by one run after the other.
 * @param closing the process begins to close: what is left is for the next run.
 * @throws ServiceUnavailable while the names of people and events cannot be looked up.
 */
export async function issueInvoices(deps: Deps, closing?: AbortSignal): Promise<void> {
  for (let due = await listDue(deps.db, BATCH); due.length > 0; due = await listDue(deps.db, BATCH)) {
    const names = await lookUpNames(deps, due)
    for (const [organizerId, own] of Map.groupBy(due, (one) => one.organizerId)) {
      if (closing?.aborted) return
      await transaction(deps.db, async (tx) => {
        await lockIssuer(tx, organizerId)
        const still = await findDue(
          tx,
          own.map(({ transactionId }) => transactionId),
        )
        for (const one of still.filter((row) => row.organizerId === organizerId))
          await issue(tx, deps, one, names)
      })
    }
    const first = (await listDue(deps.db, 1))[0]
    if (due.length < BATCH || first?.transactionId === due[0]?.transactionId) return // those that wait for others
  }
}

async function issue(tx: Tx, { settings }: Deps, due: Due, names: Names): Promise<void> {
  const { bookingId, total, eventId } = due
  const timezone = settings.INVOICE_TIMEZONE
  if (due.kind === 'PAYMENT') {
    const [items, fees, promos] = await Promise.all([
      findItems(tx, [bookingId]),
      findBookingFees(tx, [bookingId]),
      findUsedPromos(tx, [bookingId]),
    ])
    const codes = (promos.get(bookingId) ?? []).map(({ code }) => code)
    const content: InvoiceContent = {
      seller: names.people.get(due.organizerId) ?? '',
      buyer: names.people.get(due.userId) ?? '',
      event: names.events.get(eventId) ?? null,
      lines: linesOf(items.get(bookingId) ?? [], fees.get(bookingId) ?? [], codes),
    }
    return insertInvoice(tx, { ...due, kind: 'INVOICE', invoiceId: null, content }, timezone)
  }
  const invoice = (await findInvoicesOf(tx, [bookingId])).get(bookingId)?.[0]
  if (!invoice) {
    // It comes first; unless it was paid before there were invoices: then there is none to be credited.
    return (await isPaymentDue(tx, bookingId)) ? undefined : deleteDue(tx, due.transactionId)
  }
  const lines = creditLines(invoice.content.lines, { total, tax: due.tax, reason: due.refundReason })
  const content = { ...invoice.content, lines }
  return insertInvoice(tx, { ...due, kind: 'CREDIT_NOTE', invoiceId: invoice.id, content }, timezone)
}

/** What people and events are called at this moment, by id. */
interface Names {
  people: ReadonlyMap<string, string>
  events: ReadonlyMap<string, string>
}

const people = z.object({
  _entities: z.array(z.object({ id: z.uuid(), name: z.string() }).nullable()),
})

/** @throws ServiceUnavailable: an invoice without names is none. */
async function lookUpNames({ clients }: Deps, due: readonly Due[]): Promise<Names> {
  const payments = due.filter(({ kind }) => kind === 'PAYMENT')
  const userIds = new Set(payments.flatMap(({ organizerId, userId }) => [organizerId, userId]))
  const eventIds = new Set(payments.map(({ eventId }) => eventId))
  const operation = `query ($representations: [_Any!]!) { _entities(representations: $representations) {
    ... on User { id name } } }`
  const representations = [...userIds].map((id) => ({ __typename: 'User', id }))
  const answer =
    userIds.size === 0 ? { _entities: [] } : await clients.user?.query(operation, { representations })
  const found = people.parse(answer)._entities.filter((person) => person !== null)
  const titles = await Promise.all(
    [...eventIds].map(async (id) => {
      const event = await clients.event?.query<{ eventForSale: unknown }>(EVENT_FOR_SALE, { id })
      return event?.eventForSale ? [[id, eventForSale.parse(event.eventForSale).title] as const] : []
    }),
  )
  return { people: new Map(found.map(({ id, name }) => [id, name])), events: new Map(titles.flat()) }
}
