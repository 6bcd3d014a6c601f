import {
  BROWSER_COOKIES,
  type BrowserCookie,
  BY_COOKIE,
  type GivenCookies,
  MAX_USER_AGENT,
  type NewCookies,
  SESSION_HEADER,
} from '@karcis/kit/contracts/browser'
import type { BrowserContext } from '../subgraphs/request.ts'
import type { RequestHead } from './usual/request-head.ts'

/** Scripts never read them, no other site's page has them sent, and nothing but GraphQL is sent them. */
const ATTRIBUTES = 'Path=/graphql; HttpOnly; Secure; SameSite=Strict'

const cookieName = (name: BrowserCookie): string => `karcis-${name}`

/** What of a cookie's value may stand in a header; ours are base64url. */
const VALUE = /^[\w.~-]{1,500}$/

/** Whether a page wants its refresh token in a cookie, and asks with the one that it has. */
export const asksForCookies = ({ headers }: RequestHead): boolean => headers[SESSION_HEADER] === BY_COOKIE

/** What the user subgraph is told of a client beside who it is; and the cookies that the client is given in turn. */
export class Browser implements BrowserContext {
  readonly userAgent: string | undefined
  readonly cookies: string | undefined
  /** Values of `Set-Cookie`. */
  readonly setCookies: string[] = []

  constructor(request: RequestHead) {
    const { 'user-agent': userAgent } = request.headers
    this.userAgent = userAgent?.replace(/[^\x20-\x7e]/g, '?').slice(0, MAX_USER_AGENT)
    this.cookies = asksForCookies(request) ? JSON.stringify(cookiesOf(request)) : undefined
  }

  take(cookies: string): void {
    const changes = JSON.parse(cookies) as NewCookies
    for (const name of BROWSER_COOKIES) {
      const change = changes[name]
      if (change === undefined) continue
      const { value, maxAgeSeconds } = change ?? { value: '', maxAgeSeconds: 0 }
      this.setCookies.push(`${cookieName(name)}=${value}; Max-Age=${maxAgeSeconds}; ${ATTRIBUTES}`)
    }
  }
}

/** Those of ours. One that came twice is none: a neighbour under the same domain may have added the other. */
function cookiesOf({ headers }: RequestHead): GivenCookies {
  const pairs = (headers.cookie ?? '').split(';').map((pair) => pair.trim())
  return Object.fromEntries(
    BROWSER_COOKIES.flatMap((name) => {
      const start = `${cookieName(name)}=`
      const [value, more] = pairs.flatMap((pair) => (pair.startsWith(start) ? pair.slice(start.length) : []))
      return value !== undefined && more === undefined && VALUE.test(value) ? [[name, value]] : []
    }),
  )
}
