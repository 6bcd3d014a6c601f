import { type LedgerEntry, toDecimal } from '../common/money.ts'
import { NotPossible, UnknownPayment } from '../common/protocol.ts'
import type { Surroundings } from '../common/server.ts'
import { describe, type Told } from './notification.ts'
import { type Charge, DECIMALS, type PaymentType, refundedOf, type SnapTransaction } from './transaction.ts'

const LATE_MS = 1_000
const UNPAID: readonly (Charge['status'] | undefined)[] = [undefined, 'pending', 'deny']

/** How a payment is made; see `MidtransStandIn.pay`. */
export interface PayOptions {
  readonly method?: PaymentType
  readonly fraud?: 'accept' | 'challenge' | 'deny'
  readonly late?: boolean
}

export interface MidtransKeys {
  readonly serverKey: string
  readonly merchantId: string
}

/** A merchant's transactions at Midtrans, and what can happen to them: https://docs.midtrans.com/docs/transaction-status-cycle */
export class MidtransAccount {
  readonly #transactions: SnapTransaction[] = []
  /** The newest by the merchant's id, by Midtrans' own, and by token. */
  readonly #byName = new Map<string, SnapTransaction>()
  readonly #keys: MidtransKeys
  readonly #surroundings: Surroundings<Told>
  readonly #settleAfterMs: number | undefined

  /** @param settleAfterMs how long after it a card's capture settles by itself; never, unless given. */
  constructor(keys: MidtransKeys, surroundings: Surroundings<Told>, settleAfterMs?: number) {
    this.#keys = keys
    this.#surroundings = surroundings
    this.#settleAfterMs = settleAfterMs
  }

  add(transaction: SnapTransaction): void {
    this.#transactions.push(transaction)
    this.#byName.set(transaction.orderId, transaction)
    this.#byName.set(transaction.token, transaction)
  }

  /** The newest of an order, by the merchant's id, Midtrans' own, or the token. */
  find(id: string): SnapTransaction | undefined {
    return this.#byName.get(id)
  }

  /** @throws UnknownPayment */
  get(id: string): SnapTransaction {
    const found = this.find(id)
    if (!found) throw new UnknownPayment(id)
    return found
  }

  /** What Get Status answers; undefined before a way to pay is chosen. */
  status(transaction: SnapTransaction): Told | undefined {
    return transaction.charge && describe(transaction, transaction.charge, { ...this.#keys, told: false })
  }

  /** The customer chooses to pay later, as by bank transfer. */
  wait(transaction: SnapTransaction, type: PaymentType): void {
    this.#charge(transaction, type, 'pending', 'accept', false)
  }

  /** @throws NotPossible for what is paid already, or can be paid no more */
  pay(
    transaction: SnapTransaction,
    { method = 'credit_card', fraud = 'accept', late = false }: PayOptions,
  ): void {
    const { charge } = transaction
    if (late && (charge?.status === 'expire' || charge?.status === 'cancel'))
      return this.#settleWith(transaction)
    if (method !== 'credit_card') {
      if (charge?.status !== 'pending') this.#charge(transaction, method, 'pending', 'accept', late)
      return this.#settleWith(transaction)
    }
    const { faults } = this.#surroundings
    const challenged = faults.take('challenge', { orders: this.#orders(transaction) })
    this.#charge(
      transaction,
      method,
      fraud === 'deny' ? 'deny' : 'capture',
      challenged ? 'challenge' : fraud,
      late,
    )
  }

  decline(transaction: SnapTransaction): void {
    this.#charge(transaction, 'credit_card', 'deny', 'accept', false)
  }

  /** The day's captures become money: capture → settlement. */
  settle(transaction: SnapTransaction): void {
    const charge = this.#chargeIn(transaction, 'capture')
    if (charge.fraud !== 'accept') throw new NotPossible('What fraud detection holds does not settle.')
    this.#settleWith(transaction)
  }

  /** @returns false where that cannot be (412) */
  review(transaction: SnapTransaction, decision: 'approve' | 'deny'): boolean {
    const { charge } = transaction
    if (charge?.status !== 'capture' || charge.fraud !== 'challenge') return false
    charge.fraud = decision === 'approve' ? 'accept' : 'deny'
    if (decision === 'approve') charge.captured = transaction.grossAmount
    else charge.status = 'deny'
    this.#tell(transaction, charge)
    return true
  }

  /** Voids what is pending, or captured and not settled. @returns false where that cannot be (412) */
  cancel(transaction: SnapTransaction): boolean {
    const { charge } = transaction
    if (charge?.status !== 'pending' && charge?.status !== 'capture') return false
    charge.voided = charge.captured
    this.#lapse(transaction, charge, 'cancel')
    return true
  }

  /** @returns false where that cannot be (412) */
  expire(transaction: SnapTransaction): boolean {
    const { charge } = transaction
    if (charge?.status !== 'pending') return false
    this.#lapse(transaction, charge, 'expire')
    return true
  }

  refund(transaction: SnapTransaction, charge: Charge, refund: Charge['refunds'][number]): void {
    charge.refunds.push(refund)
    charge.status = refundedOf(charge) === transaction.grossAmount ? 'refund' : 'partial_refund'
    this.#tell(transaction, charge)
  }

  /** Lets what is unpaid past its time expire. Of a page on which nothing was chosen, Midtrans tells nobody. */
  sweep(): void {
    const now = this.#surroundings.now()
    for (const transaction of this.#transactions) {
      if (transaction.lapsed || transaction.expiresAt > now || !UNPAID.includes(transaction.charge?.status))
        continue
      if (transaction.charge?.status === 'pending') this.#lapse(transaction, transaction.charge, 'expire')
      else this.#lapse(transaction)
    }
  }

  ledger(): LedgerEntry[] {
    return this.#transactions.map((transaction) => {
      const { charge, orderId, token, grossAmount } = transaction
      return {
        order: orderId,
        id: charge?.id ?? token,
        currency: 'IDR',
        amount: toDecimal(grossAmount, DECIMALS),
        captured: toDecimal(charge?.captured ?? 0, DECIMALS),
        refunded: toDecimal(charge ? charge.voided + refundedOf(charge) : 0, DECIMALS),
        disputed: toDecimal(0, DECIMALS),
        status: charge?.status ?? (transaction.lapsed ? 'expire' : 'none'),
      }
    })
  }

  #charge(
    transaction: SnapTransaction,
    type: PaymentType,
    status: 'pending' | 'capture' | 'deny',
    fraud: Charge['fraud'],
    late: boolean,
  ): void {
    if (!late && (transaction.lapsed || !UNPAID.includes(transaction.charge?.status))) {
      throw new NotPossible(`Order ${transaction.orderId} is ${transaction.charge?.status ?? 'expired'}.`)
    }
    const { random, now } = this.#surroundings
    const charge: Charge = {
      id: random.uuid(),
      type,
      at: now(),
      status,
      fraud,
      captured: status === 'capture' && fraud === 'accept' ? transaction.grossAmount : 0,
      voided: 0,
      refunds: [],
    }
    transaction.charge = charge
    this.#byName.set(charge.id, transaction)
    this.#tell(transaction, charge)
    if (this.#settleAfterMs === undefined || charge.captured === 0) return
    this.#surroundings.background.after(this.#settleAfterMs, () => {
      if (charge.status === 'capture' && charge.fraud === 'accept') this.#settleWith(transaction)
    })
  }

  #settleWith(transaction: SnapTransaction): void {
    const { charge } = transaction
    if (!charge) throw new NotPossible('Nothing was chosen to pay with.')
    if (charge.voided > 0) throw new NotPossible('What was captured and voided is not paid again.')
    charge.status = 'settlement'
    charge.captured = transaction.grossAmount
    charge.settledAt = this.#surroundings.now()
    this.#tell(transaction, charge)
  }

  #chargeIn(transaction: SnapTransaction, status: Charge['status']): Charge {
    if (transaction.charge?.status === status) return transaction.charge
    throw new NotPossible(`Order ${transaction.orderId} is not in ${status}.`)
  }

  /** Ends what is unpaid; a late payment may follow. */
  #lapse(transaction: SnapTransaction, charge?: Charge, status: 'cancel' | 'expire' = 'expire'): void {
    const { faults, background } = this.#surroundings
    transaction.lapsed = true
    if (charge) {
      charge.status = status
      this.#tell(transaction, charge)
    }
    if (charge?.captured) return
    const fault = faults.take('late-payment', { orders: this.#orders(transaction), on: status })
    if (!fault) return
    background.after(fault.ms ?? LATE_MS, () => {
      if (charge) this.#settleWith(transaction)
      else this.pay(transaction, { late: true })
    })
  }

  #tell(transaction: SnapTransaction, charge: Charge): void {
    this.#surroundings.notifier.notify({
      orders: this.#orders(transaction),
      tells: charge.status,
      urls: transaction.notificationUrls,
      news: describe(transaction, charge, { ...this.#keys, told: true }),
    })
  }

  #orders({ orderId, charge }: SnapTransaction): string[] {
    return charge ? [orderId, charge.id] : [orderId]
  }
}
