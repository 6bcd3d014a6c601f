/** What a client calls itself (its `User-Agent`), as the router passes it on with mutations: printable ASCII, bounded. */
export const USER_AGENT_HEADER = 'x-karcis-user-agent'

export const MAX_USER_AGENT = 300

/** By this header a page asks for cookies in place of tokens that its scripts can read: `karcis-session: cookie`. */
export const SESSION_HEADER = 'karcis-session'
export const BY_COOKIE = 'cookie'

/**
 * Between the router and the user subgraph. On a request: the cookies that the browser has, for one that asked for cookies; on an
 * answer: those that it is to have from now on. As JSON.
 */
export const COOKIES_HEADER = 'x-karcis-cookies'

/** What a browser keeps for us: the refresh token of its session, and what ties a sign-in by another site to the browser that began it. */
export const BROWSER_COOKIES = ['session', 'sign-in'] as const

export type BrowserCookie = (typeof BROWSER_COOKIES)[number]

/** By name. */
export type GivenCookies = Partial<Record<BrowserCookie, string>>

/** By name; null takes it away. */
export type NewCookies = Partial<Record<BrowserCookie, { value: string; maxAgeSeconds: number } | null>>

/** The cookies of one browser, while one of its requests is answered. */
export class Cookies {
  readonly given: GivenCookies
  readonly #changed: NewCookies = {}

  constructor(given: GivenCookies) {
    this.given = given
  }

  set(name: BrowserCookie, value: string, maxAgeSeconds: number): void {
    this.#changed[name] = { value, maxAgeSeconds: Math.max(0, Math.floor(maxAgeSeconds)) }
  }

  clear(name: BrowserCookie): void {
    this.#changed[name] = null
  }

  /** What is to change; null when nothing is. */
  get changed(): NewCookies | null {
    return Object.keys(this.#changed).length === 0 ? null : this.#changed
  }
}
