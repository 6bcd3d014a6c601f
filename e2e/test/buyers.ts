import { setTimeout as pause } from 'node:timers/promises'
import { type arena, type Person, signInAgain } from './builders.ts'
import type { Api } from './karcis.ts'

/** How a booking ended, as its buyer was told. */
export interface Outcome {
  id: string
  status: 'PAID' | 'CANCELLED' | 'REFUNDED' | 'PARTIALLY_REFUNDED'
}

/** Who looks over the shoulders of buyers. */
interface Observer {
  /** They have a booking that is not paid yet. */
  booked?: (buyer: Person, id: string) => void
  /** They were told that they have paid, in answer to what they sent at `askedAt` (milliseconds since the epoch). */
  paid?: (askedAt: number) => void
  /** An answer came, with these codes; none: it was a success. */
  answered?: (operation: string, codes: readonly string[]) => void
}

/** How they shop. */
export interface Habits extends Observer {
  /** Between two things they do, by half of it more or less. */
  thinkMs?: number
  /** What they do with what they have paid for. Gives what they were told of the booking then; null where that is not clear. */
  afterwards?: (buyer: Person, id: string) => Promise<Outcome['status'] | null>
  /** Ends even their patience: whatever has no clear answer by then is not asked again. */
  giveUp?: AbortSignal
}

/** Answers after which the same request may be sent again, because it may or may not have been done. */
const UNCERTAIN = new Set(['SERVICE_UNAVAILABLE', 'INTERNAL_SERVER_ERROR', 'RATE_LIMITED'])
const SIGNED_IN_MS = 10 * 60_000 // an access token is good for 15 minutes
const AGAIN_MS = 200

const HOLD = 'mutation ($input: HoldSeatsInput!) { holdSeats(input: $input) { id } }'
const BOOK = 'mutation ($input: CreateBookingInput!) { createBooking(input: $input) { id } }'
const CANCEL = 'mutation ($id: ID!) { cancelBooking(id: $id) { status } }'
const PAY = `mutation ($id: ID!, $key: String!) {
  confirmPayment(id: $id, input: { method: WALLET, idempotencyKey: $key }) { status }
}`

export type Hall = Awaited<ReturnType<typeof arena>>

/**
 * Shops until told to stop, as a patient person would: takes seats or standing places, books, then pays, cancels, or walks away.
 * Whatever gets no clear answer is sent again with the same key.
 * @returns what the buyer was told for certain, once per booking.
 */
export async function shopUntil(
  stop: AbortSignal,
  karcis: Api,
  buyer: Person,
  hall: Hall,
  index: number,
  habits: Habits = {},
): Promise<Outcome[]> {
  const { thinkMs = 0 } = habits
  const outcomes: Outcome[] = []
  let signedInAt = Date.now()
  const think = () => pause(thinkMs * (0.5 + Math.random()))
  const settle = (operation: string, query: string, variables: Record<string, unknown>) =>
    settled(karcis, buyer, operation, query, variables, habits)

  for (let turn = 0; !stop.aborted; turn++) {
    await think()
    if (Date.now() - signedInAt > SIGNED_IN_MS && (await signInAgain(karcis, buyer))) signedInAt = Date.now()
    const input =
      (index + turn) % 2 === 0
        ? await chooseSeats(karcis, buyer, hall, habits)
        : { ticketTypeId: hall.standing, quantity: 1 }
    if (!input) continue
    const key = crypto.randomUUID()
    const booked = await settle('createBooking', BOOK, { input: { ...input, idempotencyKey: key } })
    const id = booked.data?.createBooking?.id
    if (!id) continue
    habits.booked?.(buyer, id)
    const plan = Math.random()
    if (plan < 0.6) {
      const { data, askedAt } = await settle('confirmPayment', PAY, { id, key: crypto.randomUUID() })
      if (data?.confirmPayment?.status !== 'PAID') continue
      habits.paid?.(askedAt)
      const status = habits.afterwards ? await habits.afterwards(buyer, id) : 'PAID'
      if (status) outcomes.push({ id, status })
    } else if (plan < 0.8) {
      await think()
      const { data } = await settle('cancelBooking', CANCEL, { id })
      if (data?.cancelBooking?.status === 'CANCELLED') outcomes.push({ id, status: 'CANCELLED' })
    }
  }
  return outcomes
}

/** Two seats side by side somewhere in front; null when somebody else had them, or nothing answered. */
async function chooseSeats(karcis: Api, buyer: Person, hall: Hall, habits: Habits) {
  const front = hall.seats.filter(({ section }) => section === 'Front')
  const at = Math.floor((Math.random() * front.length) / 2) * 2
  const seatIds = front.slice(at, at + 2).map((seat) => seat.id)
  const answer = await karcis
    .attempt(HOLD, { input: { eventId: hall.eventId, seatIds } }, buyer.token)
    .catch(() => null)
  if (answer) habits.answered?.('holdSeats', codesOf(answer))
  const holdId = answer?.data?.holdSeats?.id
  if (holdId) return { holdId }
  await pause(AGAIN_MS)
  return null
}

/** Sends a request until it is answered for certain. @returns the answer, and when what was answered had been sent. */
export async function settled(
  karcis: Api,
  buyer: Person,
  operation: string,
  query: string,
  variables: Record<string, unknown>,
  { answered, giveUp }: Habits,
): Promise<Pick<Awaited<ReturnType<Api['attempt']>>, 'data'> & { askedAt: number }> {
  for (;;) {
    const askedAt = Date.now()
    if (giveUp?.aborted) return { askedAt }
    const answer = await karcis.attempt(query, variables, buyer.token).catch(() => null)
    const codes = answer ? codesOf(answer) : ['no answer']
    answered?.(operation, codes)
    if (answer?.data !== undefined && !codes.some((code) => UNCERTAIN.has(code)))
      return { data: answer.data, askedAt }
    await pause(AGAIN_MS * (0.5 + Math.random()))
  }
}

const codesOf = ({ errors = [] }: Awaited<ReturnType<Api['attempt']>>): string[] =>
  errors.map((error) => error.extensions?.code ?? 'no code')
