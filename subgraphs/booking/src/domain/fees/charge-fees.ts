import { spread, total } from '../promos/discount.ts'
import { type BookingFee, type ChargedLine, costOf, type Fee, type FeeTerms } from './fee.ts'

/**
 * What fees and tax a booking is charged.
 *
 * The order is that of the law of sales taxes: discounts first, then what the seller charges beside the price, then tax on both. So
 * Indonesia's VAT act has it (UU PPN, pasal 1 angka 18: the selling price is all that the seller asks, without the tax itself and without
 * discounts that the invoice names), and so does the EU's VAT directive (2006/112/EC, articles 78 and 79: without the tax itself and price
 * discounts, with incidental expenses that the supplier charges).
 *
 * - What costs nothing after its discount is charged nothing: no FREE ticket, and none that a promotion makes free. A DONATION is
 *   charged on what is given.
 * - A fee is its percentage of what the places cost, half a unit and more rounded up, and its fixed amount for each place. One that is
 *   `inclusive` takes that out of the price, and never more than tax leaves of it; any other adds it.
 * - Tax is taken of the price, and of the organizer's own fees that are added and `taxed`; never of the platform's, which is another
 *   supply, and never of tax. What is inclusive is inside of these amounts: at 11 % it is 11/111 of them; all inclusive percentages
 *   together are found first and then spread over their lines. What is exclusive is added to what is left.
 *
 * Every amount is found for the booking as a whole and then spread over its lines, by the rule of `discountLines`.
 * @param terms those with a fixed amount in another currency are left out of it.
 * @returns the lines that come to something: fees before taxes, the platform's first.
 */
export function chargeFees(
  lines: readonly ChargedLine[],
  terms: readonly FeeTerms[],
  currency: string,
): BookingFee[] {
  const charged = lines.filter((line) => costOf(line) > 0n)
  const places = charged.reduce((sum, line) => sum + BigInt(line.quantity), 0n)
  const price = total(charged.map(costOf))
  if (price === 0n) return []

  const fees = terms.map(
    ({ currency: own, ...fee }): Fee => ({
      ...fee,
      perPlace: own === null || own === currency ? fee.perPlace : 0,
    }),
  )
  const fixed = ({ perPlace }: Fee) => BigInt(perPlace) * places
  const amounts = new Map<Fee, bigint>()
  const select = (which: (fee: Fee) => boolean) => fees.filter(which)
  const isTax = ({ kind }: Fee) => kind === 'TAX'

  for (const fee of select((one) => !isTax(one) && !one.inclusive))
    amounts.set(fee, shareOf(price, fee.basisPoints) + fixed(fee))
  const taxable = price + total(select(isTaxedFee).map((fee) => amounts.get(fee) ?? 0n))

  const inside = select((fee) => isTax(fee) && fee.inclusive)
  let left = taxable
  for (const tax of inside) {
    const amount = least(fixed(tax), left)
    amounts.set(tax, amount)
    left -= amount
  }
  const rates = inside.map(({ basisPoints }) => BigInt(basisPoints))
  const rate = total(rates)
  const ofRates = spread(halfUp(left * rate, WHOLE + rate), rates)
  for (const [at, tax] of inside.entries()) amounts.set(tax, (amounts.get(tax) ?? 0n) + (ofRates[at] ?? 0n))
  left -= total(ofRates)

  for (const tax of select((fee) => isTax(fee) && !fee.inclusive))
    amounts.set(tax, shareOf(left, tax.basisPoints) + fixed(tax))

  let ofPrice = price - (taxable - left)
  for (const fee of select((one) => !isTax(one) && one.inclusive)) {
    const amount = least(shareOf(price, fee.basisPoints) + fixed(fee), ofPrice)
    if (amount <= 0n) continue
    amounts.set(fee, amount)
    ofPrice -= amount
  }
  return fees
    .map((fee) => ({ ...fee, amount: Number(amounts.get(fee) ?? 0n) }))
    .filter(({ amount }) => amount > 0)
    .toSorted((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind))
}

/** Whether tax is taken of a fee as of the price. */
export const isTaxedFee = ({ kind, inclusive, taxed }: Fee): boolean =>
  kind === 'ORGANIZER_FEE' && !inclusive && taxed

const ORDER = ['PLATFORM_FEE', 'ORGANIZER_FEE', 'TAX']

/** A hundred percent, in hundredths of a percent. */
const WHOLE = 10_000n

const shareOf = (amount: bigint, basisPoints: number): bigint => halfUp(amount * BigInt(basisPoints), WHOLE)

const halfUp = (dividend: bigint, divisor: bigint): bigint => (2n * dividend + divisor) / (2n * divisor)

const least = (a: bigint, b: bigint): bigint => (a < b ? a : b)
