import { type Received, TimedOut } from '../dispatch.ts'
import { type Lane, openLane, Unanswered, type Waiting } from './connection.ts'

/** Sends queries to one server over few connections, several on each without waiting for the answers in between. */
export interface Pipeline {
  /**
   * @param text a whole request, which the server may be sent twice.
   * @returns null when it should go another way now.
   * @throws Unanswered when it should be sent again another way; other errors tell what is wrong with the server.
   */
  exchange(text: string): Promise<Received> | null
  close(): void
}

const LANES = 4 // more than one, for a balancer in between to have something to balance
const DEPTH = 16

/** Who stands behind another for this long is sent again by itself. */
const STUCK_MS = 25
const CHECK_MS = 10

/** Below the 5 s after which Node's servers drop an idle connection. */
const IDLE_MS = 4_000

/**
 * What is sent again costs, what is answered earns: of all queries at most this share is sent twice, however slow the server.
 * The bucket is that of gRPC's retry throttling (gRFC A6).
 */
const TOKENS = 100
const TOKENS_FOR_PIPELINING = 50
const TOKENS_PER_ANSWER = 0.02
const TOKENS_FOR_A_LOST_LANE = 10

/**
 * HTTP/1.1 pipelining (RFC 9112, section 9.3.2) for requests that may be repeated, which GraphQL queries are. What is asked
 * within one turn of the event loop leaves in one write per connection and mostly comes back in one read: of a small exchange,
 * those cost more than all the rest. Its one flaw, that all wait behind a slow one, is bounded: see `STUCK_MS`.
 */
export function createPipeline(origin: URL, limits: { maxBytes: number; timeoutMs: number }): Pipeline {
  let lanes: Lane[] = []
  let next = 0
  let tokens = TOKENS
  let queue: Waiting[] = []
  let check: NodeJS.Timeout | undefined
  let isClosed = false

  const room = (): number =>
    LANES * DEPTH - queue.length - lanes.reduce((sum, lane) => sum + lane.waiting.length, 0)

  function flush(): void {
    const requests = queue
    queue = []
    for (let start = 0; start < requests.length; ) {
      const lane = laneWithRoom()
      if (!lane) {
        for (const { reject } of requests.slice(start)) reject(new Unanswered('there is no room'))
        return
      }
      const end = start + DEPTH - lane.waiting.length
      lane.send(requests.slice(start, end))
      start = end
    }
  }

  /** In turn, so that all are used alike; one whose first request is slow takes no others. */
  function laneWithRoom(): Lane | null {
    const now = performance.now()
    for (let tried = 0; tried < LANES; tried++) {
      next = (next + 1) % LANES
      const lane = lanes[next] ?? (lanes[lanes.length] = openLane(origin, limits.maxBytes, earn, onClose))
      const isSlow = lane.waiting.length > 0 && now - lane.headSince > CHECK_MS
      if (lane.waiting.length < DEPTH && !isSlow) return lane
    }
    return null
  }

  function earn(): void {
    tokens = Math.min(TOKENS, tokens + TOKENS_PER_ANSWER)
  }

  function onClose(closed: Lane, unanswered: number): void {
    lanes = lanes.filter((lane) => lane !== closed)
    // An idle connection that ends is nothing unusual.
    if (unanswered > 0) tokens = Math.max(0, tokens - unanswered - TOKENS_FOR_A_LOST_LANE)
  }

  function watch(): void {
    check ??= setInterval(() => {
      // What has come while this process was busy is read first: the server is not to be blamed for that.
      setImmediate(inspect)
    }, CHECK_MS).unref()
  }

  function inspect(): void {
    const now = performance.now()
    for (const lane of lanes) {
      const [first] = lane.waiting
      if (!first) {
        if (now - lane.idleSince > IDLE_MS) lane.close(new Unanswered('idle'))
        continue
      }
      const age = now - lane.headSince
      if (age > limits.timeoutMs) lane.close(new TimedOut(`did not answer within ${limits.timeoutMs} ms`))
      else if (age > STUCK_MS && lane.isConnected) sendAgain(lane.abandonRest())
    }
    if (lanes.length > 0 || queue.length > 0) return
    clearInterval(check)
    check = undefined
  }

  function sendAgain(stuck: Waiting[]): void {
    tokens = Math.max(0, tokens - stuck.length)
    for (const { reject } of stuck) reject(new Unanswered('stuck behind a slow one'))
  }

  return {
    exchange(text) {
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
      for (const lane of lanes) lane.close(error)
      for (const { reject } of queue.splice(0)) reject(error)
    },
  }
}
