import { isIP } from 'node:net'
import { isLoopbackAddress, isPublicAddress } from './public-address.ts'

const MOST_CHARACTERS = 2_000
/** Services that speak something else than HTTP listen below it, apart from HTTPS itself. */
const FIRST_FREE_PORT = 1_024

/** Names that no public DNS answers for (RFC 6761, RFC 6762, and what networks use within). */
const PRIVATE_NAME = /(^|\.)(localhost|local|localdomain|internal|intranet|lan|home|corp|private|home\.arpa)$/

/** The host of a URL as resolvers and sockets name it: an IPv6 address without brackets, a name without its last dot. */
export const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '')

/** Whether a URL leads to this very machine, by its words alone. */
export const isLoopbackHost = (host: string): boolean => host === 'localhost' || isLoopbackAddress(host)

/**
 * What is wrong with a URL of somebody else's choice that we are to post to, as far as its words tell; null when nothing is. Where its name leads is looked
 * at before each attempt.
 * @param loopback whether receivers on this machine are allowed, with http too: in development.
 */
export function targetProblem(text: string, loopback: boolean): string | null {
  if (text.length > MOST_CHARACTERS) return `must have at most ${MOST_CHARACTERS} characters`
  const url = URL.parse(text)
  if (!url) return 'must be a URL such as https://example.com/karcis'
  const host = hostOf(url)
  if (url.username !== '' || url.password !== '') return 'must not have a user name or a password in it'
  if (url.hash !== '') return 'must not have a fragment (#)'
  if (loopback && /^https?:$/.test(url.protocol) && isLoopbackHost(host)) return null
  if (url.protocol !== 'https:') return 'must begin with https://'
  const port = Number(url.port || 443)
  if (port !== 443 && port < FIRST_FREE_PORT) return `must have port 443, or one from ${FIRST_FREE_PORT} on`
  const isPublic = isIP(host) ? isPublicAddress(host) : host.includes('.') && !PRIVATE_NAME.test(host)
  return isPublic ? null : 'must lead to a host of the public internet'
}
