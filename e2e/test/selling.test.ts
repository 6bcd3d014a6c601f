import { afterAll, beforeAll, it } from 'vitest'
import { type Karcis, startKarcis } from './karcis.ts'
import { cartStory } from './stories/cart.ts'
import { invoiceStory } from './stories/invoices.ts'
import { resaleStory } from './stories/resale.ts'
import { salesStory } from './stories/sales.ts'
import { waitingRoomStory } from './stories/waiting-room.ts'
import { webhookStory } from './stories/webhooks.ts'

let karcis: Karcis
beforeAll(async () => {
  karcis = await startKarcis()
})
afterAll(() => karcis[Symbol.asyncDispose]())

it('fills a cart at two events, finds it on another device, and pays for all of it at once', () =>
  cartStory(karcis))
it('shows fees with the event, charges them, and gives an invoice of them as a PDF by the one port', () =>
  invoiceStory(karcis))
it('sold out: who waits is offered what somebody gives back, buys it, and the other has their money', () =>
  resaleStory(karcis))
it('shows an organizer what was sold and who is coming, as a list and as a file; others nothing of it', () =>
  salesStory(karcis))
it('tells an organizer’s server of a sale, by the one port and out of it, signed as docs/webhooks.md says', () =>
  webhookStory(karcis))
it('a rush waits in line: seats, bookings and carts are for those whose turn it is', () =>
  waitingRoomStory(karcis))
