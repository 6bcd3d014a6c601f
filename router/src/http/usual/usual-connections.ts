import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import { type RequestHead, type UsualHead, usualHead } from './request-head.ts'
import { UsualResponse } from './usual-response.ts'

/** Answers one usual request. */
export type AnswerUsual = (head: RequestHead, body: string, response: UsualResponse) => void

export interface UsualConnections {
  /** Closes those on which nothing is asked; what has come in part is waited for, as node:http does. */
  closeIdle(): void
  closeAll(): void
}

export interface UsualOptions {
  /** The path that usual requests are posted to. */
  path: string
  /** Whether an answer in this form, as `Accept` has it, is sent whole. */
  accepts(accept: string | undefined): boolean
  answer: AnswerUsual
  /** The most bytes that a body may have. */
  bodyBytes: number
  /** How long a connection may take for a request, and stays without one. */
  headersMs: number
  keepAliveMs: number
  checkMs: number
}

const HEAD_END = Buffer.from('\r\n\r\n')
const NOTHING: Buffer = Buffer.alloc(0)
const MOST_HEAD = 8_192
const MOST_BODY = 65_536

/**
 * Reads usual requests off the connections of a server itself, and leaves a connection to node:http for good with the first request that is any
 * other: a short POST to one path with a body of known length that accepts what most clients do, one after the other. That is all that a client asks again
 * and again, and node:http takes longer over it than what answers it.
 */
export function takeUsualRequests(server: Server, options: UsualOptions): UsualConnections {
  const connections = new Set<UsualConnection>()
  const [toNode] = server.listeners('connection') as ((this: Server, socket: Socket) => void)[]
  if (!toNode) throw new Error('node:http does not listen to connections any more')
  const keeper: Keeper = {
    start: `POST ${options.path} HTTP/1.1\r\n`,
    keepAlive: `Connection: keep-alive\r\nKeep-Alive: timeout=${Math.floor(options.keepAliveMs / 1000)}\r\n`,
    closed: (connection) => connections.delete(connection),
    left(connection, rest) {
      connections.delete(connection)
      const { socket } = connection
      socket.pause()
      toNode.call(server, socket)
      if (rest.length > 0) socket.unshift(rest)
      socket.resume()
    },
  }
  server.removeListener('connection', toNode)
  server.on('connection', (socket) => connections.add(new UsualConnection(socket, options, keeper)))
  const sweep = setInterval(() => {
    const now = performance.now()
    for (const connection of connections) connection.check(now)
  }, options.checkMs).unref()
  server.on('close', () => clearInterval(sweep))
  return {
    closeIdle() {
      for (const connection of connections) connection.closeIdle()
    },
    closeAll() {
      for (const { socket } of connections) socket.destroy()
    },
  }
}

/** What all connections have in common, and who hears of the end of each here. */
interface Keeper {
  /** What every usual request begins with. */
  readonly start: string
  /** The header lines of an answer behind which the connection stays. */
  readonly keepAlive: string
  closed(connection: UsualConnection): void
  /** It is node:http's from now on. @param rest what has come of a request. */
  left(connection: UsualConnection, rest: Buffer): void
}

class UsualConnection {
  readonly socket: Socket
  readonly #options: UsualOptions
  readonly #keeper: Keeper
  #rest: Buffer = NOTHING
  #response: UsualResponse | null = null
  #lastHead: UsualHead | null = null
  #hasAsked = false
  /** When it was opened, or the last request was answered. */
  #since = performance.now()

  constructor(socket: Socket, options: UsualOptions, keeper: Keeper) {
    this.socket = socket
    this.#options = options
    this.#keeper = keeper
    socket.on('data', this.#onData)
    socket.on('end', this.#onEnd)
    socket.on('error', this.#onError)
    socket.on('close', this.#onClose)
  }

  closeIdle(): void {
    if (this.#response) return
    if (this.#rest.length === 0) this.socket.destroy()
    else this.#leaveIt(this.#rest)
  }

  /** Leaves it to node:http to have patience with what does not come; closes what nothing is asked on. @param now as `performance.now()` has it. */
  check(now: number): void {
    if (this.#response) return
    const passed = now - this.#since
    if (this.#hasAsked && this.#rest.length === 0) {
      if (passed > this.#options.keepAliveMs) this.socket.destroy()
    } else if (passed > this.#options.headersMs) this.#leaveIt(this.#rest)
  }

  readonly #onData = (chunk: Buffer): void => {
    const buffer = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    if (!this.#response) return this.#read(buffer)
    this.#rest = buffer
    if (buffer.length > MOST_BODY) this.socket.pause()
  }

  readonly #onEnd = (): void => {
    this.socket.end()
    this.#response?.close()
  }

  readonly #onError = (): void => undefined // and with it the connection

  readonly #onClose = (): void => {
    this.#keeper.closed(this)
    this.#response?.close()
  }

  #read(buffer: Buffer): void {
    this.#rest = buffer
    const { start, keepAlive } = this.#keeper
    if (buffer.toString('latin1', 0, start.length) !== start.slice(0, buffer.length))
      return this.#leaveIt(buffer)
    const end = buffer.indexOf(HEAD_END)
    if (end > MOST_HEAD || (end < 0 && buffer.length > MOST_HEAD)) return this.#leaveIt(buffer)
    if (end < 0) return
    const head = this.#headOf(buffer.toString('latin1', start.length, end))
    if (!head) return this.#leaveIt(buffer)
    const [begin, after] = [end + HEAD_END.length, end + HEAD_END.length + head.length]
    if (buffer.length < after) return
    this.#rest = buffer.length === after ? NOTHING : buffer.subarray(after)
    this.#hasAsked = true
    const response = new UsualResponse(this.socket, keepAlive, this.#answered)
    this.#response = response
    const { path: url, answer } = this.#options
    answer(
      { method: 'POST', url, headers: head.headers, socket: this.socket },
      buffer.toString('utf8', begin, after),
      response,
    )
  }

  #headOf(text: string): UsualHead | null {
    const head = usualHead(text, this.#lastHead)
    const { bodyBytes, accepts } = this.#options
    if (!head || head.length > Math.min(bodyBytes, MOST_BODY) || !accepts(head.headers.accept)) return null
    this.#lastHead = head
    return head
  }

  readonly #answered = (response: UsualResponse): void => {
    this.#response = null
    this.#since = performance.now()
    if (!this.socket.writable) return
    if (!response.shouldKeepAlive) return this.socket.destroySoon()
    if (this.#rest.length === 0) return
    if (this.socket.isPaused()) this.socket.resume()
    this.#read(this.#rest)
  }

  #leaveIt(rest: Buffer): void {
    const { socket } = this
    socket.off('data', this.#onData)
    socket.off('end', this.#onEnd)
    socket.off('error', this.#onError)
    socket.off('close', this.#onClose)
    this.#keeper.left(this, rest)
  }
}
