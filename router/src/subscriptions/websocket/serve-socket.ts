import type { Writable } from 'node:stream'
import { KarcisError } from '@karcis/kit/errors'
import { CloseCode, type Message, MessageType, parseMessage, type SubscribePayload } from 'graphql-ws'
import type { WebSocket } from 'ws'
import { isBeyondText, TOO_LARGE } from '../../errors.ts'
import type { Identity } from '../../security/authenticate.ts'
import type { RouterLimits } from '../../settings.ts'
import { Waiting } from '../../subgraphs/waiting.ts'
import type { FanOut } from '../delivery/fan-out.ts'
import { WEB_SOCKET } from '../delivery/frames.ts'
import type { Gate, WriteQueue } from '../delivery/write-queue.ts'
import type { Presence, Release } from '../presence.ts'
import type { StartOperation } from '../start.ts'
import { type OperationMessage, SocketOperation } from './socket-operation.ts'

/** What all sockets share. */
export interface SocketServing {
  authenticate(authorization: string | undefined): Promise<Identity | null>
  presence: Presence
  start: StartOperation
  fanOut: FanOut
  limits: RouterLimits
  /** Something failed that should not; the socket is closed. */
  broken(socket: WebSocket, error: unknown): void
}

/** Close code for a token that is no longer valid; clients try again with a new one, unlike after 4401. */
export const TOKEN_ENDED = CloseCode.Forbidden

/** A client that goes on asking without reading is cut off when this many bytes wait for it. */
const MAX_UNREAD_BYTES = 8_000_000

const TRY_AGAIN_LATER = 1013

/** The longest delay that a timer takes. */
const MAX_TIMER_MS = 2 ** 31 - 1

/** Close code for a client that sends more than anybody needs; clients do not try again. */
const TOO_MANY_MESSAGES = CloseCode.TooManyInitialisationRequests

/** Close code for a socket on which nothing runs; clients open another when they need one. */
const IDLE = 1000

/** Characters of a message that count as one. */
const MESSAGE_LENGTH = 20_000

const NONE: readonly SocketOperation[] = []

/**
 * The server side of graphql-transport-ws on one socket.
 * Written out because graphql-ws' own closes the whole socket for one bad operation or a second `connection_init`, and takes a
 * reused id for the operation that had it before.
 * A class, called by listeners that all sockets share, because ten thousand of them are held.
 */
export class ServedSocket implements Gate {
  readonly #socket: WebSocket
  readonly #writeQueue: WriteQueue
  readonly #serving: SocketServing
  /** A new list for each change: most sockets have one operation for long, and such a list has room for no more. */
  #operations = NONE
  #identity: Identity | null = null
  readonly #address: string | undefined
  #release: Release | null
  #introduced: 'not yet' | 'without a token' | 'for good' = 'not yet'
  #acknowledged = false
  /** Messages that are still taken at once, as of `#countedAt`. */
  #allowance: number
  #countedAt = performance.now()
  /** Since when nothing has run on it. */
  #idleSince = performance.now()
  #initWait: NodeJS.Timeout | undefined
  #expiry: NodeJS.Timeout | undefined
  #drained: PromiseWithResolvers<void> | null = null

  /** @param stream on which the socket runs. @param address of the client. */
  constructor(socket: WebSocket, stream: Writable, address: string | undefined, serving: SocketServing) {
    this.#socket = socket
    this.#serving = serving
    this.#address = address
    this.#allowance = serving.limits.messageBurst
    this.#release = serving.presence.admitAnonymous(address)
    this.#writeQueue = serving.fanOut.open(stream, WEB_SOCKET, this)
    this.#initWait = setTimeout(
      () => socket.close(CloseCode.ConnectionInitialisationTimeout, 'Connection initialisation timeout'),
      serving.limits.initTimeoutMs,
    )
    if (!this.#release) socket.close(TOO_MANY_MESSAGES, 'Too many sockets of one address')
  }

  get isOpen(): boolean {
    return this.#socket.readyState === this.#socket.OPEN
  }

  /** The socket has been closed. */
  closed(): void {
    clearTimeout(this.#initWait)
    clearTimeout(this.#expiry)
    this.#release?.()
    for (const operation of this.#operations) this.#stop(operation)
  }

  receive(text: string): void {
    // A client may ignore that it was told to close; nothing more is done in its name.
    if (!this.isOpen) return
    if (this.#socket.bufferedAmount > MAX_UNREAD_BYTES) return this.#socket.terminate()
    this.count(1 + text.length / MESSAGE_LENGTH)
    if (!this.isOpen) return
    let message: Message
    try {
      message = parseMessage(text)
    } catch {
      return this.#socket.close(CloseCode.BadRequest, 'Invalid message received')
    }
    if (message.type === MessageType.ConnectionInit) this.#own(this.#init(message.payload))
    else if (message.type === MessageType.Ping)
      this.#send({ type: MessageType.Pong, payload: message.payload })
    else if (message.type === MessageType.Subscribe) this.#own(this.#subscribe(message.id, message.payload))
    else if (message.type === MessageType.Complete) this.#stop(this.#find(message.id))
  }

  #own(running: Promise<void>): void {
    running.catch((error: unknown) => this.#serving.broken(this.#socket, error))
  }

  /** Counts messages, whatever they are, as a token bucket; one too many closes the socket. */
  count(messages: number): void {
    const { messageBurst, messagesPerSecond } = this.#serving.limits
    const now = performance.now()
    const earned = ((now - this.#countedAt) / 1000) * messagesPerSecond
    this.#allowance = Math.min(messageBurst, this.#allowance + earned) - messages
    this.#countedAt = now
    if (this.#allowance < 0) this.#socket.close(TOO_MANY_MESSAGES, 'Too many messages')
  }

  /** Called now and then. */
  closeIfIdle(): void {
    const isIdle = this.#operations.length === 0
    if (isIdle && performance.now() - this.#idleSince > this.#serving.limits.idleSocketMs)
      this.#socket.close(IDLE, 'Idle')
  }

  /** Apollo Sandbox sends `connection_init` twice, first without its token; a third, or another order, means a mistake. */
  #mayInit(authorization: string | undefined): boolean {
    const before = this.#introduced
    this.#introduced = authorization === undefined ? 'without a token' : 'for good'
    return before === 'not yet' || (before === 'without a token' && authorization !== undefined)
  }

  async #init(params: Record<string, unknown> | null | undefined): Promise<void> {
    clearTimeout(this.#initWait)
    this.#initWait = undefined
    const authorization = authorizationOf(params)
    if (!this.#mayInit(authorization))
      return this.#socket.close(CloseCode.TooManyInitialisationRequests, 'Too many initialisation requests')
    try {
      const next = await this.#serving.authenticate(authorization)
      if (!this.isOpen) return
      if (next && !this.#admit(next)) {
        return this.#socket.close(CloseCode.TooManyInitialisationRequests, 'Too many sockets of one viewer')
      }
      if (next) this.#setIdentity(next)
      this.#acknowledged = true
      this.#send({ type: MessageType.ConnectionAck })
    } catch (error) {
      const { code } = error instanceof KarcisError ? error : { code: 'INTERNAL_SERVER_ERROR' }
      this.#socket.close(
        code === 'UNAUTHENTICATED' || code === 'TOKEN_EXPIRED' ? TOKEN_ENDED : TRY_AGAIN_LATER,
        code,
      )
    }
  }

  #admit(identity: Identity): boolean {
    this.#release?.()
    this.#release = this.#serving.presence.admit(identity, () =>
      this.#socket.close(TOKEN_ENDED, 'UNAUTHENTICATED'),
    )
    return this.#release !== null
  }

  #setIdentity(next: Identity): void {
    this.#identity = next
    clearTimeout(this.#expiry)
    const left = Math.min(next.expiresAt - Date.now(), MAX_TIMER_MS)
    this.#expiry = setTimeout(() => this.#socket.close(TOKEN_ENDED, 'TOKEN_EXPIRED'), left)
  }

  async #subscribe(id: string, payload: SubscribePayload): Promise<void> {
    if (!this.#acknowledged) return this.#socket.close(CloseCode.Unauthorized, 'Unauthorized')
    if (this.#find(id))
      return this.#socket.close(CloseCode.SubscriberAlreadyExists, `Subscriber for ${id} already exists`)
    if (this.#operations.length >= this.#serving.limits.operationsPerSocket)
      return this.#send({ id, type: MessageType.Error, payload: TOO_MANY })
    if (this.#drained) return this.#send({ id, type: MessageType.Error, payload: STOPPING })
    const waiting = new Waiting(Date.now() + this.#serving.limits.requestMs)
    const operation = new SocketOperation(id, this, waiting)
    this.#operations = [...this.#operations, operation]
    const client = { address: this.#address, waiting }
    const started = await this.#serving.start(payload, this.#identity, client)
    // The client may have gone while the operation was being started; its id may even be in use by a later one.
    if (!this.#operations.includes(operation)) return
    if (started.kind === 'live') {
      operation.watch(this.#writeQueue, started.join)
      this.#resolveWhenDrained()
    } else if (started.kind === 'single') {
      // What it holds of the room for large responses it holds until it has been sent.
      this.#send({ id, type: MessageType.Next, payload: started.result }, operation.answered())
      this.end(operation, { id, type: MessageType.Complete })
    } else this.end(operation, { id, type: MessageType.Error, payload: started.errors })
  }

  /** Ends an operation from this side. */
  end(operation: SocketOperation, finalMessage: OperationMessage): void {
    this.#writeQueue.flush()
    this.#send(finalMessage)
    this.#stop(operation)
  }

  #find(id: string): SocketOperation | undefined {
    return this.#operations.find((operation) => operation.id === id)
  }

  #stop(operation: SocketOperation | undefined): void {
    this.#operations = this.#operations.filter((other) => other !== operation)
    operation?.leave()
    this.#idleSince = performance.now()
    this.#resolveWhenDrained()
  }

  /** Subscriptions are not waited for: their clients can subscribe elsewhere. */
  #resolveWhenDrained(): void {
    if (this.#drained && this.#operations.every(({ isLive }) => isLive)) this.#drained.resolve()
  }

  /** @param sent called when the client has been sent it, or cannot be any more. */
  #send(message: Partial<OperationMessage>, sent?: () => void): void {
    if (!this.isOpen) return sent?.()
    this.#socket.send(encode(message), sent)
  }

  /** Takes no more operations. Resolves when queries and mutations under way have been answered. */
  drain(): Promise<void> {
    this.#drained ??= Promise.withResolvers()
    this.#resolveWhenDrained()
    return this.#drained.promise
  }
}

function encode(message: Partial<OperationMessage>): string {
  try {
    return JSON.stringify(message)
  } catch (error) {
    if (!isBeyondText(error)) throw error
    const { id, type } = message
    return id === undefined
      ? JSON.stringify({ type })
      : `{"id":${JSON.stringify(id)},"type":"${MessageType.Error}","payload":${JSON.stringify(TOO_LARGE.errors)}}`
  }
}

/** Clients that copy the name of the HTTP header begin it with a capital. */
function authorizationOf(params: Record<string, unknown> | null | undefined): string | undefined {
  const value = params?.authorization ?? params?.Authorization ?? undefined
  return value === undefined || typeof value === 'string' ? value : 'not a text'
}

const failure = (message: string, extensions: object) => [{ message, extensions }]

const TOO_MANY = failure('This connection runs too many operations at once.', {
  code: 'RATE_LIMITED',
  retryAfterSeconds: 1,
})

const STOPPING = failure('This server is stopping. Connect again.', {
  code: 'SERVICE_UNAVAILABLE',
  retryAfterSeconds: 1,
})
