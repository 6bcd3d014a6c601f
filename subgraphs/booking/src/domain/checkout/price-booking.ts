import type { BookingPrice } from '../bookings/booking-store.ts'
import { chargeFees } from '../fees/charge-fees.ts'
import { feeTotals, type FeeTerms } from '../fees/fee.ts'
import { sumOf } from '../promos/discount.ts'
import { type AppliedPromo, discounted } from '../promos/promo.ts'
import type { PlacesInput } from './booking-input.ts'
import { type Priced, tooDear } from './price-items.ts'

/**
 * What a booking costs, in all: its places, less what promotions take off, with fees and tax. The one that there is, for what is shown
 * before and for what is written.
 * @param offered as the buyer's input has it.
 * @throws BadUserInput for a sum that is too large, naming only fields that the buyer has sent.
 */
export function priceBooking(
  { items, subtotal, currency }: Priced,
  promos: readonly AppliedPromo[],
  terms: readonly FeeTerms[],
  offered: PlacesInput,
): BookingPrice {
  const cheaper = discounted(items, promos)
  const discount = sumOf(cheaper.map((item) => item.discount))
  const fees = terms.length === 0 ? [] : chargeFees(cheaper, terms, currency)
  const totals = feeTotals(fees)
  const totalPrice = subtotal - discount + totals.surcharge
  if (totalPrice > Number.MAX_SAFE_INTEGER) throw tooDear(offered)
  return { items: cheaper, subtotal, discount, fees, ...totals, totalPrice, currency }
}
