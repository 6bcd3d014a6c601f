import { spread, total } from '../promos/discount.ts'
import { isTaxedFee } from './charge-fees.ts'
import { type BookingFee, type ChargedLine, costOf } from './fee.ts'

/** What of an amount that a buyer paid is whose. In the smallest unit of the booking's currency. */
export interface Share {
  /** The event's: what it earns, net of the two others. */
  sales: number
  tax: number
  platformFees: number
}

/** How much of a booking's money goes back, and where it is taken from. The parts sum to `amount`. */
export interface RefundShare extends Share {
  amount: number
  /** Of the price of each item, in their order. */
  items: number[]
  /** Of each fee and tax, in their order. Of inclusive ones it is inside of the items' parts, of others beside them. */
  fees: number[]
}

/** What a booking was charged: its items and fees, in the order in which they are kept. */
export interface Charges {
  items: readonly ChargedLine[]
  fees: readonly BookingFee[]
}

/** All that was paid for a booking. */
export const wholeShare = (booking: { totalPrice: number; platformFees: number; tax: number }): Share => ({
  sales: booking.totalPrice - booking.platformFees - booking.tax,
  tax: booking.tax,
  platformFees: booking.platformFees,
})

/**
 * What goes back for some places of a booking.
 *
 * Each fee and each tax is spread over the items, and what an item costs evenly over its places, the units left over going to the first
 * ones. So in whatever steps its places are given back, and however many at once, the parts sum to the whole. Of a percentage half a unit
 * and more is rounded up, then spread over what it is of.
 * @param places of each item: how many were given back before, and how many are now.
 * @param policy.percent how much of the money goes back, 0 to 100.
 * @param policy.keepFees fees that were added to the price do not go back, nor tax on them. What is inside of the price goes back with it.
 * @throws RangeError for more places than there are.
 */
export function refundShare(
  charges: Charges,
  places: readonly { before: number; now: number }[],
  { percent = 100, keepFees = false }: { percent?: number; keepFees?: boolean } = {},
): RefundShare {
  const parts = partsOf(charges)
    .filter(({ isOfFee }) => !keepFees || !isOfFee)
    .map((part) => ({ ...part, amount: ofPlaces(part.amount, charges.items[part.item], places[part.item]) }))
  const amounts = parts.map(({ amount }) => amount)
  const amount = (total(amounts) * BigInt(percent) * 2n + 100n) / 200n
  const back = spread(amount, amounts)
  const sum = (which: (part: Part) => boolean) =>
    Number(total(back.filter((_, at) => which(parts[at] as Part))))
  const tax = sum(({ owner }) => owner === 'TAX')
  const platformFees = sum(({ owner }) => owner === 'PLATFORM_FEE')
  return {
    amount: Number(amount),
    sales: Number(amount) - tax - platformFees,
    tax,
    platformFees,
    items: charges.items.map((_, item) => sum((part) => part.item === item && part.added === null)),
    fees: charges.fees.map((_, fee) => sum((part) => part.added === fee || part.inside === fee)),
  }
}

/** Money of one item that is all one person's. */
interface Part {
  item: number
  /** Whose it is: an event earns its organizer's fees as it earns the price. */
  owner: 'SALES' | 'PLATFORM_FEE' | 'TAX'
  /** Which of the lines that were added to the price it belongs to; null of the price. */
  added: number | null
  /** Which of the inclusive lines it is. */
  inside: number | null
  /** A fee that was added, or tax on one. */
  isOfFee: boolean
  amount: bigint
}

/** A price, or a fee that was added to it, of which inclusive lines take their parts. */
type Piece = Omit<Part, 'inside'> & { taxable: boolean }

/** All that was paid, in parts. */
function partsOf({ items, fees }: Charges): Part[] {
  const costs = items.map(costOf)
  const placesOf = (item: number) => ((costs[item] ?? 0n) > 0n ? BigInt(items[item]?.quantity ?? 0) : 0n)
  /** In what proportion a fee falls to things that cost something: as it was charged, before it was rounded. */
  const weightOf = ({ basisPoints, perPlace }: BookingFee, cost: bigint, places: bigint) =>
    cost * BigInt(basisPoints) + BigInt(perPlace) * places * 10_000n
  const entries = [...fees.entries()]

  const pieces: Piece[] = costs.map((amount, item) => ({
    item,
    owner: 'SALES',
    added: null,
    isOfFee: false,
    taxable: true,
    amount,
  }))
  for (const [added, fee] of entries.filter(([, { kind, inclusive }]) => kind !== 'TAX' && !inclusive)) {
    const weights = costs.map((cost, item) => weightOf(fee, cost, placesOf(item)))
    for (const [item, amount] of spread(BigInt(fee.amount), weights).entries()) {
      const owner = fee.kind === 'PLATFORM_FEE' ? 'PLATFORM_FEE' : 'SALES'
      pieces.push({ item, owner, added, isOfFee: true, taxable: isTaxedFee(fee), amount })
    }
  }

  const parts: Part[] = []
  const takeOut = (inside: number, owner: Part['owner'], from: Piece[]) => {
    const shares = spread(
      BigInt(fees[inside]?.amount ?? 0),
      from.map(({ amount }) => amount),
    )
    for (const [at, piece] of from.entries()) {
      const amount = shares[at] ?? 0n
      piece.amount -= amount
      const { item, added, isOfFee } = piece
      parts.push({ item, owner, added, inside, isOfFee, amount })
    }
  }
  const taxable = pieces.filter((piece) => piece.taxable)
  for (const [inside] of entries.filter(([, { kind, inclusive }]) => kind === 'TAX' && inclusive))
    takeOut(inside, 'TAX', taxable)
  for (const [added, tax] of entries.filter(([, { kind, inclusive }]) => kind === 'TAX' && !inclusive)) {
    const weights = taxable.map(({ item, amount, isOfFee }) =>
      weightOf(tax, amount, isOfFee ? 0n : placesOf(item)),
    )
    for (const [at, amount] of spread(BigInt(tax.amount), weights).entries()) {
      const { item, isOfFee } = taxable[at] as Piece
      parts.push({ item, owner: 'TAX', added, inside: null, isOfFee, amount })
    }
  }
  const prices = pieces.filter(({ added }) => added === null)
  for (const [inside, { kind }] of entries.filter(([, one]) => one.kind !== 'TAX' && one.inclusive))
    takeOut(inside, kind === 'PLATFORM_FEE' ? 'PLATFORM_FEE' : 'SALES', prices)
  return [...parts, ...pieces.map(({ taxable: _, ...piece }) => ({ ...piece, inside: null }))]
}

/** What falls to the places that are given back now, of an amount for all places of an item. */
function ofPlaces(
  amount: bigint,
  item: ChargedLine | undefined,
  places: { before: number; now: number } | undefined,
): bigint {
  if (!item || !places) return 0n
  const { before, now } = places
  if (before < 0 || now < 0 || before + now > item.quantity)
    throw new RangeError(`${before} and ${now} places of ${item.quantity} cannot go back`)
  const ofFirst = (count: number) => {
    const each = amount / BigInt(item.quantity)
    const over = amount % BigInt(item.quantity)
    return each * BigInt(count) + (BigInt(count) < over ? BigInt(count) : over)
  }
  return ofFirst(before + now) - ofFirst(before)
}
