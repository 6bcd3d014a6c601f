import { setTimeout as pause } from 'node:timers/promises'
import type { Person } from '../builders.ts'
import { type Habits, type Outcome, settled } from '../buyers.ts'
import type { Api } from '../karcis.ts'
import type { PaymentFault } from './matrix-plan.ts'
import { OUTSIDE, type Outside, type Providers, type StandInFault } from './providers.ts'

const LOOK_MS = 400
const DECIDED_AFTER_MS = 1_500 // a check, a pending refund, a dispute: amid whatever else happens
const PATIENCE_MS = 90_000

const BOOK = 'mutation ($input: CreateBookingInput!) { createBooking(input: $input) { id expiresAt } }'
const PAY = `mutation ($id: ID!, $method: PaymentMethod!, $key: String!) {
  confirmPayment(id: $id, input: { method: $method, idempotencyKey: $key }) {
    status payment { id status redirectUrl }
  }
}`
const LOOK = 'query ($id: ID!) { booking(id: $id) { status payment { status } tickets { id } } }'
const CANCEL = 'mutation ($id: ID!) { cancelBooking(id: $id) { status } }'
const ASK_BACK = 'mutation ($input: RequestRefundInput!) { requestRefund(input: $input) { status percent } }'
const GIVE_BACK = 'mutation ($id: ID!) { refundBooking(id: $id, reason: "As they wish.") { status } }'
const ADD = 'mutation ($input: AddToCartInput!) { addToCart(input: $input) { totalPrice } }'
const CART = '{ cart { totalPrice events { items { id } } } }'
const REMOVE = 'mutation ($id: ID!) { removeFromCart(id: $id) { totalPrice } }'
const CHECKOUT = 'mutation ($input: CheckoutInput!) { checkout(input: $input) { id } }'

/** What patrons need to know of where they are. */
export interface Market {
  readonly karcis: Api
  readonly providers: Providers
  /** Ticket types of two events, without seats. */
  readonly ticketTypes: readonly string[]
  /** The token of who gives money back. */
  readonly admin: string
  /** A payment of theirs, for this booking, went wrong as was planned, and yet came to its end after so long. */
  survived(fault: PaymentFault, ms: number, bookingId: string): void
  /** A booking of theirs has come to no end. */
  lost(why: string): void
}

/**
 * Buys until told to stop, as people do who pay outside: a booking or a whole cart, of which they cancel some and want the money of others back.
 * @param planned what is to go wrong with their payments; each takes the next.
 * @returns what they were told for certain, once per booking.
 */
export async function buyUntil(
  stop: AbortSignal,
  market: Market,
  buyer: Person,
  planned: PaymentFault[],
  habits: Habits,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  const patron = createPatron(market, buyer, outcomes, habits)
  while (!stop.aborted) {
    await pause((habits.thinkMs ?? 0) * (0.5 + Math.random()))
    const fault = planned.shift()
    if (fault) await patron.payAmid(fault)
    else if (Math.random() < 0.4) await patron.fillCart()
    else await patron.payOutside()
  }
  return outcomes
}

/** What buyers see of a booking. */
interface Looked {
  readonly status: string
  readonly payment: { readonly status: string } | null
  /** Null while the ticket subgraph does not answer. */
  readonly tickets: readonly unknown[] | null
}

function createPatron(
  { karcis, providers, ticketTypes, admin, survived, lost }: Market,
  buyer: Person,
  outcomes: Outcome[],
  habits: Habits,
) {
  const ask = (operation: string, query: string, variables: Record<string, unknown>, who = buyer.token) =>
    settled(karcis, { ...buyer, token: who }, operation, query, variables, habits)
  const tell = (id: string, status: Outcome['status']) => {
    const known = outcomes.find((one) => one.id === id)
    if (known) known.status = status
    else outcomes.push({ id, status })
  }

  async function book(): Promise<{ id: string; endsAt: number } | null> {
    const input = { ticketTypeId: anyOf(ticketTypes), quantity: 1, idempotencyKey: crypto.randomUUID() }
    const booked = (await ask('createBooking', BOOK, { input })).data?.createBooking
    if (!booked) return null
    habits.booked?.(buyer, booked.id)
    return { id: booked.id, endsAt: Date.parse(booked.expiresAt) }
  }

  /** Begins to pay; null where that is not to be had any more. */
  async function start(id: string, method: Outside | 'WALLET') {
    const { data, askedAt } = await ask('confirmPayment', PAY, { id, method, key: crypto.randomUUID() })
    const confirmed = data?.confirmPayment
    if (!confirmed) return null
    if (confirmed.status === 'PAID') {
      tell(id, 'PAID')
      habits.paid?.(askedAt)
    }
    const { id: order = '', redirectUrl } = confirmed.payment ?? {}
    return { order: order as string, page: redirectUrl as string | undefined }
  }

  /** Looks at a booking until it is as wanted, or for too long. @param wanted what it should come to, for whoever reads that it did not. */
  async function lookUntil(
    id: string,
    wanted: string,
    isSo: (booking: Looked) => boolean,
  ): Promise<Looked | null> {
    const until = Date.now() + PATIENCE_MS
    let seen: Looked | null = null
    while (Date.now() < until && !habits.giveUp?.aborted) {
      const answer = await karcis.attempt(LOOK, { id }, buyer.token).catch(() => null)
      seen = answer?.data?.booking ?? seen
      if (answer?.data?.booking && seen && isSo(seen)) return seen
      await pause(LOOK_MS)
    }
    lost(`booking ${id} is ${JSON.stringify(seen)} for ever, not ${wanted}`)
    return null
  }

  /** Waits until a booking is paid and has its tickets, or has ended otherwise. */
  async function end(id: string): Promise<string> {
    const isOver = ({ status, tickets }: Looked) =>
      status === 'PAID' ? (tickets?.length ?? 0) > 0 : status !== 'PENDING'
    const { status = 'unknown' } = (await lookUntil(id, 'paid with its tickets, or over', isOver)) ?? {}
    if (status === 'PAID') tell(id, 'PAID')
    return status
  }

  /** The provider holds the payment for a check, until somebody decides; then the buyer learns what became of it. */
  async function passCheck(method: Outside, order: string, page: string, through: boolean): Promise<void> {
    await pressPay(page)
    await pause(DECIDED_AFTER_MS)
    providers.decideCheck(method, order, through)
  }

  /** Tries until the provider ends a refund that it had left pending, or has none any more. */
  async function endPendingRefund(method: Outside, order: string, made: boolean): Promise<void> {
    await pause(DECIDED_AFTER_MS)
    const until = Date.now() + PATIENCE_MS
    while (!providers.finishRefund(method, order, made) && providers.refunded(method, order) === 0) {
      if (Date.now() > until) return
      await pause(LOOK_MS)
    }
  }

  /** Has the bank take the money back, and waits until all is as that is decided. */
  async function dispute(id: string, order: string, won: boolean): Promise<void> {
    providers.dispute(order)
    await lookUntil(id, 'in dispute', ({ payment }) => payment?.status === 'DISPUTED')
    await pause(DECIDED_AFTER_MS)
    providers.closeDispute(order, won)
    if (won) {
      await lookUntil(
        id,
        'paid again',
        ({ status, payment }) => status === 'PAID' && payment?.status === 'PAID',
      )
      return
    }
    if (await lookUntil(id, 'refunded', ({ status }) => status === 'REFUNDED')) tell(id, 'REFUNDED')
  }

  async function cancel(id: string): Promise<void> {
    const { data } = await ask('cancelBooking', CANCEL, { id })
    if (data?.cancelBooking?.status === 'CANCELLED') tell(id, 'CANCELLED')
  }

  async function giveBack(id: string): Promise<void> {
    const { data } = await ask('refundBooking', GIVE_BACK, { id }, admin)
    if (data?.refundBooking?.status === 'REFUNDED') tell(id, 'REFUNDED')
  }

  async function askBack(bookingId: string): Promise<void> {
    const input = { bookingId, reason: 'We cannot come.', idempotencyKey: crypto.randomUUID() }
    const { data } = await ask('requestRefund', ASK_BACK, { input })
    const asked = data?.requestRefund
    if (asked?.status === 'APPROVED' && asked.percent === 100) tell(bookingId, 'REFUNDED')
  }

  return {
    /** Pays with one thing going wrong. */
    async payAmid(fault: PaymentFault): Promise<void> {
      const { method, step, afterEndMs, decided } = fault
      const booking = await book()
      if (!booking) return
      const { id, endsAt } = booking
      let begunAt = Date.now()
      const arm = (order?: string): StandInFault | undefined => {
        if (method === 'WALLET' || !fault.fault) return undefined
        const armed = { ...fault.fault, ...(order !== undefined && { order }) }
        providers.arm(method, armed)
        return armed
      }
      let armed = step === 'start' ? arm() : undefined
      if (method === 'WALLET') {
        await pause(Math.max(0, endsAt + (afterEndMs ?? 0) - Date.now()))
        begunAt = Date.now()
        await start(id, method)
        await end(id)
        survived(fault, Date.now() - begunAt, id)
        return
      }
      const payment = await start(id, method)
      if (!payment?.page) return
      if (step === 'pay' || step === 'cancel') armed = arm(payment.order)
      if (afterEndMs !== undefined) await pause(Math.max(0, endsAt + afterEndMs - Date.now()))
      if (step !== 'start') begunAt = Date.now()
      if (step === 'cancel') await cancel(id)
      else if (step === 'pay' && decided)
        await passCheck(method, payment.order, payment.page, decided === 'for')
      else await pressPay(payment.page)
      const status = await end(id)
      if (step === 'dispute') {
        if (status !== 'PAID') return
        begunAt = Date.now()
        await dispute(id, payment.order, decided === 'for')
      }
      if (step === 'refund') {
        if (status !== 'PAID') return
        armed = arm(payment.order)
        begunAt = Date.now()
        await giveBack(id)
        if (decided) await endPendingRefund(method, payment.order, decided === 'for')
        while (providers.refunded(method, payment.order) === 0 && Date.now() < begunAt + PATIENCE_MS)
          await pause(LOOK_MS)
      }
      if (!armed || !(await providers.waits(method, armed))) survived(fault, Date.now() - begunAt, id)
    },

    /** Pays with nothing going wrong at the provider, or changes their mind before or after. */
    async payOutside(): Promise<void> {
      const booking = await book()
      if (!booking) return
      const payment = await start(booking.id, anyOf(OUTSIDE))
      if (!payment?.page) return
      const plan = Math.random()
      if (plan < 0.15) return cancel(booking.id)
      await pressPay(payment.page)
      if ((await end(booking.id)) !== 'PAID') return
      if (plan < 0.4) await askBack(booking.id)
      else if (plan < 0.65) await giveBack(booking.id)
    },

    /** Fills a cart at both events and pays for all of it at once; empties it where that does not work out. */
    async fillCart(): Promise<void> {
      for (const ticketTypeId of ticketTypes)
        await ask('addToCart', ADD, {
          input: { ticketTypeId, quantity: 1, idempotencyKey: crypto.randomUUID() },
        })
      const { cart } = (await ask('cart', CART, {})).data ?? {}
      if (!cart) return
      const input = { idempotencyKey: crypto.randomUUID(), expectedTotal: cart.totalPrice }
      const bookings: { id: string }[] = (await ask('checkout', CHECKOUT, { input })).data?.checkout ?? []
      const [first] = bookings
      if (!first) {
        for (const { items } of cart.events)
          for (const { id } of items) await ask('removeFromCart', REMOVE, { id })
        return
      }
      const payment = await start(first.id, anyOf([...OUTSIDE, 'WALLET']))
      if (payment?.page) await pressPay(payment.page)
      if (payment) for (const { id } of bookings) await end(id)
    },
  }
}

/** As the button on a provider's page does. */
async function pressPay(page: string): Promise<void> {
  const response = await fetch(page, {
    method: 'POST',
    body: new URLSearchParams({ action: 'pay' }),
    redirect: 'manual',
  })
  await response.body?.cancel()
}

const anyOf = <T>(items: readonly T[]): T => items[Math.floor(Math.random() * items.length)] as T
