import { connect } from 'node:net'
import type { HttpResponse, ResponseLimits } from '../dispatch.ts'
import { NoRoom, ResponseTooLarge } from '../response-room.ts'
import { createResponseReader } from './response-reader.ts'

/** A request that waits for its response. */
export interface PendingRequest {
  /** The whole request as it goes over the wire. */
  readonly text: string
  resolve(response: HttpResponse): void
  reject(error: Error): void
}

/** The connection gave no response to this request; the server may have run it. */
export class NoResponse extends Error {}

/** One connection, on which requests are sent without pending for the responses to those before them. */
export interface PipelinedConnection {
  readonly pending: readonly PendingRequest[]
  /** Until it is, no request is behind another. */
  readonly isConnected: boolean
  /** When the first pending request became the first, or could be sent. */
  readonly headSince: number
  /** When the last request got its response. */
  readonly idleSince: number
  send(requests: readonly PendingRequest[]): void
  /** Gives up all but the first, and returns them: their responses are dropped when they come. */
  abandonRest(): PendingRequest[]
  /** Nobody waits for its response any more, which is dropped when it comes. @returns whether it was pending here. */
  abandon(request: PendingRequest): boolean
  /** Whether nobody waits for the first. */
  readonly isHeadAbandoned: boolean
  /** Ends the connection. Pending requests are rejected with `error`. */
  close(error: Error): void
}

/** What has come last, on whichever connection: it is read before anything else can come. */
const CAME = Buffer.allocUnsafeSlow(65_536)

/** Nobody waits for its response any more. */
const ABANDONED: PendingRequest = { text: '', resolve: () => undefined, reject: () => undefined }

/**
 * @param onResponse called for each response, just before its request is resolved.
 * @param onClose called once, when the connection has ended, just before pending requests are rejected.
 */
export function openPipelinedConnection(
  origin: URL,
  limits: ResponseLimits,
  onResponse: () => void,
  onClose: (connection: PipelinedConnection, unanswered: number) => void,
): PipelinedConnection {
  const pending: PendingRequest[] = []
  let headSince = 0
  let idleSince = performance.now()
  let isConnected = false
  let isClosed = false

  const reader = createResponseReader(limits, (response, isLast) => {
    const first = pending.shift()
    if (!first) throw new Error('a response that nobody asked for')
    headSince = performance.now()
    if (pending.length === 0) idleSince = headSince
    onResponse()
    if (first === ABANDONED) limits.room.give(response.held)
    first.resolve(response)
    if (isLast) close(new NoResponse('the server ended the connection'))
  })
  const socket = connect({
    host: origin.hostname.replace(/^\[|\]$/g, ''),
    port: Number(origin.port) || 80,
    noDelay: true,
    keepAlive: true,
    // A stream would take memory for each chunk, which costs more than to copy the little that comes.
    onread: { buffer: CAME, callback: read },
  })
  socket.on('connect', () => {
    isConnected = true
    headSince = performance.now()
  })
  socket.on('error', (error) => close(new NoResponse(error.message)))
  socket.on('close', () => close(new NoResponse('the connection was lost')))
  socket.on('end', () => close(new NoResponse('the server ended the connection')))

  function read(length: number): boolean {
    try {
      if (isClosed) return false
      reader.read(CAME.subarray(0, length))
      // Otherwise the next request would be given what has begun here.
      if (pending.length === 0 && !reader.isBetween)
        throw new Error('the beginning of a response that nobody asked for')
    } catch (error) {
      // To ask for that again would end in the same.
      if (error instanceof ResponseTooLarge || error instanceof NoRoom) pending.shift()?.reject(error)
      close(new NoResponse((error as Error).message))
    }
    return true
  }

  function close(error: Error): void {
    if (isClosed) return
    isClosed = true
    socket.destroy()
    reader.end()
    const unanswered = pending.splice(0).filter((one) => one !== ABANDONED)
    onClose(connection, unanswered.length)
    for (const request of unanswered) request.reject(error)
  }

  const connection: PipelinedConnection = {
    pending,
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
      if (pending.length === 0) headSince = performance.now()
      let text = ''
      for (const request of requests) {
        pending.push(request)
        text += request.text
      }
      socket.write(text)
    },
    abandonRest() {
      const rest = pending.slice(1)
      for (const index of rest.keys()) pending[index + 1] = ABANDONED
      return rest.filter((one) => one !== ABANDONED)
    },
    abandon(request) {
      const index = pending.indexOf(request)
      if (index >= 0) pending[index] = ABANDONED
      return index >= 0
    },
    get isHeadAbandoned() {
      return pending[0] === ABANDONED
    },
    close,
  }
  return connection
}
