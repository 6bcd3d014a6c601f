import { BlockList, isIP } from 'node:net'
import type { RequestHead } from './usual/request-head.ts'

/** Tells clients apart by their network address. */
export interface ClientAddresses {
  /** Address of whoever sent a request: the peer of the connection, or who stands behind it where that is a trusted proxy. */
  of(request: RequestHead): string | undefined
  /** Whether proxies are named, so that an address is a client's and not one that thousands of them share. */
  readonly areKnown: boolean
}

/** @param trustedProxies addresses, or ranges such as `10.0.0.0/8`, of proxies that set `X-Forwarded-For`. */
export function createClientAddresses(trustedProxies: readonly string[]): ClientAddresses {
  const trusted = new BlockList()
  for (const range of trustedProxies) {
    const [address = '', bits] = range.split('/')
    const family = familyOf(address)
    if (bits === undefined) trusted.addAddress(address, family)
    else trusted.addSubnet(address, Number(bits), family)
  }

  return {
    areKnown: trustedProxies.length > 0,
    of({ socket, headers }) {
      let address = plain(socket.remoteAddress ?? '')
      if (address === '') return undefined
      if (trustedProxies.length === 0) return address
      // Each proxy has added, at the end, whom it was asked by; what stands before that may be invented.
      const forwarded = String(headers['x-forwarded-for'] ?? '').split(',')
      while (trusted.check(address, familyOf(address))) {
        const next = plain(forwarded.pop()?.trim() ?? '')
        if (isIP(next) === 0) break
        address = next
      }
      return address
    },
  }
}

const familyOf = (address: string): 'ipv4' | 'ipv6' => (isIP(address) === 6 ? 'ipv6' : 'ipv4')

/** Without the port that some proxies add, and an IPv4 address as such. */
const plain = (address: string): string =>
  address.includes(':')
    ? address
        .replace(/^\[(.*)\](:\d+)?$/, '$1')
        .replace(/^::ffff:(?=\d+\.)/i, '')
        .replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, '$1')
    : address
