import { setTimeout as pause } from 'node:timers/promises'
import type { arena, Person } from './builders.ts'
import type { Api } from './karcis.ts'

/** How a booking ended, as its buyer was told. */
export interface Outcome {
  id: string
  status: 'PAID' | 'CANCELLED'
}

/** Answers after which the same request may be sent again, because it may or may not have been done. */
const UNCERTAIN = new Set(['SERVICE_UNAVAILABLE', 'INTERNAL_SERVER_ERROR', 'RATE_LIMITED'])

const BOOK = 'mutation ($input: CreateBookingInput!) { createBooking(input: $input) { id } }'
const PAY = `mutation ($id: ID!, $key: String!) {
  confirmPayment(id: $id, input: { method: WALLET, idempotencyKey: $key }) { status }
}`

/**
 * Shops until told to stop, as a patient person would: takes seats or standing places, books, then pays, cancels, or walks away.
 * Whatever gets no clear answer is sent again with the same key.
 * @returns what the buyer was told for certain, once per booking.
 */
export async function shopUntil(
  stop: AbortSignal,
  karcis: Api,
  buyer: Person,
  hall: Awaited<ReturnType<typeof arena>>,
  index: number,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  for (let turn = 0; !stop.aborted; turn++) {
    const input = (index + turn) % 2 === 0 ? await chooseSeats(karcis, buyer, hall) : standing(hall.standing)
    if (!input) continue
    const booked = await settle(karcis, buyer, BOOK, {
      input: { ...input, idempotencyKey: crypto.randomUUID() },
    })
    const id = booked.data?.createBooking?.id
    if (!id) continue
    const plan = Math.random()
    if (plan < 0.6) {
      const { data } = await settle(karcis, buyer, PAY, { id, key: crypto.randomUUID() })
      if (data?.confirmPayment?.status === 'PAID') outcomes.push({ id, status: 'PAID' })
    } else if (plan < 0.8) {
      const { data } = await settle(
        karcis,
        buyer,
        'mutation ($id: ID!) { cancelBooking(id: $id) { status } }',
        { id },
      )
      if (data?.cancelBooking?.status === 'CANCELLED') outcomes.push({ id, status: 'CANCELLED' })
    }
  }
  return outcomes
}

const standing = (ticketTypeId: string) => ({ ticketTypeId, quantity: 1 })

/** Two seats side by side somewhere; null when somebody else had them, or nothing answered. */
async function chooseSeats(karcis: Api, buyer: Person, hall: Awaited<ReturnType<typeof arena>>) {
  const at = Math.floor(Math.random() * 100) * 2 // VIP seats 0 to 199, in pairs
  const seatIds = hall.seats.slice(at, at + 2).map((seat) => seat.id)
  const { data } = await karcis
    .attempt(
      'mutation ($input: HoldSeatsInput!) { holdSeats(input: $input) { id } }',
      { input: { eventId: hall.eventId, seatIds } },
      buyer.token,
    )
    .catch(() => ({ data: null }))
  const holdId = data?.holdSeats?.id
  return holdId ? { holdId } : null
}

/** Sends a request until it is answered for certain. */
async function settle(karcis: Api, buyer: Person, query: string, variables: Record<string, unknown>) {
  for (;;) {
    const answer = await karcis.attempt(query, variables, buyer.token).catch(() => null)
    const codes = (answer?.errors ?? []).map((error) => error.extensions?.code ?? '')
    if (answer?.data !== undefined && !codes.some((code) => UNCERTAIN.has(code))) return answer
    await pause(100)
  }
}
