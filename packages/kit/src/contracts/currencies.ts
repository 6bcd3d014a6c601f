/** Charged as they are, without decimals: those that ISO 4217 gives none, and rupiah and ariary, whose cents nobody has. */
const WHOLE = new Set('BIF CLP DJF GNF IDR ISK JPY KMF KRW MGA PYG RWF UGX VND VUV XAF XOF XPF'.split(' '))
const THREE_DECIMALS = new Set('BHD IQD JOD KWD LYD OMR TND'.split(' '))

/** How many decimals of a currency, an ISO 4217 code, our amounts count: IDR 150000 is Rp150.000, USD 1250 is $12.50. */
export const decimalsOf = (currency: string): number =>
  WHOLE.has(currency) ? 0 : THREE_DECIMALS.has(currency) ? 3 : 2
