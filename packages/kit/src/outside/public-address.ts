import { BlockList, isIP } from 'node:net'

/** IPv4 that leads to no host of the public internet: https://www.iana.org/assignments/iana-ipv4-special-registry */
const SPECIAL_IPV4 = blockList('ipv4', [
  '0.0.0.0/8', // this network
  '10.0.0.0/8', // private
  '100.64.0.0/10', // shared by providers (CGNAT)
  '127.0.0.0/8', // loopback
  '169.254.0.0/16', // link-local, the metadata of clouds among it
  '172.16.0.0/12', // private
  '192.0.0.0/24', // protocols
  '192.0.2.0/24', // documentation
  '192.31.196.0/24', // AS112
  '192.52.193.0/24', // AMT
  '192.88.99.0/24', // 6to4 relays
  '192.168.0.0/16', // private
  '192.175.48.0/24', // AS112
  '198.18.0.0/15', // benchmarks
  '198.51.100.0/24', // documentation
  '203.0.113.0/24', // documentation
  '224.0.0.0/4', // multicast
  '240.0.0.0/4', // reserved, broadcast
])

/** All there is of global unicast so far. Loopback, link-local, unique local, site-local and multicast lie outside. */
const GLOBAL_IPV6 = blockList('ipv6', ['2000::/3'])

/** Of that: https://www.iana.org/assignments/iana-ipv6-special-registry. Tunnels could lead anywhere. */
const SPECIAL_IPV6 = blockList('ipv6', [
  '2001::/23', // protocols, Teredo among them
  '2001:db8::/32', // documentation
  '2002::/16', // 6to4
  '2620:4f:8000::/48', // AS112
  '3fff::/20', // documentation
])

/** In these an IPv4 address stands in the last 32 bits, and the packets go there: mapped ones, and NAT64 (RFC 6052). */
const AROUND_IPV4 = blockList('ipv6', ['::ffff:0:0/96', '64:ff9b::/96'])

function blockList(family: 'ipv4' | 'ipv6', ranges: readonly string[]): BlockList {
  const list = new BlockList()
  for (const range of ranges) {
    const [address = '', bits] = range.split('/')
    list.addSubnet(address, Number(bits), family)
  }
  return list
}

/** Whether an address, as text, is one of the public internet; false for what is no address. */
export function isPublicAddress(address: string): boolean {
  const version = isIP(address)
  if (version === 4) return !SPECIAL_IPV4.check(address, 'ipv4')
  if (version !== 6 || address.includes('%')) return false
  if (AROUND_IPV4.check(address, 'ipv6')) return isPublicAddress(lastIPv4(address))
  return GLOBAL_IPV6.check(address, 'ipv6') && !SPECIAL_IPV6.check(address, 'ipv6')
}

/** Whether an address is the machine's own. */
export const isLoopbackAddress = (address: string): boolean =>
  address === '::1' || (isIP(address) === 4 && address.startsWith('127.'))

/** The last 32 bits of an IPv6 address. */
function lastIPv4(address: string): string {
  // As URLs write it: hexadecimal groups only, in their shortest form.
  const groups = new URL(`http://[${address}]`).hostname.slice(1, -1).split(':')
  const [high = 0, low = 0] = groups.slice(-2).map((group) => Number.parseInt(group || '0', 16))
  return [high >> 8, high & 255, low >> 8, low & 255].join('.')
}
