import type { IncomingMessage, ServerResponse } from 'node:http'

/** Apollo's explorer, as a site of its own and embedded in our landing page. */
const APOLLO = ['https://studio.apollographql.com', 'https://sandbox.embed.apollographql.com']

const METHODS = 'GET, POST, OPTIONS'
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

/** Which pages of other sites may call this router. */
export interface Origins {
  /** For a WebSocket, which browsers open to any site: only the server can refuse a foreign page. */
  mayConnect(request: IncomingMessage): boolean
  /** Sets the CORS headers of a response; returns whether this was a preflight, which is answered by them alone. */
  applyCors(request: IncomingMessage, response: ServerResponse): boolean
}

export function createOrigins(others: string[]): Origins {
  const allowed = new Set([...APOLLO, ...others])

  return {
    mayConnect({ headers }) {
      const { origin, host } = headers
      return origin === undefined || allowed.has(origin) || isSameHost(origin, host)
    },

    applyCors({ method, headers }, response) {
      response.setHeader('vary', 'Origin')
      const { origin } = headers
      if (origin !== undefined && allowed.has(origin)) {
        response.setHeader('access-control-allow-origin', origin)
        response.setHeader('access-control-expose-headers', 'x-request-id, retry-after')
        if (method === 'OPTIONS') {
          response.setHeader('access-control-allow-methods', METHODS)
          response.setHeader('access-control-allow-headers', REQUEST_HEADERS)
          response.setHeader('access-control-max-age', '86400')
        }
      }
      return method === 'OPTIONS' && headers['access-control-request-method'] !== undefined
    },
  }
}

function isSameHost(origin: string, host: string | undefined): boolean {
  return URL.canParse(origin) && new URL(origin).host === host
}
