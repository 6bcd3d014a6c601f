import { createHash } from 'node:crypto'
import type { LedgerEntry } from '@karcis/stand-ins/common/money'
import { startMidtrans } from '@karcis/stand-ins/midtrans'
import { startStripe } from '@karcis/stand-ins/stripe'
import { startXendit } from '@karcis/stand-ins/xendit'
import { Stripe } from 'stripe'
import type { BookingSettings } from '../src/env.ts'

/** A stand-in, whichever it is. */
type StandIn = Awaited<ReturnType<typeof startMidtrans | typeof startStripe | typeof startXendit>>

interface StartOptions {
  notificationUrl: string
  seed: number
  now: () => Date
}

/** What the suite of all providers has to know of one of them. */
export interface ProviderKit {
  method: 'MIDTRANS' | 'STRIPE' | 'XENDIT'
  start(options: StartOptions): Promise<StandIn>
  /** What booking needs to know of it. */
  settings(standInUrl: string, apiUrl: string): Partial<BookingSettings>
  /** Pays in a way that money can go back by. */
  pay(standIn: StandIn, order: string): void
  /** The buyer chooses a way that takes its time: nothing is paid yet. */
  wait(standIn: StandIn, order: string): void
  /** Makes a payment one that ends when it is cancelled. */
  makeCancellable(standIn: StandIn, order: string): void
  /** Makes a payment one that can still be paid after it was given up, as at each provider some can. */
  keepOpen(standIn: StandIn, order: string): void
  payLate(standIn: StandIn, order: string): void
  /** How a refund that takes its time comes to its end: made, and not. Of those where one can. */
  refundEnds: [succeeded?: string, failed?: string]
  /** What its faults call asking how a payment stands. */
  statusOperation: string
  /** The provider's word for a payment that was given up. */
  cancelled: string
  /** Headers of a notification that is its own. @param timestamp when it was attested, in seconds; now by default. */
  attest(body: string, timestamp?: number): Record<string, string>
  /** A notification that says of a payment that it is paid. */
  saysPaid(order: string, rupiah: number): string
  /** What an answer says of rupiah that were paid, in its words; and the same with less, and with another currency. */
  falsified(rupiah: number): ((answer: string) => string)[]
}

const SERVER_KEY = 'SB-Mid-server-test'
const midtrans: ProviderKit = {
  method: 'MIDTRANS',
  start: (options) => startMidtrans({ ...options, serverKey: SERVER_KEY }),
  settings: (snapUrl, apiUrl) => ({
    MIDTRANS_SERVER_KEY: SERVER_KEY,
    MIDTRANS_SNAP_URL: snapUrl,
    MIDTRANS_API_URL: apiUrl,
  }),
  pay: (standIn, order) => act(standIn, order, 'pay', { method: 'gopay' }),
  wait: (standIn, order) => act(standIn, order, 'wait'),
  makeCancellable: (standIn, order) => act(standIn, order, 'wait'),
  keepOpen: () => {}, // a page on which nothing was chosen
  payLate: (standIn, order) => act(standIn, order, 'pay', { method: 'qris' }),
  refundEnds: [],
  statusOperation: 'status',
  cancelled: 'cancel',
  attest: () => ({}), // its signature stands in the body
  saysPaid(order_id, rupiah) {
    const signed = { order_id, status_code: '200', gross_amount: `${rupiah}.00` }
    const signature_key = createHash('sha512')
      .update(Object.values(signed).join('') + SERVER_KEY)
      .digest('hex')
    return JSON.stringify({ ...signed, signature_key, transaction_status: 'settlement' })
  },
  falsified: (rupiah) => [
    (answer) => answer.replace(`"gross_amount":"${rupiah}.00"`, '"gross_amount":"1.00"'),
    (answer) => answer.replace('"currency":"IDR"', '"currency":"USD"'),
  ],
}

const WEBHOOK_SECRET = 'whsec_test'
const stripe: ProviderKit = {
  method: 'STRIPE',
  start: ({ notificationUrl, ...options }) =>
    startStripe({
      ...options,
      secretKey: 'sk_test',
      webhookSecret: WEBHOOK_SECRET,
      webhookUrl: notificationUrl,
    }),
  settings: (standInUrl, apiUrl) => ({
    STRIPE_SECRET_KEY: 'sk_test',
    STRIPE_WEBHOOK_SECRET: WEBHOOK_SECRET,
    STRIPE_API_URL: apiUrl,
    STRIPE_PAGE_URL: `${standInUrl}/pay`,
    STRIPE_CURRENCIES: ['IDR'],
  }),
  pay: (standIn, order) => act(standIn, order, 'pay'),
  wait: (standIn, order) => act(standIn, order, 'wait'),
  makeCancellable: () => {},
  keepOpen: (standIn, order) => act(standIn, order, 'wait'), // what is processing cannot be cancelled
  payLate: (standIn, order) => act(standIn, order, 'pay'),
  refundEnds: ['succeeded', 'failed'],
  statusOperation: 'status',
  cancelled: 'canceled',
  attest: (payload, timestamp = Math.floor(Date.now() / 1_000)) => ({
    'stripe-signature': new Stripe('sk_test').webhooks.generateTestHeaderString({
      payload,
      timestamp,
      secret: WEBHOOK_SECRET,
    }),
  }),
  saysPaid: (order_id, rupiah) =>
    JSON.stringify({
      id: `evt_${order_id}_${rupiah}`,
      object: 'event',
      type: 'payment_intent.succeeded',
      data: { object: { object: 'payment_intent', amount_received: rupiah * 100, metadata: { order_id } } },
    }),
  falsified: (rupiah) => [
    (answer) => answer.replace(`"amount_received":${rupiah * 100}`, '"amount_received":100'),
    (answer) => answer.replaceAll('"currency":"idr"', '"currency":"usd"'),
  ],
}

const CALLBACK_TOKEN = 'callback token'
const xendit: ProviderKit = {
  method: 'XENDIT',
  start: ({ notificationUrl, ...options }) =>
    startXendit({
      ...options,
      secretKey: 'xnd_test',
      callbackToken: CALLBACK_TOKEN,
      callbackUrl: notificationUrl,
    }),
  settings: (_standInUrl, apiUrl) => ({
    XENDIT_SECRET_KEY: 'xnd_test',
    XENDIT_CALLBACK_TOKEN: CALLBACK_TOKEN,
    XENDIT_API_URL: apiUrl,
  }),
  pay: (standIn, order) => act(standIn, order, 'pay'),
  wait: () => {}, // whoever is going to transfer is not known of
  makeCancellable: () => {},
  keepOpen: () => {},
  payLate: (standIn, order) => act(standIn, order, 'pay', { late: true }),
  refundEnds: ['SUCCEEDED', 'FAILED'],
  statusOperation: 'list',
  cancelled: 'EXPIRED',
  attest: () => ({ 'x-callback-token': CALLBACK_TOKEN }),
  saysPaid: (external_id, rupiah) =>
    JSON.stringify({ id: 'of no invoice', external_id, status: 'PAID', amount: rupiah, paid_amount: rupiah }),
  falsified: (rupiah) => [
    (answer) => answer.replace(`"paid_amount":${rupiah}`, '"paid_amount":1'),
    (answer) => answer.replaceAll('"currency":"IDR"', '"currency":"USD"'),
  ],
}

/** A new provider is one more of these. */
export const PROVIDERS: readonly ProviderKit[] = [midtrans, stripe, xendit]

export function providerKit(method: ProviderKit['method']): ProviderKit {
  const kit = PROVIDERS.find((one) => one.method === method)
  if (!kit) throw new Error(`${method} is not among the providers`)
  return kit
}

/** What people and banks do with a payment: each stand-in names it alike, and not each can do everything. */
export function act(standIn: StandIn, order: string, action: string, options: unknown = {}): void {
  const actions = standIn as unknown as Record<string, (order: string, options: unknown) => void>
  actions[action]?.(order, options)
}

/** What a provider holds, in rupiah, by its own books. */
export const heldBy = (standIn: { ledger(): LedgerEntry[] }): number =>
  standIn.ledger().reduce((sum, { captured, refunded }) => sum + Number(captured) - Number(refunded), 0)
