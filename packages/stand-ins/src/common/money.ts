/** An amount in the provider's smallest unit, a whole number, as a decimal of the currency: 15000000, 2 → "150000.00". */
export function toDecimal(units: number, decimals: number): string {
  return (units / 10 ** decimals).toFixed(decimals)
}

/** An amount in the currency as a whole number of the provider's smallest units; undefined when it is finer than those. */
export function toUnits(amount: number, decimals: number): number | undefined {
  const units = Math.round(amount * 10 ** decimals)
  return Math.abs(units / 10 ** decimals - amount) < 1e-9 && Number.isSafeInteger(units) ? units : undefined
}

/** As people read it on a payment page: "Rp 150.000", "$12.50". */
export function formatMoney(amount: string, currency: string): string {
  const locale = currency.toUpperCase() === 'IDR' ? 'id-ID' : 'en'
  return new Intl.NumberFormat(locale, {
    style: 'currency',
    currency: currency.toUpperCase(),
    trailingZeroDisplay: 'stripIfInteger',
  }).format(Number(amount))
}

/** One payment as the provider's books have it: decimals of the currency. */
export interface LedgerEntry {
  /** The merchant's own id of the order. One order may have several payments, as after one that expired. */
  readonly order: string
  /** The provider's id of the payment. */
  readonly id: string
  /** In capitals. */
  readonly currency: string
  readonly amount: string
  readonly captured: string
  readonly refunded: string
  /** What a dispute that is open or lost took away. */
  readonly disputed: string
  /** In the provider's words. */
  readonly status: string
}
