/** Charged as they are, without decimals: those that ISO 4217 gives none, and rupiah and ariary, whose cents nobody has. */
const WHOLE = new Set('BIF CLP DJF GNF IDR ISK JPY KMF KRW MGA PYG RWF UGX VND VUV XAF XOF XPF'.split(' '))
const THREE_DECIMALS = new Set('BHD IQD JOD KWD LYD OMR TND'.split(' '))

/** How many decimals of a currency, an ISO 4217 code, our amounts count: IDR 150000 is Rp150.000, USD 1250 is $12.50. */
export const decimalsOf = (currency: string): number =>
  WHOLE.has(currency) ? 0 : THREE_DECIMALS.has(currency) ? 3 : 2

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
