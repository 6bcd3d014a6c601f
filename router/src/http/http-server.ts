import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { BodyTooLarge, listen, readBody, sendJson } from '@karcis/kit/http'
import type { Logger } from '@karcis/kit/log'
import { errorBody, LazyScope, type RequestScope } from '../errors.ts'
import type { Allowance } from '../security/rate-limits.ts'
import type { RouterLimits } from '../settings.ts'
import { Waiting } from '../subgraphs/waiting.ts'
import { Browser } from './browser.ts'
import type { ClientAddresses } from './client-address.ts'
import { isPreflight, type Origins } from './origins.ts'
import type { RequestHead } from './usual/request-head.ts'
import { takeUsualRequests, type UsualOptions } from './usual/usual-connections.ts'
import type { AnswerTo } from './usual/usual-response.ts'

/** A request, whether node:http has read it or it was usual. */
export interface AnyRequest extends RequestScope {
  readonly request: RequestHead
  readonly response: AnswerTo
  url: URL
  /** Reads its body. @throws BodyTooLarge past `limit` bytes. */
  body(limit: number): Promise<string> | string
  /** Network address of the client. */
  readonly address: string | undefined
  /** Ends when the client has its response, or has gone. */
  readonly waiting: Waiting
  /** The client, as the user subgraph is told of it. */
  readonly browser: Browser
  /** What it may still ask in this hour, once that has been looked up. */
  allowance: Allowance | null
  /** Cookies that it is to be given, as values of `Set-Cookie`. */
  readonly setCookies: readonly string[]
  /** What every response has, as names and values in turn. */
  readonly headers: readonly string[]
  /** Sets them. Where `ownHeaders` names the path it is left to the handler, which may write them all at once: that is quicker. */
  applyHeaders(): void
}

/** A request that node:http has read. */
export interface HttpRequest extends AnyRequest {
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

export type Handler = (request: HttpRequest) => unknown

/** The one port. */
export interface HttpServer {
  server: Server
  port: number
  readonly draining: boolean
  /** Whether it takes no more connections. */
  readonly finishing: boolean
  /** How many requests are under way. */
  readonly underWay: number
  /** From now on each connection is closed behind the next response on it; requests are served as before. */
  drain(): void
  /**
   * Takes no more connections, and waits until the requests under way have been answered, those among them that still come over
   * connections that are open.
   */
  finish(timeoutMs: number): Promise<void>
  /** Closes whatever connections are left. */
  close(): Promise<void>
}

export interface HttpServerOptions {
  host: string
  port: number
  log: Logger
  origins: Origins
  addresses: ClientAddresses
  /** Headers that every response has beside others, as names and values in turn. */
  security: readonly string[]
  limits: Pick<
    RouterLimits,
    'requestMs' | 'headersMs' | 'connectionCheckMs' | 'connections' | 'slowReaderMs' | 'slowestBytesPerMs'
  >
  /** By path; those of all that is in a folder by the folder, which ends in a slash. */
  routes: Record<string, Handler>
  /** Paths whose handlers set the headers themselves. */
  ownHeaders: string[]
  /** Answers what is read at any other path; undefined where there is nothing. */
  otherwise?: Handler | undefined
  /** What requests are read here rather than by node:http, and what answers them; it sets the headers itself. */
  usual: Pick<UsualOptions, 'path' | 'accepts' | 'bodyBytes'> & { handler(request: AnyRequest): unknown }
}

/** The request id of a balancer in front is used, so that its logs and ours can be matched. */
const REQUEST_ID = /^[\w.:-]{8,100}$/

/** A request that has not come in full by then is not served. */
const REQUEST_MS = 30_000

/** Outlives the idle time of common balancers, so that they never reuse a dead connection. */
const KEEP_ALIVE_MS = 65_000

/**
 * Linux allows for as many. When a sale opens, thousands connect in one moment; who is turned away by the system for want of room comes again only
 * after a second, or takes itself for connected and is not heard for as long.
 */
const BACKLOG = 4_096

/** A path that a URL parser would leave as it is. */
const PLAIN_PATH = /^\/[a-z]+$/

export async function openHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const { log, origins, addresses, security, limits, routes, ownHeaders, otherwise } = options
  const underWay = new UnderWay()
  let draining = false
  let drained: PromiseWithResolvers<void> | null = null

  const settings = {
    headersTimeout: limits.headersMs,
    requestTimeout: REQUEST_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    connectionsCheckingInterval: limits.connectionCheckMs,
  }
  const server = createServer(settings, (request, response) => {
    const http = begin(request, response, null)
    serve(http as ServedRequest & HttpRequest).catch((error: unknown) => fail(error, http))
  })
  server.maxConnections = limits.connections
  const usual = takeUsualRequests(server, {
    ...options.usual,
    headersMs: limits.headersMs,
    keepAliveMs: KEEP_ALIVE_MS,
    checkMs: limits.connectionCheckMs,
    answer(head, body, response) {
      const http = begin(head, response, body)
      serveUsual(http).catch((error: unknown) => fail(error, http))
    },
  })

  function begin(request: RequestHead, response: AnswerTo, body: string | null): ServedRequest {
    const waiting = new Waiting(Date.now() + limits.requestMs)
    const headers = [...security, ...origins.corsHeaders(request)]
    const http = new ServedRequest(request, response, body, log, waiting, addresses, headers)
    if (draining) response.shouldKeepAlive = false
    underWay.add(http)
    response.on('close', () => {
      waiting.end()
      underWay.remove(http)
      if (underWay.isEmpty) drained?.resolve()
    })
    return http
  }

  async function serveUsual(http: ServedRequest): Promise<void> {
    await options.usual.handler(http)
    if (http.response.writableLength > 0) boundReading(http.response)
  }

  async function serve(http: HttpRequest): Promise<void> {
    const { request, response } = http
    const path = pathOf(request)
    if (path === null || !ownHeaders.includes(path)) http.applyHeaders()
    if (isPreflight(request)) {
      http.applyHeaders()
      return void response.writeHead(204).end()
    }
    const handler = path === null ? undefined : (handlerOf(path) ?? (isRead(request) ? otherwise : undefined))
    if (path === null || !handler)
      return sendJson(response, 404, errorBody('NOT_FOUND', 'There is nothing at this path.'))
    await handler(http)
    if (response.writableLength > 0) boundReading(response)
  }

  function handlerOf(path: string): Handler | undefined {
    if (Object.hasOwn(routes, path)) return routes[path]
    const folder = path.slice(0, path.indexOf('/', 1) + 1)
    return folder !== '' && Object.hasOwn(routes, folder) ? routes[folder] : undefined
  }

  /** What a client does not take is memory that others cannot have. */
  function boundReading(response: AnswerTo): void {
    const ms = limits.slowReaderMs + response.writableLength / limits.slowestBytesPerMs
    const patience = setTimeout(() => {
      if (response.writableEnded) response.destroy() // otherwise it is a stream, which has bounds of its own
    }, ms)
    response.on('close', () => clearTimeout(patience))
  }

  function drain(): void {
    draining = true
    underWay.closeConnections()
  }

  const port = await listen(server, options.port, options.host, BACKLOG)
  return {
    server,
    port,
    get draining() {
      return draining
    },
    get finishing() {
      return !server.listening
    },
    get underWay() {
      return underWay.size
    },
    drain,
    async finish(timeoutMs) {
      drain()
      server.close() // and with it, idle connections
      usual.closeIdle()
      if (underWay.isEmpty) return
      drained = Promise.withResolvers<void>()
      const patience = setTimeout(drained.resolve, timeoutMs)
      await drained.promise
      clearTimeout(patience)
    },
    async close() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      usual.closeAll()
      await closed
    },
  }
}

/** The requests under way. Not a Set: see the rules of style in docs/architecture.md. */
class UnderWay {
  readonly #requests: ServedRequest[] = []

  get isEmpty(): boolean {
    return this.#requests.length === 0
  }

  get size(): number {
    return this.#requests.length
  }

  add(request: ServedRequest): void {
    request.place = this.#requests.push(request) - 1
  }

  /** The last one takes its place. */
  remove(request: ServedRequest): void {
    const last = this.#requests.pop()
    if (last === undefined || last === request) return
    last.place = request.place
    this.#requests[last.place] = last
  }

  /** Each behind its response. */
  closeConnections(): void {
    for (const { response } of this.#requests) response.shouldKeepAlive = false
  }
}

const isRead = ({ method }: IncomingMessage): boolean => method === 'GET' || method === 'HEAD'

const NO_COOKIES: readonly string[] = []

class ServedRequest extends LazyScope implements AnyRequest {
  readonly request: RequestHead
  readonly response: AnswerTo
  readonly waiting: Waiting
  readonly headers: readonly string[]
  allowance: Allowance | null = null
  /** Among those under way. */
  place = 0
  readonly #body: string | null
  readonly #addresses: ClientAddresses
  #address: string | undefined
  #url: URL | undefined
  #browser: Browser | undefined

  constructor(
    request: RequestHead,
    response: AnswerTo,
    body: string | null,
    log: Logger,
    waiting: Waiting,
    addresses: ClientAddresses,
    headers: string[],
  ) {
    super(requestIdOf(request), log)
    headers.push('x-request-id', this.requestId)
    this.headers = headers
    this.request = request
    this.response = response
    this.#body = body
    this.waiting = waiting
    this.#addresses = addresses
  }

  applyHeaders(): void {
    for (let at = 0; at < this.headers.length; at += 2)
      this.response.setHeader(this.headers[at] as string, this.headers[at + 1] as string)
  }

  body(limit: number): Promise<string> | string {
    return this.#body ?? readBody(this.request as IncomingMessage, limit)
  }

  get address(): string | undefined {
    this.#address ??= this.#addresses.of(this.request)
    return this.#address
  }

  get browser(): Browser {
    this.#browser ??= new Browser(this.request)
    return this.#browser
  }

  get setCookies(): readonly string[] {
    return this.#browser?.setCookies ?? NO_COOKIES
  }

  get url(): URL {
    this.#url ??= urlOf(this.request) as URL // where there is a path, there is a URL
    return this.#url
  }
}

function pathOf(request: IncomingMessage): string | null {
  const { url = '/' } = request
  return PLAIN_PATH.test(url) ? url : (urlOf(request)?.pathname ?? null)
}

/** Null for what clients send and no URL parser takes, such as `//`. */
export const urlOf = ({ url }: Pick<RequestHead, 'url'>): URL | null =>
  URL.parse(url ?? '/', 'http://localhost')

function requestIdOf({ headers }: RequestHead): string {
  const given = headers['x-request-id']
  return typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID()
}

function fail(error: unknown, http: AnyRequest): void {
  const { response, requestId } = http
  if (!response.headersSent) http.applyHeaders()
  if (error instanceof BodyTooLarge) {
    // The rest of the body is not read: the connection cannot be used again.
    return sendJson(response, 413, errorBody('BAD_USER_INPUT', 'The request is larger than allowed.'), {
      connection: 'close',
    })
  }
  http.log.error({ err: error }, 'request failed')
  if (response.headersSent) return void response.destroy()
  sendJson(
    response,
    500,
    errorBody('INTERNAL_SERVER_ERROR', 'Something went wrong on our side.', { requestId }),
  )
}
