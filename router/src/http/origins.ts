import { isIP } from 'node:net'
import type { RequestHead } from './usual/request-head.ts'

/** Apollo's explorer, as a site of its own and embedded in our landing page. */
const APOLLO = ['https://studio.apollographql.com', 'https://sandbox.embed.apollographql.com']

const METHODS = 'GET, POST, PUT, OPTIONS'
const REQUEST_HEADERS = [
  'authorization',
  'content-type',
  'accept',
  'apollo-require-preflight',
  'x-apollo-operation-name',
  'apollographql-client-name',
  'apollographql-client-version',
  'x-request-id',
].join(', ')

const OTHERS = ['vary', 'Origin']
const EXPOSED = ['access-control-expose-headers', 'x-request-id, retry-after']
const PREFLIGHT = [
  'access-control-allow-methods',
  METHODS,
  'access-control-allow-headers',
  REQUEST_HEADERS,
  'access-control-max-age',
  '86400',
]

/** Which pages of other sites may call this router. */
export interface Origins {
  /**
   * For a WebSocket or an event stream, which browsers open to any site without asking: only the server can refuse a foreign page.
   * The host is looked at too, because a page may have the name of its site lead here (DNS rebinding), and is of the same origin then.
   */
  mayConnect(request: RequestHead): boolean
  /** Whether a request comes from a page of this very host, or from no page: a browser names the origin of every POST. */
  isOwnPage(request: RequestHead): boolean
  /** The CORS headers of a response, as names and values in turn. */
  corsHeaders(request: RequestHead): readonly string[]
}

/** @param others origins whose pages may call. @param hosts domain names of this router. */
export function createOrigins(others: string[], hosts: string[] = []): Origins {
  const allowed = new Set([...APOLLO, ...others])
  const names = new Set([
    ...hosts.map((name) => name.toLowerCase()),
    ...others.flatMap((one) => hostnameOf(one) ?? []),
  ])

  /** Only a name that others can register can be made to lead here by them. */
  function isOurs(host: string | undefined): boolean {
    const name = hostnameOf(`http://${host ?? ''}`)
    if (name === null) return false
    return !name.includes('.') || isIP(name) !== 0 || name.endsWith('.localhost') || names.has(name)
  }

  return {
    mayConnect({ headers }) {
      const { origin, host } = headers
      return isOurs(host) && (origin === undefined || allowed.has(origin) || isSameHost(origin, host))
    },

    isOwnPage: ({ headers: { origin, host } }) => origin === undefined || isSameHost(origin, host),

    corsHeaders({ method, headers: { origin } }) {
      if (origin === undefined || !allowed.has(origin)) return OTHERS
      const simple = [...OTHERS, 'access-control-allow-origin', origin, ...EXPOSED]
      return method === 'OPTIONS' ? [...simple, ...PREFLIGHT] : simple
    },
  }
}

/** A preflight is answered by its headers alone. */
export const isPreflight = ({ method, headers }: RequestHead): boolean =>
  method === 'OPTIONS' && headers['access-control-request-method'] !== undefined

function isSameHost(origin: string, host: string | undefined): boolean {
  return URL.canParse(origin) && new URL(origin).host === host
}

const hostnameOf = (url: string): string | null => URL.parse(url)?.hostname.toLowerCase() ?? null
