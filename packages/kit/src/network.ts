import { isIP } from 'node:net'

/**
 * The network of an address, by which clients are told apart: of IPv6 the first 64 bits, because whoever has one of these addresses has all
 * of them. Null for what is no address.
 */
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
