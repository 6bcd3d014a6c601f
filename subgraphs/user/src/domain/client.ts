import { isIP } from 'node:net'
import { OnePasswordPerRequest } from './errors.ts'

/** Where a request comes from, and what it may still cost. */
export interface Client {
  /** Its network, as the router saw it; null when the router did not say. */
  address: string | null
  /** Takes the one password that may be checked or hashed for a request. @throws OnePasswordPerRequest from the second on. */
  takePasswordTurn(): void
}

/** @param address as it came with the request. */
export function createClient(address: string | undefined): Client {
  let taken = false
  return {
    address: networkOf(address),
    takePasswordTurn() {
      if (taken) throw new OnePasswordPerRequest()
      taken = true
    },
  }
}

/** Of IPv6 the first 64 bits: whoever has one of these addresses has all of them. */
export function networkOf(address: string | undefined): string | null {
  const version = isIP(address ?? '')
  if (address === undefined || version === 0) return null
  if (version === 4) return address
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  if (mapped) return mapped
  // As URLs write it, so that every spelling of one address is the same.
  const [head = '', tail] = new URL(`http://[${address.split('%')[0]}]`).hostname.slice(1, -1).split('::')
  const groups = head.split(':').filter((group) => group !== '')
  const behind = tail?.split(':').filter((group) => group !== '').length ?? 0
  const whole = [...groups, ...Array<string>(8 - groups.length - behind).fill('0')]
  return `${whole.slice(0, 4).join(':')}::/64`
}
