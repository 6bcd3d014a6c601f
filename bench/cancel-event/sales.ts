import { setTimeout as sleep } from 'node:timers/promises'
import type { ServiceClient } from '@karcis/kit/service-client'
import type { Viewer } from '@karcis/kit/service-token'
import pg from 'pg'
import { viewer } from '../event-on-sale.ts'
import type { Platform } from './platform.ts'
import { writeWallets } from './sold-bookings.ts'

const HOLD = `mutation ($input: HoldTicketsInput!) { holdTickets(input: $input) { id } }`
const BOOK = `mutation ($input: CreateBookingInput!) { createBooking(input: $input) { id } }`
const PAY = `mutation ($id: ID!) { confirmPayment(id: $id, input: { method: WALLET }) { status tickets { id } } }`

/** Who sells, and to whom. */
export interface Shop {
  ticket: ServiceClient
  booking: ServiceClient
  ticketTypeId: string
  buyers: readonly Viewer[]
}

const BUYERS = 400

/** An event on sale, and buyers with a wallet. */
export async function openShop(platform: Platform): Promise<Shop> {
  const { ticketTypeId } = await platform.eventOnSale()
  const buyers: Viewer[] = Array.from({ length: BUYERS }, () => viewer('CUSTOMER'))
  const db = new pg.Client(platform.urls.booking)
  await db.connect()
  await writeWallets(
    db,
    buyers.map(({ id }) => id),
  )
  await db.end()
  return { ticket: platform.ticket, booking: platform.booking, ticketTypeId, buyers }
}

/** How a window of sales went: purchases a second, and how long each took, in milliseconds. */
export interface Window {
  perSecond: number
  took: number[]
  /** Those that came to nothing, such as for lack of an answer in time. */
  failed: number
}

/** One place: a hold, a booking, a payment from the wallet and a ticket, each over HTTP. @throws Error when it ends otherwise. */
async function purchase({ ticket, booking, ticketTypeId }: Shop, buyer: Viewer): Promise<void> {
  const held = await ticket.query<{ holdTickets: { id: string } }>(
    HOLD,
    { input: { ticketTypeId, quantity: 1 } },
    buyer,
  )
  const made = await booking.query<{ createBooking: { id: string } }>(
    BOOK,
    { input: { holdId: held.holdTickets.id } },
    buyer,
  )
  const paid = await booking.query<{ confirmPayment: { status: string; tickets: unknown[] } }>(
    PAY,
    { id: made.createBooking.id },
    buyer,
  )
  const { status, tickets } = paid.confirmPayment
  if (status !== 'PAID' || tickets.length !== 1) throw new Error(`a purchase ended as ${status}`)
}

let turn = 0
const nextBuyer = ({ buyers }: Shop): Viewer => buyers[turn++ % buyers.length] as Viewer

/** As fast as it goes: so many buyers, each of whom buys again as soon as they have bought. */
export async function sellAtOnce(shop: Shop, buyers: number, ms: number): Promise<Window> {
  const took: number[] = []
  let failed = 0
  const started = performance.now()
  const buy = async (): Promise<void> => {
    while (performance.now() - started < ms) {
      const begun = performance.now()
      if (await succeeds(purchase(shop, nextBuyer(shop)))) took.push(performance.now() - begun)
      else failed += 1
    }
  }
  await Promise.all(Array.from({ length: buyers }, buy))
  return { perSecond: (took.length * 1_000) / (performance.now() - started), took, failed }
}

const succeeds = (work: Promise<void>): Promise<boolean> =>
  work.then(
    () => true,
    () => false,
  )

/** At fixed times, whether or not those before are served: what one waits for another counts. */
export async function sellAtRate(shop: Shop, perSecond: number, ms: number): Promise<Window> {
  const took: number[] = []
  let failed = 0
  const under: Promise<void>[] = []
  const started = performance.now()
  const count = Math.round((ms / 1_000) * perSecond)
  for (let n = 0; n < count; n++) {
    const due = started + (n * 1_000) / perSecond
    const wait = due - performance.now()
    if (wait > 0) await sleep(wait)
    const buy = async (): Promise<void> => {
      if (await succeeds(purchase(shop, nextBuyer(shop)))) took.push(performance.now() - due)
      else failed += 1
    }
    under.push(buy())
  }
  await Promise.all(under)
  return { perSecond: (took.length * 1_000) / (performance.now() - started), took, failed }
}
