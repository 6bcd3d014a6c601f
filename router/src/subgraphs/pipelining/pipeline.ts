import { type HttpResponse, type ResponseLimits, TimedOut } from '../dispatch.ts'
import { NobodyWaits, type Waiting, type WaitListener } from '../waiting.ts'
import {
  NoResponse,
  openPipelinedConnection,
  type PendingRequest,
  type PipelinedConnection,
} from './connection.ts'

/** Sends queries to one server over few connections, several on each without waiting for the responses in between. */
export interface Pipeline {
  /**
   * @param text a whole request, which the server may be sent twice.
   * @param waiting who the response is for: when they have gone, so is the request, as soon as no other shares its connection.
   * @returns null when it should be sent another way now.
   * @throws NoResponse when it should be sent again another way; NobodyWaits, ResponseTooLarge, NoRoom; other errors say what is wrong with the server.
   */
  dispatch(text: string, waiting?: Waiting): Promise<HttpResponse> | null
  close(): void
}

const CONNECTIONS = 4 // more than one, for a balancer in between to have something to balance
const DEPTH = 16

/** A request that is behind another for this long is sent again by itself. */
const STUCK_MS = 25
const CHECK_MS = 10

/** Below the 5 s after which Node's servers drop an idle connection. */
const IDLE_MS = 4_000

/**
 * A token bucket, as in gRPC's retry throttling (gRFC A6): what is sent again costs a token, each response earns a part of one.
 * So at most this share of all queries is sent twice, however slow the server.
 */
const TOKENS = 100
const TOKENS_FOR_PIPELINING = 50
const TOKENS_PER_RESPONSE = 0.02
const TOKENS_PER_LOST_CONNECTION = 10

/**
 * HTTP/1.1 pipelining (RFC 9112, section 9.3.2) for requests that may be repeated, which GraphQL queries are. What is asked
 * within one turn of the event loop leaves in one write per connection and mostly comes back in one read: for a small request,
 * those cost more than all the rest. Its one flaw, that all wait behind a slow one, is bounded: see `STUCK_MS`.
 */
export function createPipeline(origin: URL, limits: ResponseLimits & { timeoutMs: number }): Pipeline {
  let connections: PipelinedConnection[] = []
  let next = 0
  let tokens = TOKENS
  let queue: PendingRequest[] = []
  let check: NodeJS.Timeout | undefined
  let isClosed = false

  const room = (): number =>
    CONNECTIONS * DEPTH - queue.length - connections.reduce((sum, { pending }) => sum + pending.length, 0)

  function flush(): void {
    const requests = queue
    queue = []
    for (let start = 0; start < requests.length; ) {
      const connection = connectionWithRoom()
      if (!connection) {
        for (const request of requests.slice(start)) request.reject(new NoResponse('there is no room'))
        return
      }
      const end = start + DEPTH - connection.pending.length
      connection.send(requests.slice(start, end))
      start = end
    }
  }

  /** In turn, so that all are used alike; one whose first request is slow takes no more. */
  function connectionWithRoom(): PipelinedConnection | null {
    const now = performance.now()
    for (let tried = 0; tried < CONNECTIONS; tried++) {
      next = (next + 1) % CONNECTIONS
      const connection =
        connections[next] ??
        (connections[connections.length] = openPipelinedConnection(origin, limits, earn, onClose))
      const isSlow = connection.pending.length > 0 && now - connection.headSince > CHECK_MS
      if (connection.pending.length < DEPTH && !isSlow) return connection
    }
    return null
  }

  function earn(): void {
    tokens = Math.min(TOKENS, tokens + TOKENS_PER_RESPONSE)
  }

  function onClose(closed: PipelinedConnection, unanswered: number): void {
    connections = connections.filter((connection) => connection !== closed)
    // There is nothing unusual in an idle connection that ends.
    if (unanswered > 0) tokens = Math.max(0, tokens - unanswered - TOKENS_PER_LOST_CONNECTION)
  }

  function watch(): void {
    check ??= setInterval(() => {
      // What has come while this process was busy is read first: the server is not to blame for that.
      setImmediate(inspect)
    }, CHECK_MS).unref()
  }

  function inspect(): void {
    const now = performance.now()
    for (const connection of connections) {
      const [first] = connection.pending
      if (!first) {
        if (now - connection.idleSince > IDLE_MS) connection.close(new NoResponse('idle'))
        continue
      }
      const age = now - connection.headSince
      if (age > STUCK_MS && connection.isHeadAbandoned) {
        // So the server learns that it can stop.
        sendAgain(connection.abandonRest())
        connection.close(new NoResponse('nobody waits for the first'))
        continue
      }
      if (age > limits.timeoutMs)
        connection.close(new TimedOut(`did not answer within ${limits.timeoutMs} ms`))
      else if (age > STUCK_MS && connection.isConnected) sendAgain(connection.abandonRest())
    }
    if (connections.length > 0 || queue.length > 0) return
    clearInterval(check)
    check = undefined
  }

  function abandon(request: PendingRequest): void {
    queue = queue.filter((other) => other !== request)
    for (const connection of connections) {
      if (connection.abandon(request) && connection.pending.length === 1)
        connection.close(new NoResponse('nobody waits for it'))
    }
  }

  function sendAgain(stuck: PendingRequest[]): void {
    tokens = Math.max(0, tokens - stuck.length)
    for (const request of stuck) request.reject(new NoResponse('stuck behind a slow one'))
  }

  return {
    dispatch(text, waiting) {
      if (isClosed || tokens < TOKENS_FOR_PIPELINING || room() <= 0) {
        earn()
        return null
      }
      watch()
      return new Promise((resolve, reject) => {
        const request: PendingRequest = waiting
          ? new AwaitedRequest(text, resolve, reject, waiting, abandon)
          : { text, resolve, reject }
        if (queue.push(request) === 1) setImmediate(flush)
      })
    },
    close() {
      isClosed = true
      clearInterval(check)
      const error = new Error('this side is closing')
      for (const connection of connections) connection.close(error)
      for (const request of queue.splice(0)) request.reject(error)
    },
  }
}

/** A request that is given up when nobody waits for its response. */
class AwaitedRequest implements PendingRequest, WaitListener {
  readonly text: string
  readonly #resolve: (response: HttpResponse) => void
  readonly #reject: (error: Error) => void
  readonly #waiting: Waiting
  readonly #abandon: (request: PendingRequest) => void

  constructor(
    text: string,
    resolve: (response: HttpResponse) => void,
    reject: (error: Error) => void,
    waiting: Waiting,
    abandon: (request: PendingRequest) => void,
  ) {
    this.text = text
    this.#resolve = resolve
    this.#reject = reject
    this.#waiting = waiting
    this.#abandon = abandon
    waiting.add(this)
  }

  resolve(response: HttpResponse): void {
    this.#waiting.remove(this)
    this.#resolve(response)
  }

  reject(error: Error): void {
    this.#waiting.remove(this)
    this.#reject(error)
  }

  waitEnded(): void {
    this.#abandon(this)
    this.#reject(new NobodyWaits())
  }
}
