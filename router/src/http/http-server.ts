import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { BodyTooLarge, listen, sendJson } from '@karcis/kit/http'
import type { Logger } from '@karcis/kit/log'
import { errorBody, LazyScope, type RequestScope } from '../errors.ts'
import type { Origins } from './origins.ts'

export interface HttpRequest extends RequestScope {
  request: IncomingMessage
  response: ServerResponse
  url: URL
}

export type Handler = (request: HttpRequest) => unknown

/** The one port. */
export interface HttpServer {
  server: Server
  port: number
  readonly draining: boolean
  /** Refuses new requests, except to probes, and waits until those under way have been answered. */
  drain(timeoutMs: number): Promise<void>
  /** Closes the port and whatever connections are left. */
  close(): Promise<void>
}

export interface HttpServerOptions {
  host: string
  port: number
  log: Logger
  origins: Origins
  /** By path. */
  routes: Record<string, Handler>
  /** Paths that are answered while draining: those by which a balancer learns of it. */
  probes: string[]
}

/** The request id of a balancer in front is used, so that its logs and ours can be matched. */
const REQUEST_ID = /^[\w.:-]{8,100}$/

/** A path that a URL parser would leave as it is. */
const PLAIN_PATH = /^\/[a-z]+$/

export async function openHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const { log, origins, routes, probes } = options
  let underWay = 0
  let draining = false
  let drained = Promise.withResolvers<void>()

  const server = createServer((request, response) => {
    const http = new ServedRequest(request, response, log)
    response.setHeader('x-request-id', http.requestId)
    serve(http).catch((error: unknown) => fail(error, http))
  })
  server.requestTimeout = 30_000
  server.keepAliveTimeout = 65_000 // outlives the idle time of common balancers, so that they never reuse a dead connection

  async function serve(http: HttpRequest): Promise<void> {
    const { request, response } = http
    if (origins.applyCors(request, response)) return void response.writeHead(204).end()
    const path = pathOf(request)
    const handler = path !== null && Object.hasOwn(routes, path) ? routes[path] : undefined
    if (path === null || !handler)
      return sendJson(response, 404, errorBody('NOT_FOUND', 'There is nothing at this path.'))
    if (probes.includes(path)) return void (await handler(http))
    if (draining) return refuse(response)

    underWay += 1
    response.on('close', onClose)
    await handler(http)
  }

  function onClose(): void {
    underWay -= 1
    if (underWay === 0) drained.resolve()
  }

  function refuse(response: ServerResponse): void {
    const body = errorBody('SERVICE_UNAVAILABLE', 'This server is stopping. Try again.', {
      retryAfterSeconds: 1,
    })
    sendJson(response, 503, body, { connection: 'close', 'retry-after': '1' })
  }

  const port = await listen(server, options.port, options.host)
  return {
    server,
    port,
    get draining() {
      return draining
    },
    async drain(timeoutMs) {
      draining = true
      drained = Promise.withResolvers<void>()
      if (underWay === 0) return
      const patience = setTimeout(() => drained.resolve(), timeoutMs)
      await drained.promise
      clearTimeout(patience)
    },
    async close() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}

class ServedRequest extends LazyScope implements HttpRequest {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  #url: URL | undefined

  constructor(request: IncomingMessage, response: ServerResponse, log: Logger) {
    super(requestIdOf(request), log)
    this.request = request
    this.response = response
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
export const urlOf = ({ url }: IncomingMessage): URL | null => URL.parse(url ?? '/', 'http://localhost')

function requestIdOf({ headers }: IncomingMessage): string {
  const given = headers['x-request-id']
  return typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID()
}

function fail(error: unknown, http: HttpRequest): void {
  const { response, requestId } = http
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
