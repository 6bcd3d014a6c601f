import { KarcisError } from '@karcis/kit/errors'
import { CloseCode, type Message, MessageType, parseMessage, type SubscribePayload } from 'graphql-ws'
import type { WebSocket } from 'ws'
import type { Identity } from '../security/authenticate.ts'
import type { RouterLimits } from '../settings.ts'
import type { Outbox } from './outbox.ts'
import type { StartOperation } from './start.ts'
import type { Join } from './topics.ts'

export interface SocketHandlers {
  authenticate(authorization: string | undefined): Promise<Identity | null>
  /** Told whom the socket belongs to before that is acknowledged; false when there are too many of that viewer. */
  admit(identity: Identity): boolean
  start: StartOperation
}

interface Operation {
  /** Set while it is live. */
  leave?: () => void
}

export interface ServedSocket {
  /** Takes no more operations. Resolves when queries and mutations under way have been answered. */
  drain(): Promise<void>
}

/** Close code for a token that has ended; clients try again with a new one, unlike after 4401. */
export const TOKEN_ENDED = CloseCode.Forbidden

/** A client that goes on asking while it does not read is cut when this much waits for it. */
const MAX_UNREAD_BYTES = 8_000_000

const TRY_AGAIN_LATER = 1013

/** Longest wait that a timer can hold. */
const MAX_TIMER_MS = 2 ** 31 - 1

/** Apollo Sandbox introduces itself twice, once without its token. */
const MAX_INITS = 2

/**
 * The server side of graphql-transport-ws on one socket.
 * Written out because graphql-ws' own closes the whole socket for one bad operation or a second introduction, and takes a
 * reused id for the operation that had it before.
 */
export function serveSocket(
  socket: WebSocket,
  outbox: Outbox,
  handlers: SocketHandlers,
  limits: RouterLimits,
): ServedSocket {
  const served = new Served(socket, outbox, handlers, limits)
  socket.on('message', (data) => served.receive((data as Buffer).toString()))
  socket.once('close', () => served.close())
  return served
}

/** A class, so that ten thousand of them share their methods. */
class Served implements ServedSocket {
  readonly #socket: WebSocket
  readonly #outbox: Outbox
  readonly #handlers: SocketHandlers
  readonly #limits: RouterLimits
  readonly #operations = new Map<string, Operation>()
  #identity: Identity | null = null
  #inits = 0
  #acknowledged = false
  #initWait: NodeJS.Timeout | undefined
  #expiry: NodeJS.Timeout | undefined
  #drained: PromiseWithResolvers<void> | null = null

  constructor(socket: WebSocket, outbox: Outbox, handlers: SocketHandlers, limits: RouterLimits) {
    this.#socket = socket
    this.#outbox = outbox
    this.#handlers = handlers
    this.#limits = limits
    this.#initWait = setTimeout(
      () => socket.close(CloseCode.ConnectionInitialisationTimeout, 'Connection initialisation timeout'),
      limits.initTimeoutMs,
    )
  }

  close(): void {
    clearTimeout(this.#initWait)
    clearTimeout(this.#expiry)
    for (const id of this.#operations.keys()) this.#stop(id)
  }

  receive(text: string): void {
    // A client may ignore that it was told to go; nothing more is done in its name.
    if (this.#socket.readyState !== this.#socket.OPEN) return
    if (this.#socket.bufferedAmount > MAX_UNREAD_BYTES) return this.#socket.terminate()
    let message: Message
    try {
      message = parseMessage(text)
    } catch {
      return this.#socket.close(CloseCode.BadRequest, 'Invalid message received')
    }
    if (message.type === MessageType.ConnectionInit) void this.#introduce(message.payload)
    else if (message.type === MessageType.Ping)
      this.#send({ type: MessageType.Pong, payload: message.payload })
    else if (message.type === MessageType.Subscribe) void this.#subscribe(message.id, message.payload)
    else if (message.type === MessageType.Complete) this.#stop(message.id)
  }

  async #introduce(params: Record<string, unknown> | undefined): Promise<void> {
    clearTimeout(this.#initWait)
    this.#initWait = undefined
    this.#inits++
    if (this.#inits > MAX_INITS)
      return this.#socket.close(CloseCode.TooManyInitialisationRequests, 'Too many initialisation requests')
    try {
      const next = await this.#handlers.authenticate(authorizationOf(params))
      if (this.#socket.readyState !== this.#socket.OPEN) return
      if (next && this.#identity && next.viewer.sessionId !== this.#identity.viewer.sessionId) {
        return this.#socket.close(
          CloseCode.TooManyInitialisationRequests,
          'Already introduced with another session',
        )
      }
      if (next && !this.#identity && !this.#handlers.admit(next)) {
        return this.#socket.close(CloseCode.TooManyInitialisationRequests, 'Too many sockets of one viewer')
      }
      if (next) this.#become(next)
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

  #become(next: Identity): void {
    this.#identity = next
    clearTimeout(this.#expiry)
    const left = Math.min(next.expiresAt - Date.now(), MAX_TIMER_MS)
    this.#expiry = setTimeout(() => this.#socket.close(TOKEN_ENDED, 'TOKEN_EXPIRED'), left)
  }

  async #subscribe(id: string, payload: SubscribePayload): Promise<void> {
    if (!this.#acknowledged) return this.#socket.close(CloseCode.Unauthorized, 'Unauthorized')
    if (this.#operations.has(id))
      return this.#socket.close(CloseCode.SubscriberAlreadyExists, `Subscriber for ${id} already exists`)
    if (this.#operations.size >= this.#limits.operationsPerSocket)
      return this.#send({ id, type: MessageType.Error, payload: TOO_MANY })
    if (this.#drained) return this.#send({ id, type: MessageType.Error, payload: STOPPING })
    const operation: Operation = {}
    this.#operations.set(id, operation)
    const started = await this.#handlers.start(payload, this.#identity)
    // The client may have gone while the operation was being started; the id may even be in use by a later one.
    if (this.#operations.get(id) !== operation) return
    if (started.kind === 'live') {
      this.#watch(id, operation, started.join)
    } else if (started.kind === 'single') {
      this.#send({ id, type: MessageType.Next, payload: started.result })
      this.#end(id, { id, type: MessageType.Complete })
    } else this.#end(id, { id, type: MessageType.Error, payload: started.errors })
  }

  #watch(id: string, operation: Operation, join: Join): void {
    const line = this.#outbox.line(`{"id":${JSON.stringify(id)},"type":"next","payload":`, '}')
    const leave = join({
      line,
      completed: () => this.#end(id, { id, type: MessageType.Complete }),
      failed: (errors) => this.#end(id, { id, type: MessageType.Error, payload: errors }),
    })
    operation.leave = () => {
      line.close()
      leave()
    }
    this.#tellWhenQuiet()
  }

  #end(id: string, lastWord: object): void {
    this.#outbox.flush()
    this.#send(lastWord)
    this.#stop(id)
  }

  #stop(id: string): void {
    const operation = this.#operations.get(id)
    this.#operations.delete(id)
    operation?.leave?.()
    this.#tellWhenQuiet()
  }

  /** Whoever only watches can watch elsewhere as well. */
  #tellWhenQuiet(): void {
    if (this.#drained && [...this.#operations.values()].every(({ leave }) => leave)) this.#drained.resolve()
  }

  #send(message: object): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(JSON.stringify(message))
  }

  drain(): Promise<void> {
    this.#drained ??= Promise.withResolvers()
    this.#tellWhenQuiet()
    return this.#drained.promise
  }
}

/** Clients that take over an HTTP header's name write it large. */
function authorizationOf(params: Record<string, unknown> = {}): string | undefined {
  const value = params.authorization ?? params.Authorization ?? undefined
  return value === undefined || typeof value === 'string' ? value : 'not a text'
}

const failure = (message: string, extensions: object) => [{ message, extensions }]

const TOO_MANY = failure('This connection runs too many operations at once.', { code: 'RATE_LIMITED' })

const STOPPING = failure('This server is stopping. Connect again.', {
  code: 'SERVICE_UNAVAILABLE',
  retryAfterSeconds: 1,
})
