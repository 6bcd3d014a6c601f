import type { ServerResponse } from 'node:http'
import { KarcisError, Unauthenticated } from '@karcis/kit/errors'
import { sendJson } from '@karcis/kit/http'
import type { GraphQLFormattedError } from 'graphql'
import { errorBody, toJson } from '../../errors.ts'
import { refuse } from '../../http/graphql.ts'
import type { Handler, HttpRequest } from '../../http/http-server.ts'
import type { Origins } from '../../http/origins.ts'
import type { Authenticator, Identity } from '../../security/authenticate.ts'
import type { RouterLimits } from '../../settings.ts'
import type { FanOut } from '../delivery/fan-out.ts'
import { UNFRAMED } from '../delivery/frames.ts'
import type { Gate } from '../delivery/write-queue.ts'
import type { Presence } from '../presence.ts'
import type { StartOperation } from '../start.ts'
import type { Join } from '../topics/topics.ts'
import { isStreamRequest, NotAnOperation, readOperation } from './event-stream-request.ts'

/** GraphQL over server-sent events (graphql-sse's distinct connections), for clients whose proxies let no WebSocket through. */
export interface EventStreams {
  /** Answers requests that ask for a stream, and leaves all others to `next`. */
  orElse(next: Handler): Handler
  /** Ends all streams without completing them, so that their clients come back elsewhere. */
  drain(): void
}

export interface EventStreamsOptions {
  authenticate: Authenticator['authenticate']
  start: StartOperation
  fanOut: FanOut
  presence: Presence
  origins: Origins
  limits: RouterLimits
}

const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache, no-transform',
  'x-accel-buffering': 'no', // nginx would hold events back until it has a buffer full of them
}

const NEXT = 'event: next\ndata: '
const END = '\n\n'
const COMPLETE = 'event: complete\ndata:\n\n'
const COMMENT = ':\n\n'

/** The longest delay that a timer takes. */
const MAX_TIMER_MS = 2 ** 31 - 1

export function createEventStreams(options: EventStreamsOptions): EventStreams {
  const { authenticate, start, fanOut, presence, origins, limits } = options
  const open = new Set<ServerResponse>()
  let draining = false

  const serve: Handler = async (http) => {
    const { request, response } = http
    http.applyHeaders()
    // A browser sends a GET for a stream to any site, and without a preflight.
    if (!origins.mayConnect(request))
      return sendJson(
        response,
        403,
        errorBody('FORBIDDEN', 'Streams are not open to pages of this origin or host.'),
      )
    let identity: Identity | null
    let payload: Awaited<ReturnType<typeof readOperation>>
    try {
      identity = await authenticate(request.headers.authorization)
      payload = await readOperation(http, limits.requestBytes)
    } catch (error) {
      if (error instanceof KarcisError) return refuse(response, error)
      if (!(error instanceof NotAnOperation)) throw error
      return sendJson(response, error.status, errorBody('BAD_USER_INPUT', error.message), error.headers)
    }
    const { address, waiting, requestId } = http
    const started = await start(payload, identity, { address, waiting, requestId })
    if (response.destroyed) return
    if (started.kind === 'live') return watch(http, identity, started.join)
    response.writeHead(200, HEADERS)
    response.end(message(started.kind === 'single' ? started.result : { errors: started.errors }) + COMPLETE)
  }

  function watch({ response, address }: HttpRequest, identity: Identity | null, join: Join): unknown {
    const end = (finalMessage: string): void => {
      queue.flush()
      leave()
      response.end(finalMessage)
    }
    const failed = (errors: readonly GraphQLFormattedError[]): void => end(message({ errors }) + COMPLETE)
    const admitted = identity
      ? presence.admit(identity, () => failed([errorOf(new Unauthenticated())]))
      : presence.admitAnonymous(address)
    if (!admitted)
      return sendJson(
        response,
        429,
        errorBody('RATE_LIMITED', 'Too many connections at once.', { retryAfterSeconds: 10 }),
        { 'retry-after': '10' },
      )
    const release = admitted

    response.writeHead(200, HEADERS)
    if (draining) {
      release()
      return response.end()
    }
    response.write(COMMENT) // sends the headers, by which the client knows that it is connected
    open.add(response)
    const queue = fanOut.open(response, UNFRAMED, new ResponseGate(response))
    const channel = queue.channel(NEXT, END)
    const membership = join(channel, { completed: () => end(COMPLETE), failed })
    const keepAlive = setInterval(() => {
      if (!response.writableNeedDrain && !response.writableEnded) response.write(COMMENT)
    }, limits.pingIntervalMs)
    const expiry = identity && setTimeout(() => failed([EXPIRED]), untilExpiry(identity))
    response.once('close', leave)

    function leave(): void {
      clearInterval(keepAlive)
      if (expiry) clearTimeout(expiry)
      open.delete(response)
      release()
      membership.leave()
    }
  }

  return {
    orElse: (next) => (http) => (isStreamRequest(http.request) ? serve(http) : next(http)),
    drain() {
      draining = true
      for (const response of open) response.end()
    },
  }
}

class ResponseGate implements Gate {
  readonly #response: ServerResponse

  constructor(response: ServerResponse) {
    this.#response = response
  }

  get isOpen(): boolean {
    return !this.#response.writableEnded
  }
}

const message = (result: object): string => NEXT + toJson(result) + END

const untilExpiry = ({ expiresAt }: Identity): number => Math.min(expiresAt - Date.now(), MAX_TIMER_MS)

const errorOf = ({ code, message: text }: KarcisError): GraphQLFormattedError => ({
  message: text,
  extensions: { code },
})

const EXPIRED = errorOf(new KarcisError('TOKEN_EXPIRED', 'The access token has expired. Refresh it.'))
