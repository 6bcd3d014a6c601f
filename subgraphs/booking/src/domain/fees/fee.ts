/** Whose a line is. PLATFORM_FEE: the platform's; ORGANIZER_FEE: the organizer's; TAX: taken in by the organizer, and theirs to pay on. */
export type FeeKind = 'PLATFORM_FEE' | 'ORGANIZER_FEE' | 'TAX'

/** What a fee or a tax comes to: of each booking so much of a hundred, and for each of its places so much. */
export interface Fee {
  kind: FeeKind
  /** As buyers read it, such as `Biaya layanan` or `PPN 11%`. */
  name: string
  /** Hundredths of a percent, 0 to 10000. */
  basisPoints: number
  /** For each place, in the smallest unit of the booking's currency. */
  perPlace: number
  /** Inside the price, else added to it. */
  inclusive: boolean
  /** Of an ORGANIZER_FEE that is added: whether tax is taken of it as of the price. */
  taxed: boolean
}

/** A line of an event's fees. */
export interface FeeTerms extends Fee {
  /** ISO 4217, of `perPlace`; null where that is 0. Prices in another currency are not charged it. */
  currency: string | null
}

/** A line of a booking, as it was when that was made. `amount` is in the smallest unit of its currency. */
export interface BookingFee extends Fee {
  amount: number
}

/** What fees are charged on: places at their price, less what promotions take off all of them together. */
export interface ChargedLine {
  unitPrice: number
  quantity: number
  discount: number
}

/** What a line costs after its discount. */
export const costOf = ({ unitPrice, quantity, discount }: ChargedLine): bigint =>
  BigInt(unitPrice) * BigInt(quantity) - BigInt(discount)

/** What fees come to in all. */
export interface FeeTotals {
  /** What is added to the price. */
  surcharge: number
  /** What of the total is the platform's. */
  platformFees: number
  /** What of the total is tax. */
  tax: number
}

/** Sums of a booking's lines. */
export function feeTotals(fees: readonly BookingFee[]): FeeTotals {
  const sum = (which: (fee: BookingFee) => boolean) =>
    fees.filter(which).reduce((total, fee) => total + fee.amount, 0)
  return {
    surcharge: sum(({ inclusive }) => !inclusive),
    platformFees: sum(({ kind }) => kind === 'PLATFORM_FEE'),
    tax: sum(({ kind }) => kind === 'TAX'),
  }
}
