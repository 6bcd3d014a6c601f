/** A fee or a tax of an event, as `Event.fees` gives it. */
export interface FeeTerms {
  kind: 'PLATFORM_FEE' | 'ORGANIZER_FEE' | 'TAX'
  /** Hundredths of a percent. */
  basisPoints: number
  /** In the smallest unit of `currency`. */
  perPlace: number
  currency: string | null
  inclusive: boolean
  taxed: boolean
}

/** So many places at one price, in the smallest unit of the currency. */
export interface PricedLine {
  unitPrice: number
  quantity: number
}

/** A hundred percent, in hundredths of a percent. */
const WHOLE = 10_000n

/**
 * What places cost with everything that is added to their price, so that buyers see it before they are asked who they are:
 * `quoteBooking` says the same, but only to whoever is signed in. The order is the one of docs/money.md: fees, then tax on
 * the price and on those fees that are taxed. What stands inside the price adds nothing.
 * @returns in the smallest unit of `currency`, an ISO 4217 code.
 */
export function withFees(lines: readonly PricedLine[], terms: readonly FeeTerms[], currency: string): number {
  const charged = lines.filter(({ unitPrice, quantity }) => unitPrice > 0 && quantity > 0)
  const places = charged.reduce((sum, { quantity }) => sum + BigInt(quantity), 0n)
  const price = charged.reduce((sum, line) => sum + BigInt(line.unitPrice) * BigInt(line.quantity), 0n)
  if (price === 0n) return 0

  const fixed = ({ perPlace, currency: own }: FeeTerms) =>
    own === null || own === currency ? BigInt(perPlace) * places : 0n
  let taxable = price
  let added = 0n
  for (const fee of terms.filter(({ kind, inclusive }) => kind !== 'TAX' && !inclusive)) {
    const amount = shareOf(price, fee.basisPoints) + fixed(fee)
    added += amount
    if (fee.kind === 'ORGANIZER_FEE' && fee.taxed) taxable += amount
  }
  const taxes = terms.filter(({ kind }) => kind === 'TAX')
  const left = withoutInclusive(taxable, taxes, fixed)
  for (const tax of taxes.filter(({ inclusive }) => !inclusive))
    added += shareOf(left, tax.basisPoints) + fixed(tax)
  return Number(price + added)
}

/** What is left of an amount once the taxes inside it are taken out. */
function withoutInclusive(
  amount: bigint,
  taxes: readonly FeeTerms[],
  fixed: (fee: FeeTerms) => bigint,
): bigint {
  let left = amount
  let rate = 0n
  for (const tax of taxes.filter(({ inclusive }) => inclusive)) {
    const inside = fixed(tax)
    left -= inside < left ? inside : left
    rate += BigInt(tax.basisPoints)
  }
  return left - halfUp(left * rate, WHOLE + rate)
}

const shareOf = (amount: bigint, basisPoints: number): bigint => halfUp(amount * BigInt(basisPoints), WHOLE)

const halfUp = (dividend: bigint, divisor: bigint): bigint => (2n * dividend + divisor) / (2n * divisor)
