import { connect } from 'node:net'
import type { Received } from '../dispatch.ts'
import { createAnswerReader } from './response-reader.ts'

/** A request that waits for its answer. */
export interface Waiting {
  /** The whole request as it goes over the wire. */
  readonly text: string
  resolve(received: Received): void
  reject(error: Error): void
}

/** The connection gave no answer to this request; the server may have run it. */
export class Unanswered extends Error {}

/** One connection, on which requests are sent without waiting for the answers to those before them. */
export interface Lane {
  readonly waiting: readonly Waiting[]
  /** Until then nobody is behind anybody. */
  readonly isConnected: boolean
  /** When the one that waits first became the first, or could be sent. */
  readonly headSince: number
  /** When the last one was answered. */
  readonly idleSince: number
  send(requests: readonly Waiting[]): void
  /** Gives up all but the first: they are no longer answered from here. */
  abandonRest(): Waiting[]
  /** Ends the connection. Those who wait are rejected with `error`. */
  close(error: Error): void
}

/** Nobody waits for its answer any more. */
const ABANDONED: Waiting = { text: '', resolve: () => undefined, reject: () => undefined }

/**
 * @param onAnswer called for each answer, just before its request is told.
 * @param onClose called once, when the connection has ended, just before those who wait are told.
 */
export function openLane(
  origin: URL,
  maxBytes: number,
  onAnswer: () => void,
  onClose: (lane: Lane, unanswered: number) => void,
): Lane {
  const waiting: Waiting[] = []
  let headSince = 0
  let idleSince = performance.now()
  let isConnected = false
  let isClosed = false

  const reader = createAnswerReader(maxBytes, (received, isLast) => {
    const first = waiting.shift()
    if (!first) throw new Error('an answer that nobody asked for')
    headSince = performance.now()
    if (waiting.length === 0) idleSince = headSince
    onAnswer()
    first.resolve(received)
    if (isLast) close(new Unanswered('the server ended the connection'))
  })
  const socket = connect({
    host: origin.hostname.replace(/^\[|\]$/g, ''),
    port: Number(origin.port) || 80,
    noDelay: true,
    keepAlive: true,
  })
  socket.on('connect', () => {
    isConnected = true
    headSince = performance.now()
  })
  socket.on('data', (chunk: Buffer) => {
    try {
      if (isClosed) return
      reader.read(chunk)
      // The next request would be given what has begun here.
      if (waiting.length === 0 && !reader.isBetween)
        throw new Error('the begin of an answer that nobody asked for')
    } catch (error) {
      close(new Unanswered((error as Error).message))
    }
  })
  socket.on('error', (error) => close(new Unanswered(error.message)))
  socket.on('close', () => close(new Unanswered('the connection was lost')))
  socket.on('end', () => close(new Unanswered('the server ended the connection')))

  function close(error: Error): void {
    if (isClosed) return
    isClosed = true
    socket.destroy()
    const left = waiting.splice(0).filter((one) => one !== ABANDONED)
    onClose(lane, left.length)
    for (const { reject } of left) reject(error)
  }

  const lane: Lane = {
    waiting,
    get isConnected() {
      return isConnected
    },
    get headSince() {
      return headSince
    },
    get idleSince() {
      return idleSince
    },
    send(requests) {
      if (waiting.length === 0) headSince = performance.now()
      let text = ''
      for (const request of requests) {
        waiting.push(request)
        text += request.text
      }
      socket.write(text)
    },
    abandonRest() {
      const rest = waiting.slice(1)
      for (const index of rest.keys()) waiting[index + 1] = ABANDONED
      return rest.filter((one) => one !== ABANDONED)
    },
    close,
  }
  return lane
}
