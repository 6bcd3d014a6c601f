import { BadUserInput } from '@karcis/kit/errors'
import type { BookingItem } from './booking.ts'

/**
 * The items of a booking at what the buyer pays. A DONATION costs what its giver says, from the type's price up.
 * @param offer what the buyer gives per DONATION ticket; null: the type's price.
 * @throws BadUserInput for an offer below the price, one for a fixed price, or a sum that is too large.
 */
export function priceItems(
  items: BookingItem[],
  offer: number | null,
): { items: BookingItem[]; subtotal: number } {
  if (offer !== null && !items.some((item) => item.kind === 'DONATION')) {
    throw problem('is for DONATION tickets; these have a fixed price')
  }
  const priced = items.map((item) => {
    if (item.kind !== 'DONATION' || offer === null) return item
    if (offer < item.unitPrice) throw problem(`must be at least ${item.unitPrice}`)
    return { ...item, unitPrice: offer }
  })
  const subtotal = priced.reduce((sum, item) => sum + BigInt(item.unitPrice) * BigInt(item.quantity), 0n)
  if (subtotal > BigInt(Number.MAX_SAFE_INTEGER)) throw problem('makes a total that is too large')
  return { items: priced, subtotal: Number(subtotal) }
}

const problem = (message: string) => new BadUserInput([{ path: 'input.unitPrice', message }])
