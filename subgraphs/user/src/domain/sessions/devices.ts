/** Names by what stands in a User-Agent; the first that fits, because browsers also name those that they want to be taken for. */
type Names = readonly (readonly [pattern: RegExp, name: string])[]

const BROWSERS: Names = [
  [/\bEdg(?:e|A|iOS)?\//, 'Edge'],
  [/\bOPR\/|\bOpera\b/, 'Opera'],
  [/\bSamsungBrowser\//, 'Samsung Internet'],
  [/\bUCBrowser\//, 'UC Browser'],
  [/\b(?:Firefox|FxiOS)\//, 'Firefox'],
  [/\b(?:Chrome|CriOS|Chromium)\//, 'Chrome'],
  [/\bVersion\/[\d.]+.* Safari\//, 'Safari'],
]

const SYSTEMS: Names = [
  [/\biPhone\b/, 'iPhone'],
  [/\biPad\b/, 'iPad'],
  [/\bAndroid\b/, 'Android'],
  [/\bWindows\b/, 'Windows'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/\bMac OS X\b|\bMacintosh\b/, 'macOS'],
  [/\bLinux\b/, 'Linux'],
]

const nameIn = (names: Names, userAgent: string): string | null =>
  names.find(([pattern]) => pattern.test(userAgent))?.[1] ?? null

/** Which browser a User-Agent says to be; null for none that is known. It is a hint: whoever wants to says what they like. */
export const browserOf = (userAgent: string): string | null => nameIn(BROWSERS, userAgent)

/** On which system; null for none that is known. */
export const systemOf = (userAgent: string): string | null => nameIn(SYSTEMS, userAgent)

/** What somebody uses, as far as it says what it is. */
export interface Device {
  browser: string | null
  system: string | null
  userAgent: string
}

/** @param userAgent null where the client did not say. */
export const deviceOf = (userAgent: string | null): Device | null =>
  userAgent === null ? null : { browser: browserOf(userAgent), system: systemOf(userAgent), userAgent }

/**
 * Where a network address is, as far as that can be told without saying whose it is: the first 24 bits of it, of IPv6 the first 48.
 * @param network as `networkOf` gives it.
 */
export function networkRange(network: string | null): string | null {
  if (network === null) return null
  if (!network.includes(':')) return network.replace(/\.\d+$/, '.0/24')
  return `${network.split(':').slice(0, 3).join(':')}::/48`
}
