import { decimalsOf } from '@karcis/kit/contracts/currencies'

/**
 * An amount of ours in units that have `decimals`.
 * @returns null where those are too coarse to say it.
 */
export function toDecimals(amount: number, currency: string, decimals: number): number | null {
  return scale(amount, decimals - decimalsOf(currency))
}

/** An amount in units that have `decimals`, in ours. @returns null where ours are too coarse to say it. */
export function fromDecimals(amount: number, currency: string, decimals: number): number | null {
  return scale(amount, decimalsOf(currency) - decimals)
}

function scale(amount: number, by: number): number | null {
  const scaled = by >= 0 ? amount * 10 ** by : amount / 10 ** -by
  return Number.isSafeInteger(scaled) ? scaled : null
}
