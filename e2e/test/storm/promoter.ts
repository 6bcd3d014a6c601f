import { setTimeout as pause } from 'node:timers/promises'
import { eventually } from '@karcis/testkit/eventually'
import { approvedEvent, type Person, ticketType } from '../builders.ts'
import { type Habits, type Outcome, settled } from '../buyers.ts'
import type { Api } from '../karcis.ts'

const LOOK_MS = 400
const PATIENCE_MS = 90_000
const PRICE = 900

const BOOK = 'mutation ($input: CreateBookingInput!) { createBooking(input: $input) { id } }'
const PAY = `mutation ($id: ID!, $key: String!) {
  confirmPayment(id: $id, input: { method: WALLET, idempotencyKey: $key }) { status } }`
const CALL_OFF = 'mutation ($id: ID!) { cancelEvent(id: $id, reason: "The singer is ill.") { status } }'
const LOOK = 'query ($id: ID!) { booking(id: $id) { status refundedAmount totalPrice } }'

/** Who calls events off, and who had come to like them. */
export interface Tour {
  readonly karcis: Api
  readonly admin: string
  readonly organizer: Person
  readonly fans: readonly Person[]
  /** A booking has not got its money back. */
  lost(why: string): void
}

/**
 * Sells small events, one after the other, and calls each of them off as soon as its fans have paid, until told to stop: each is to have all their money back.
 * @returns what the fans were told for certain, once per booking.
 */
export async function tourUntil(stop: AbortSignal, tour: Tour, habits: Habits): Promise<Outcome[]> {
  const { karcis, admin, organizer, fans } = tour
  const outcomes: Outcome[] = []
  while (!stop.aborted) {
    const eventId = await eventually(
      () => approvedEvent(karcis, admin, organizer, { capacity: 200 }),
      PATIENCE_MS,
    )
    const ticketTypeId = await eventually(
      () => ticketType(karcis, organizer, eventId, { name: 'Floor', price: PRICE, quota: 100 }),
      PATIENCE_MS,
    )
    const paid = (await Promise.all(fans.map((fan) => buy(tour, fan, ticketTypeId, habits)))).flat()
    await settled(karcis, organizer, 'cancelEvent', CALL_OFF, { id: eventId }, habits)
    outcomes.push(...(await Promise.all(paid.map((one) => untilRefunded(tour, one, habits)))).flat())
  }
  return outcomes
}

/** A booking that was paid, and whose it is. */
interface Paid {
  fan: Person
  id: string
}

async function buy({ karcis }: Tour, fan: Person, ticketTypeId: string, habits: Habits): Promise<Paid[]> {
  const input = { ticketTypeId, quantity: 2, idempotencyKey: crypto.randomUUID() }
  const { createBooking } = (await settled(karcis, fan, 'createBooking', BOOK, { input }, habits)).data ?? {}
  if (!createBooking) return []
  const { id } = createBooking
  habits.booked?.(fan, id)
  const { data, askedAt } = await settled(
    karcis,
    fan,
    'confirmPayment',
    PAY,
    { id, key: crypto.randomUUID() },
    habits,
  )
  if (data?.confirmPayment?.status !== 'PAID') return []
  habits.paid?.(askedAt)
  return [{ fan, id }]
}

async function untilRefunded({ karcis, lost }: Tour, { fan, id }: Paid, habits: Habits): Promise<Outcome[]> {
  const until = Date.now() + PATIENCE_MS
  while (Date.now() < until && !habits.giveUp?.aborted) {
    const booking = (await settled(karcis, fan, 'booking', LOOK, { id }, habits)).data?.booking
    if (booking?.status === 'REFUNDED') {
      if (booking.refundedAmount !== booking.totalPrice) lost(`booking ${id} had only part of its money back`)
      return [{ id, status: 'REFUNDED' }]
    }
    await pause(LOOK_MS)
  }
  lost(`booking ${id} of an event that was called off is not refunded`)
  return []
}
