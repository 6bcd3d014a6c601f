import { type HttpResponse, TimedOut } from '../dispatch.ts'
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
   * @returns null when it should be sent another way now.
   * @throws NoResponse when it should be sent again another way; other errors say what is wrong with the server.
   */
  dispatch(text: string): Promise<HttpResponse> | null
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
export function createPipeline(origin: URL, limits: { maxBytes: number; timeoutMs: number }): Pipeline {
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
        for (const { reject } of requests.slice(start)) reject(new NoResponse('there is no room'))
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
        (connections[connections.length] = openPipelinedConnection(origin, limits.maxBytes, earn, onClose))
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
      if (age > limits.timeoutMs)
        connection.close(new TimedOut(`did not answer within ${limits.timeoutMs} ms`))
      else if (age > STUCK_MS && connection.isConnected) sendAgain(connection.abandonRest())
    }
    if (connections.length > 0 || queue.length > 0) return
    clearInterval(check)
    check = undefined
  }

  function sendAgain(stuck: PendingRequest[]): void {
    tokens = Math.max(0, tokens - stuck.length)
    for (const { reject } of stuck) reject(new NoResponse('stuck behind a slow one'))
  }

  return {
    dispatch(text) {
      if (isClosed || tokens < TOKENS_FOR_PIPELINING || room() <= 0) {
        earn()
        return null
      }
      watch()
      return new Promise((resolve, reject) => {
        if (queue.push({ text, resolve, reject }) === 1) setImmediate(flush)
      })
    },
    close() {
      isClosed = true
      clearInterval(check)
      const error = new Error('this side is closing')
      for (const connection of connections) connection.close(error)
      for (const { reject } of queue.splice(0)) reject(error)
    },
  }
}
