import { eventually } from '@karcis/testkit/eventually'
import pg from 'pg'
import { expect } from 'vitest'
import { arena, createBooking, holdSeats, signInAdmin, signUp, signUpOrganizer } from '../builders.ts'
import type { Karcis } from '../karcis.ts'

const FEES = '{ event(id: $id) { fees { kind name basisPoints } } }'
const INVOICES = '{ invoices { edges { node { number total sellerName buyerName url(language: EN) } } } }'

/** shows fees with the event, charges them, and gives an invoice of them as a PDF by the one port. */
export async function invoiceStory(karcis: Karcis): Promise<void> {
  const admin = await signInAdmin(karcis)
  const organizer = await signUpOrganizer(karcis, admin)
  const { eventId, seat } = await arena(karcis, admin, organizer)
  await karcis.run(
    'mutation ($input: SetFeesInput!) { setFees(input: $input) { id title fees { name } } }',
    { input: { eventId, taxes: [{ name: 'PPN 11%', basisPoints: 1_100 }] } },
    organizer.token,
  )
  const { event } = await karcis.run(`query ($id: ID!) ${FEES}`, { id: eventId })
  expect(event.fees).toEqual([{ kind: 'TAX', name: 'PPN 11%', basisPoints: 1_100 }])

  const buyer = await signUp(karcis, 'Budi')
  const { holdSeats: hold } = await holdSeats(karcis, buyer, eventId, [seat('Front', 'A', 9)])
  const { quoteBooking: quote } = await karcis.run(
    `query ($id: ID!) { quoteBooking(input: { holdId: $id }) { subtotal surcharge totalPrice } }`,
    { id: hold.id },
    buyer.token,
  )
  expect(quote.totalPrice).toBe(quote.subtotal + Math.round(quote.subtotal * 0.11))
  const { createBooking: booking } = await createBooking(karcis, buyer, { holdId: hold.id })
  const { confirmPayment } = await karcis.run(
    'mutation ($id: ID!) { confirmPayment(id: $id, input: { method: WALLET }) { status totalPrice } }',
    { id: booking.id },
    buyer.token,
  )
  expect(confirmPayment).toEqual({ status: 'PAID', totalPrice: quote.totalPrice })

  const client = new pg.Client(karcis.databases.booking)
  await client.connect()
  await client.query("SELECT graphile_worker.add_job('issue-invoices', payload => '{}')") // as each minute
  await client.end()
  const invoice = await eventually(async () => {
    const { invoices } = await karcis.run(INVOICES, {}, buyer.token)
    if (invoices.edges.length === 0) throw new Error('not issued yet')
    return invoices.edges[0].node
  })
  expect(invoice).toMatchObject({ total: quote.totalPrice, sellerName: 'Rara', buyerName: 'Budi' })
  const file = await fetch(karcis.url + invoice.url)
  expect(file.status).toBe(200)
  expect(file.headers.get('content-type')).toBe('application/pdf')
  expect(
    Buffer.from(await file.arrayBuffer())
      .subarray(0, 5)
      .toString(),
  ).toBe('%PDF-')
  expect((await fetch(karcis.url + invoice.url.replace('.pdf', 'A.pdf'))).status).toBe(404)
}
