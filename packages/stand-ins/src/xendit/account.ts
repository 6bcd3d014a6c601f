import { type LedgerEntry, toDecimal, toUnits } from '../common/money.ts'
import { NotPossible, UnknownPayment } from '../common/protocol.ts'
import type { Surroundings } from '../common/server.ts'
import { decimalsOf, type Invoice, type PaymentMethod, type Refund, type Told } from './objects.ts'

const LATE_MS = 1_000
const CHANNELS: Readonly<Record<PaymentMethod, string>> = {
  CREDIT_CARD: 'CREDIT_CARD',
  BANK_TRANSFER: 'BCA',
  EWALLET: 'OVO',
  QR_CODE: 'QRIS',
}

/** How a payment is made; see `XenditStandIn.pay`. */
export interface PayOptions {
  readonly method?: PaymentMethod
  readonly late?: boolean
}

/** A business's invoices and refunds at Xendit, and what can happen to them. */
export class XenditAccount {
  readonly invoices: Invoice[] = []
  readonly refunds: Refund[] = []
  /** The newest by the business's id and by Xendit's. */
  readonly #byName = new Map<string, Invoice>()
  readonly #refundsOf = new Map<string, Refund[]>()
  readonly #callbackUrl: string | undefined
  readonly #surroundings: Surroundings<Told>

  constructor(callbackUrl: string | undefined, surroundings: Surroundings<Told>) {
    this.#callbackUrl = callbackUrl
    this.#surroundings = surroundings
  }

  add(invoice: Invoice): void {
    this.invoices.push(invoice)
    this.#byName.set(invoice.external_id, invoice)
    this.#byName.set(invoice.id, invoice)
  }

  /** The newest with this id, the business's own or Xendit's. */
  find(id: string): Invoice | undefined {
    return this.#byName.get(id)
  }

  /** By Xendit's id alone, as the API takes it. */
  findById(id: string): Invoice | undefined {
    const found = this.#byName.get(id)
    return found?.id === id ? found : undefined
  }

  refundsOf(invoice: Invoice): readonly Refund[] {
    return this.#refundsOf.get(invoice.id) ?? []
  }

  /** @throws UnknownPayment */
  get(id: string): Invoice {
    const found = this.find(id)
    if (!found) throw new UnknownPayment(id)
    return found
  }

  /** @throws NotPossible for what is paid, or expired and not to be paid late */
  pay(invoice: Invoice, { method = 'CREDIT_CARD', late = false }: PayOptions): void {
    if (invoice.status !== 'PENDING' && !(late && invoice.status === 'EXPIRED')) {
      throw new NotPossible(`Invoice ${invoice.id} is ${invoice.status}.`)
    }
    const { random } = this.#surroundings
    const now = this.#now()
    invoice.status = 'PAID'
    invoice.payment_id = `py-${random.uuid()}`
    invoice.payment_method = method
    invoice.payment_channel = CHANNELS[method]
    invoice.paid_amount = invoice.amount
    invoice.paid_at = now
    invoice.updated = now
    this.#tell(invoice)
  }

  /** PAID → SETTLED, as the money arrives. Nobody is told. */
  settle(invoice: Invoice): void {
    if (invoice.status !== 'PAID') throw new NotPossible(`Invoice ${invoice.id} is ${invoice.status}.`)
    invoice.status = 'SETTLED'
    invoice.updated = this.#now()
  }

  /** What is unpaid expires; a late payment may follow. */
  expire(invoice: Invoice): void {
    if (invoice.status !== 'PENDING') return
    invoice.status = 'EXPIRED'
    invoice.updated = this.#now()
    this.#tell(invoice)
    const { faults, background } = this.#surroundings
    const fault = faults.take('late-payment', { orders: ordersOf(invoice), on: 'EXPIRED' })
    if (fault) background.after(fault.ms ?? LATE_MS, () => this.pay(invoice, { late: true }))
  }

  sweep(): void {
    const now = this.#surroundings.now().getTime()
    for (const invoice of this.invoices) {
      if (invoice.status === 'PENDING' && Date.parse(invoice.expiry_date) <= now) this.expire(invoice)
    }
  }

  /** What is left to give back, in the currency's smallest units; what is pending counts as given. */
  refundable(invoice: Invoice): number {
    const decimals = decimalsOf(invoice.currency)
    const given = this.refundsOf(invoice).filter((one) => one.status !== 'FAILED')
    return unitsOf(invoice.paid_amount ?? 0, decimals) - sum(given, decimals)
  }

  refund(invoice: Invoice, asked: Pick<Refund, 'amount' | 'reason' | 'reference_id' | 'metadata'>): Refund {
    const { faults, random } = this.#surroundings
    const now = this.#now()
    const pending = faults.take('refund-pending', { orders: ordersOf(invoice), on: 'refund' }) !== undefined
    const method = invoice.payment_method ?? 'CREDIT_CARD'
    const refund: Refund = {
      id: `rfd-${random.uuid()}`,
      payment_id: invoice.payment_id ?? '',
      invoice_id: invoice.id,
      currency: invoice.currency,
      payment_method_type: method,
      channel_code: invoice.payment_channel ?? CHANNELS[method],
      status: pending ? 'PENDING' : 'SUCCEEDED',
      failure_code: null,
      refund_fee_amount: null,
      created: now,
      updated: now,
      ...asked,
    }
    this.refunds.push(refund)
    this.#refundsOf.set(invoice.id, [...this.refundsOf(invoice), refund])
    if (!pending) this.#tellRefund(invoice, refund)
    return refund
  }

  /** Ends the order's pending refund. @throws NotPossible when none is */
  finishRefund(invoice: Invoice, outcome: 'SUCCEEDED' | 'FAILED'): void {
    const refund = this.refundsOf(invoice).find((one) => one.status === 'PENDING')
    if (!refund) throw new NotPossible(`No refund of ${invoice.external_id} is pending.`)
    refund.status = outcome
    refund.failure_code = outcome === 'FAILED' ? 'REFUND_FAILED' : null
    refund.updated = this.#now()
    this.#tellRefund(invoice, refund)
  }

  ledger(): LedgerEntry[] {
    return this.invoices.map((invoice) => {
      const decimals = decimalsOf(invoice.currency)
      const given = this.refundsOf(invoice).filter((one) => one.status === 'SUCCEEDED')
      return {
        order: invoice.external_id,
        id: invoice.id,
        currency: invoice.currency,
        amount: toDecimal(unitsOf(invoice.amount, decimals), decimals),
        captured: toDecimal(unitsOf(invoice.paid_amount ?? 0, decimals), decimals),
        refunded: toDecimal(sum(given, decimals), decimals),
        disputed: toDecimal(0, decimals),
        status: invoice.status,
      }
    })
  }

  /** https://github.com/xendit/xendit-node/blob/master/docs/Invoice.md (InvoiceCallback) */
  #tell(invoice: Invoice): void {
    const {
      invoice_url: _url,
      expiry_date: _expiry,
      customer: _customer,
      metadata: _metadata,
      ...told
    } = invoice
    this.#notify(invoice, invoice.status, {
      kind: 'invoice',
      webhookId: this.#surroundings.random.uuid(),
      body: { ...told, is_high: false },
    })
  }

  #tellRefund(invoice: Invoice, refund: Refund): void {
    const event = refund.status === 'SUCCEEDED' ? 'refund.succeeded' : 'refund.failed'
    this.#notify(invoice, event, {
      kind: 'refund',
      webhookId: this.#surroundings.random.uuid(),
      body: { event, business_id: invoice.user_id, created: this.#now(), data: { ...refund } },
    })
  }

  #notify(invoice: Invoice, tells: string, news: Told): void {
    const urls = this.#callbackUrl ? [this.#callbackUrl] : []
    this.#surroundings.notifier.notify({ orders: ordersOf(invoice), tells, urls, news })
  }

  #now(): string {
    return this.#surroundings.now().toISOString()
  }
}

export const ordersOf = (invoice: Invoice): string[] => [invoice.external_id, invoice.id]

/** An amount that was checked when it came in. */
const unitsOf = (amount: number, decimals: number): number => toUnits(amount, decimals) ?? 0

const sum = (refunds: readonly Refund[], decimals: number): number =>
  refunds.reduce((total, { amount }) => total + unitsOf(amount, decimals), 0)
