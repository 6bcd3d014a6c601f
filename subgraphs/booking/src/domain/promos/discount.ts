/** What is taken off. FREE_ITEM makes the cheapest places cost nothing. */
export type PromoKind = 'PERCENT' | 'FIXED' | 'FREE_ITEM'

/** How a promotion makes things cheaper. Amounts are in the smallest unit of the booking's currency. */
export interface Reduction {
  kind: PromoKind
  /** Of PERCENT, 1 to 100. */
  percent: number | null
  /** Of FIXED. */
  amount: number | null
  /** Of FREE_ITEM: how many places. */
  freeQuantity: number | null
  /** At most so much is taken off; null for no bound. */
  maximumDiscount: number | null
  /** Only places of these types are made cheaper; empty for all. */
  ticketTypeIds: readonly string[]
}

/** A line that may be made cheaper. A DONATION never is: its giver says what it costs. */
export interface Line {
  ticketTypeId: string
  kind: 'FREE' | 'PAID' | 'DONATION'
  unitPrice: number
  quantity: number
}

/**
 * What promotions take off each line, in the order of the lines.
 *
 * The one rounding rule, in whole numbers of the currency's smallest charged unit (a rupiah, a cent, a yen; never a part of one):
 * - What a promotion takes off in all is found first: of a percentage of what its lines still cost, half a unit and more is rounded up.
 *   It is never more than these lines still cost.
 * - It is spread over them in proportion to what they still cost, each share rounded down; the units left over go one each to those with the
 *   largest remainders, of equal ones to the first. So the shares sum to exactly what was taken off, no line goes below zero, and no
 *   share is a whole unit away from its exact part.
 * - FREE_ITEM takes whole prices, those of the cheapest places first, of equal ones of the first line; only where `maximumDiscount` cuts it
 *   is the cut sum spread over them as above.
 *
 * Several promotions are applied one after the other, each to what the one before has left: free places, then percentages, then fixed
 * amounts; within a kind as they are given.
 * @returns by promotion, in the order given, what it takes off each line.
 */
export function discountLines(lines: readonly Line[], promos: readonly Reduction[]): number[][] {
  const left = lines.map(({ kind, unitPrice, quantity }) =>
    kind === 'DONATION' ? 0n : BigInt(unitPrice) * BigInt(quantity),
  )
  const taken = promos.map(() => lines.map(() => 0))
  const inOrder = [...promos.entries()].toSorted(([, a], [, b]) => ORDER[a.kind] - ORDER[b.kind])
  for (const [at, promo] of inOrder) {
    const costs = left.map((cost, line) => (appliesTo(promo, lines[line]) ? cost : 0n))
    const parts = takeOff(lines, costs, promo)
    for (const [line, part] of parts.entries()) left[line] = (left[line] ?? 0n) - part
    taken[at] = parts.map(Number)
  }
  return taken
}

/** Sum of parts, in the unit that they are in. */
export const sumOf = (parts: readonly number[]): number => parts.reduce((sum, part) => sum + part, 0)

/** How many places a promotion could make cheaper. */
export const eligiblePlaces = (lines: readonly Line[], promo: Pick<Reduction, 'ticketTypeIds'>): number =>
  sumOf(lines.filter((line) => appliesTo(promo, line)).map((line) => line.quantity))

const ORDER: Record<PromoKind, number> = { FREE_ITEM: 0, PERCENT: 1, FIXED: 2 }

const appliesTo = ({ ticketTypeIds }: Pick<Reduction, 'ticketTypeIds'>, line: Line | undefined): boolean =>
  line !== undefined &&
  line.kind !== 'DONATION' &&
  (ticketTypeIds.length === 0 || ticketTypeIds.includes(line.ticketTypeId))

/** @param costs what each line still costs, 0 of those that it is not for. */
function takeOff(lines: readonly Line[], costs: readonly bigint[], promo: Reduction): bigint[] {
  const most = promo.maximumDiscount === null ? null : BigInt(promo.maximumDiscount)
  if (promo.kind === 'FREE_ITEM') {
    const free = freePlaces(lines, costs, promo.freeQuantity ?? 1)
    const sum = total(free)
    return most !== null && sum > most ? spread(most, free) : free
  }
  const cost = total(costs)
  const wanted =
    promo.kind === 'PERCENT' ? (cost * BigInt(promo.percent ?? 0) + 50n) / 100n : BigInt(promo.amount ?? 0)
  return spread(
    [wanted, cost, most ?? cost].reduce((least, bound) => (bound < least ? bound : least)),
    costs,
  )
}

/** What the cheapest places that still cost their whole price come to, by line. */
function freePlaces(lines: readonly Line[], costs: readonly bigint[], quantity: number): bigint[] {
  const cheapest = [...lines.entries()]
    .map(([at, { unitPrice }]) => ({ at, price: BigInt(unitPrice), cost: costs[at] ?? 0n }))
    .filter(({ cost }) => cost > 0n)
    .toSorted((a, b) => compare(a.price, b.price) || a.at - b.at)
  const free = costs.map(() => 0n)
  let wanted = BigInt(quantity)
  for (const { at, price, cost } of cheapest) {
    const places = cost / price < wanted ? cost / price : wanted
    free[at] = price * places
    wanted -= places
  }
  return free
}

/** Shares of `sum` in proportion to `weights`, which sum to at least as much. They sum to `sum`, and none exceeds its weight. */
export function spread(sum: bigint, weights: readonly bigint[]): bigint[] {
  const whole = total(weights)
  if (whole === 0n) return weights.map(() => 0n)
  const shares = weights.map((weight) => (sum * weight) / whole)
  const remainders = weights.map((weight) => (sum * weight) % whole)
  const order = [...weights.keys()].toSorted(
    (a, b) => compare(remainders[b] ?? 0n, remainders[a] ?? 0n) || a - b,
  )
  for (const line of order.slice(0, Number(sum - total(shares)))) shares[line] = (shares[line] ?? 0n) + 1n
  return shares
}

/** Sum of parts. */
export const total = (parts: readonly bigint[]): bigint => parts.reduce((sum, part) => sum + part, 0n)

const compare = (a: bigint, b: bigint): number => (a === b ? 0 : a < b ? -1 : 1)
