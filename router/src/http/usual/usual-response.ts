import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'

type Value = string | number | readonly string[]

/** What an answer is written to: that of node:http, or that of a usual request. */
export interface AnswerTo {
  readonly headersSent: boolean
  /** Whether nobody reads it any more. */
  readonly destroyed: boolean
  /** Whether all of it has been given. */
  readonly writableEnded: boolean
  /** Bytes that the client has not taken. */
  readonly writableLength: number
  shouldKeepAlive: boolean
  /** @throws TypeError for what is no value of a header. */
  setHeader(name: string, value: string | readonly string[]): unknown
  /** @param headers as names and values in turn, or by name. @throws TypeError for what is no value of a header. */
  writeHead(status: number, headers?: string[] | Record<string, string | number | string[]>): this
  write(part: string | Uint8Array): boolean
  end(part?: string | Uint8Array): unknown
  destroy(): unknown
  /** When the client has it all, or has gone. */
  on(event: 'close', listener: () => void): unknown
}

/** What would end a header, or has no place in one (RFC 9110, section 5.5). */
const NO_VALUE = /[^\t\x20-\x7e\x80-\xff]/

/** Answers up to so many bytes are copied behind their heads, so that both leave as one. */
const SMALL = 16_384

/** The answer to one usual request: sent whole, when it has been given whole. */
export class UsualResponse implements AnswerTo {
  shouldKeepAlive = true
  headersSent = false
  writableEnded = false
  readonly #socket: Socket
  readonly #keepAlive: string
  readonly #closed: (response: UsualResponse) => void
  readonly #listeners: (() => void)[] = []
  readonly #parts: Uint8Array[] = []
  #isClosed = false
  #headers: Map<string, Value> | null = null
  #head = ''
  #hasLength = false

  /** @param keepAlive the header lines of an answer behind which the connection stays. @param closed called last when it is closed. */
  constructor(socket: Socket, keepAlive: string, closed: (response: UsualResponse) => void) {
    this.#socket = socket
    this.#keepAlive = keepAlive
    this.#closed = closed
  }

  get destroyed(): boolean {
    return this.#isClosed
  }

  get writableLength(): number {
    return this.#isClosed ? 0 : this.#socket.writableLength // otherwise they are of the next answer
  }

  setHeader(name: string, value: Value): void {
    requireValue(name, value)
    this.#headers ??= new Map()
    this.#headers.set(name.toLowerCase(), value)
  }

  writeHead(status: number, headers: string[] | Record<string, Value> = []): this {
    const inTurn = Array.isArray(headers) ? headers : []
    if (!Array.isArray(headers))
      for (const [name, value] of Object.entries(headers)) this.setHeader(name, value)
    let head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n`
    let hasLength = false
    const add = (name: string, value: string | number): void => {
      hasLength ||= name === 'content-length'
      head += `${name}: ${value}\r\n`
    }
    for (const [name, value] of this.#headers ?? [])
      if (typeof value === 'object') for (const one of value) add(name, one)
      else add(name, value)
    for (let at = 0; at < inTurn.length; at += 2) {
      const [name, value] = [inTurn[at] as string, inTurn[at + 1] as string]
      requireValue(name, value)
      add(name, value)
    }
    this.#head = head
    this.#hasLength = hasLength
    this.headersSent = true
    return this
  }

  write(part: string | Uint8Array): boolean {
    this.#parts.push(bytesOf(part))
    return true
  }

  end(part?: string | Uint8Array): void {
    if (this.writableEnded || this.#isClosed) return
    this.writableEnded = true
    if (part !== undefined) this.#parts.push(bytesOf(part))
    const [first] = this.#parts
    const body = first && this.#parts.length === 1 ? first : Buffer.concat(this.#parts)
    const length = this.#hasLength ? '' : `content-length: ${body.length}\r\n`
    const stays = this.shouldKeepAlive ? this.#keepAlive : 'Connection: close\r\n'
    const head = `${this.#head}Date: ${httpDate()}\r\n${stays}${length}\r\n`
    const socket = this.#socket
    if (body.length <= SMALL) {
      const whole = Buffer.allocUnsafe(head.length + body.length)
      whole.write(head, 'latin1')
      whole.set(body, head.length)
      socket.write(whole)
    } else {
      socket.cork()
      socket.write(head, 'latin1')
      socket.write(body)
      socket.uncork()
    }
    if (socket.writableLength === 0) this.close()
    else socket.write('', () => this.close())
  }

  destroy(): void {
    if (!this.#isClosed) this.#socket.destroy()
  }

  on(_event: 'close', listener: () => void): void {
    this.#listeners.push(listener)
  }

  /** The client has it all, or has gone. */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    for (const listener of this.#listeners) listener()
    this.#closed(this)
  }
}

const bytesOf = (part: string | Uint8Array): Uint8Array =>
  typeof part === 'string' ? Buffer.from(part) : part

/** @throws TypeError, as node:http does. */
function requireValue(name: string, value: Value): void {
  if (typeof value === 'object') for (const one of value) requireValue(name, one)
  else if (typeof value === 'string' && NO_VALUE.test(value))
    throw new TypeError(`no value of the header ${name}`)
}

let second = 0
let date = ''

/** This moment as `Date` has it. */
function httpDate(): string {
  const now = Math.floor(Date.now() / 1000)
  if (now !== second) {
    second = now
    date = new Date(now * 1000).toUTCString()
  }
  return date
}
