import { setTimeout as pause } from 'node:timers/promises'
import { webhookPath } from '@karcis/kit/contracts/webhooks'
import { NotPossible } from '@karcis/stand-ins/common/protocol'
import { startMidtrans } from '@karcis/stand-ins/midtrans'
import { startStripe } from '@karcis/stand-ins/stripe'
import { startXendit } from '@karcis/stand-ins/xendit'
import { reading } from './truth.ts'

const KEYS = {
  MIDTRANS_SERVER_KEY: 'SB-Mid-server-test',
  STRIPE_SECRET_KEY: 'sk_test_of_this_test',
  STRIPE_WEBHOOK_SECRET: 'whsec_of_this_test',
  XENDIT_SECRET_KEY: 'xnd_development_of_this_test',
  XENDIT_CALLBACK_TOKEN: 'a callback token of this test',
}
/** Soon enough for its callers to ask again within a wave. */
const TIMEOUT_MS = 1_500
/** Of a dispute only Stripe tells, as often as three times: that is to take longer than an outage here. */
const STRIPE_RETRY_SCALE = 0.003
/** Longer than whatever a stand-in tells, holds back and tells again. */
const QUIET_MS = 60_000

/** Whom buyers pay outside, as `confirmPayment` names them. */
export const OUTSIDE = ['MIDTRANS', 'STRIPE', 'XENDIT'] as const
export type Outside = (typeof OUTSIDE)[number]
type StandIn = Awaited<ReturnType<typeof startMidtrans | typeof startStripe | typeof startXendit>>
export type StandInFault = Parameters<StandIn['arm']>[0]

/** The outside providers of a cluster, which outlive all that happens to it. */
export interface Providers extends AsyncDisposable {
  /** What the platform has to know to pay there. */
  readonly settings: Record<string, string>
  arm(provider: Outside, fault: StandInFault): void
  /** Whether a fault of this kind still waits for its occasion. */
  waits(provider: Outside, fault: StandInFault): Promise<boolean>
  /** What a provider has given back of an order, in rupiah. */
  refunded(provider: Outside, order: string): number
  /** Somebody decides about what a provider holds for a check: the merchant at Midtrans, the buyer's bank at Stripe. Nothing where nothing is held. */
  decideCheck(provider: Outside, order: string, through: boolean): void
  /** Ends a refund that is pending. @returns false when none is. */
  finishRefund(provider: Outside, order: string, made: boolean): boolean
  /** The buyer has their bank take back what they paid by Stripe. */
  dispute(order: string): void
  /** The bank decides it. */
  closeDispute(order: string, won: boolean): void
  /** Takes what never struck away, and waits until all is told, for a minute at most. */
  quiet(): Promise<void>
  /** Every way in which a booking database says otherwise of money outside than the providers do; empty when both agree. */
  differences(bookingDatabase: string): Promise<string[]>
}

/** @param url of the platform, which is told of payments there. */
export async function startProviders(url: string, seed: number): Promise<Providers> {
  await using undo = new AsyncDisposableStack()
  const MIDTRANS = undo.use(
    await startMidtrans({
      seed,
      serverKey: KEYS.MIDTRANS_SERVER_KEY,
      notificationUrl: url + webhookPath('midtrans'),
    }),
  )
  const STRIPE = undo.use(
    await startStripe({
      seed,
      secretKey: KEYS.STRIPE_SECRET_KEY,
      webhookSecret: KEYS.STRIPE_WEBHOOK_SECRET,
      webhookUrl: url + webhookPath('stripe'),
      retryScale: STRIPE_RETRY_SCALE,
    }),
  )
  const XENDIT = undo.use(
    await startXendit({
      seed,
      secretKey: KEYS.XENDIT_SECRET_KEY,
      callbackToken: KEYS.XENDIT_CALLBACK_TOKEN,
      callbackUrl: url + webhookPath('xendit'),
    }),
  )
  const standIns: Record<Outside, StandIn> = { MIDTRANS, STRIPE, XENDIT }
  const running = undo.move()
  return {
    settings: {
      ...KEYS,
      MIDTRANS_SNAP_URL: MIDTRANS.url,
      MIDTRANS_API_URL: MIDTRANS.url,
      STRIPE_API_URL: STRIPE.url,
      STRIPE_PAGE_URL: `${STRIPE.url}/pay`,
      XENDIT_API_URL: XENDIT.url,
      PROVIDER_TIMEOUT_MS: String(TIMEOUT_MS),
    },
    arm: (provider, fault) => standIns[provider].arm(fault),
    async waits(provider, { kind, order, on }) {
      const response = await fetch(`${standIns[provider].url}/_stand-in/faults`)
      const waiting = (await response.json()) as StandInFault[]
      return waiting.some((one) => one.kind === kind && one.order === order && one.on === on)
    },
    refunded: (provider, order) => totalsOf(standIns[provider]).get(order)?.refunded ?? 0,
    decideCheck(provider, order, through) {
      possibly(() => {
        if (provider === 'MIDTRANS') MIDTRANS.review(order, through ? 'approve' : 'deny')
        else if (provider === 'STRIPE') (through ? STRIPE.pay : STRIPE.decline)(order)
      })
    },
    finishRefund: (provider, order, made) =>
      possibly(() => {
        if (provider === 'XENDIT') XENDIT.finishRefund(order, made ? 'SUCCEEDED' : 'FAILED')
        else STRIPE.finishRefund(order, made ? 'succeeded' : 'failed')
      }),
    dispute: (order) => STRIPE.dispute(order),
    closeDispute: (order, won) => STRIPE.closeDispute(order, won ? 'won' : 'lost'),
    async quiet() {
      const patience = new AbortController()
      for (const standIn of Object.values(standIns)) standIn.disarm()
      await Promise.race([
        Promise.all(Object.values(standIns).map((standIn) => standIn.quiet())),
        pause(QUIET_MS, undefined, { signal: patience.signal }).catch(() => undefined),
      ])
      patience.abort()
    },
    async differences(bookingDatabase) {
      const ours = await totalsIn(bookingDatabase)
      return OUTSIDE.flatMap((provider) => compare(provider, totalsOf(standIns[provider]), ours[provider]))
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

/** @returns whether it was possible. */
function possibly(act: () => void): boolean {
  try {
    act()
    return true
  } catch (error) {
    if (!(error instanceof NotPossible)) throw error
    return false
  }
}

/** Money of a payment, in rupiah. */
interface Totals {
  captured: number
  refunded: number
  /** Taken back by the buyer's bank. */
  disputed: number
}

const NOTHING: Totals = { captured: 0, refunded: 0, disputed: 0 }

function totalsOf(standIn: StandIn): Map<string, Totals> {
  const totals = new Map<string, Totals>()
  for (const { order, captured, refunded, disputed } of standIn.ledger()) {
    const before = totals.get(order) ?? NOTHING
    totals.set(order, {
      captured: before.captured + Number(captured),
      refunded: before.refunded + Number(refunded),
      disputed: before.disputed + Number(disputed),
    })
  }
  return totals
}

interface Ours {
  payments: Map<string, Totals>
  /** What the ledger says that the provider still holds for us. */
  clearing: number
}

/** What our own rows say that was captured and has gone back, and what the ledger makes of it. */
const totalsIn = (bookingDatabase: string): Promise<Record<Outside, Ours>> =>
  reading(bookingDatabase, async (client) => {
    const { rows } = await client.query<Totals & { id: string; provider: Outside }>(
      `SELECT p.id, p.provider, p.captured_amount::float8 AS captured,
          (SELECT coalesce(sum(r.amount), 0) FROM refunds r WHERE r.payment_id = p.id AND r.status = 'DONE')::float8 AS refunded,
          CASE WHEN p.captured_amount = 0 THEN 0 ELSE (SELECT coalesce(sum(e.amount), 0)
            FROM bookings b JOIN ledger_transactions t ON t.booking_id = b.id AND t.kind = 'DISPUTE_LOST'
              JOIN ledger_entries e ON e.transaction_id = t.id JOIN ledger_accounts a ON a.id = e.account_id
            WHERE (b.id = p.booking_id OR b.checkout_id = p.checkout_id) AND a.kind = 'CLEARING:' || p.provider) END::float8 AS disputed
         FROM payments p WHERE p.provider = ANY($1)`,
      [OUTSIDE],
    )
    const accounts = await client.query<{ provider: Outside; held: number }>(
      `SELECT split_part(a.kind, ':', 2) AS provider, -sum(e.amount)::float8 AS held
         FROM ledger_accounts a JOIN ledger_entries e ON e.account_id = a.id
        WHERE a.kind LIKE 'CLEARING:%' GROUP BY 1`,
    )
    const of = (provider: Outside): Ours => ({
      payments: new Map(
        rows
          .filter((row) => row.provider === provider)
          .map(({ id, captured, refunded, disputed }) => [id, { captured, refunded, disputed }]),
      ),
      clearing: accounts.rows.find((row) => row.provider === provider)?.held ?? 0,
    })
    return { MIDTRANS: of('MIDTRANS'), STRIPE: of('STRIPE'), XENDIT: of('XENDIT') }
  })

function compare(provider: Outside, theirs: ReadonlyMap<string, Totals>, ours: Ours): string[] {
  const told = ({ captured, refunded, disputed }: Totals) =>
    `${captured} captured, ${refunded} refunded, ${disputed} taken back`
  const orders = [...new Set([...theirs.keys(), ...ours.payments.keys()])]
  const wrong = orders.flatMap((order) => {
    const [there, here] = [theirs.get(order) ?? NOTHING, ours.payments.get(order) ?? NOTHING]
    return told(there) === told(here)
      ? []
      : [`${provider} ${order}: ${told(there)} there, ${told(here)} in our books`]
  })
  const held = [...theirs.values()].reduce(
    (sum, { captured, refunded, disputed }) => sum + captured - refunded - disputed,
    0,
  )
  return held === ours.clearing
    ? wrong
    : [...wrong, `${provider} holds ${held}, ${ours.clearing} by our ledger`]
}
