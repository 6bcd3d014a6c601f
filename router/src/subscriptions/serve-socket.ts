import { KarcisError } from '@karcis/kit/errors'
import { CloseCode, type Message, MessageType, parseMessage, type SubscribePayload } from 'graphql-ws'
import type { FormattedExecutionResult, GraphQLFormattedError } from 'graphql'
import type { WebSocket } from 'ws'
import type { Identity } from '../security/authenticate.ts'
import type { RouterLimits } from '../settings.ts'
import type { Outbox } from './outbox.ts'
import type { Join } from './topics.ts'

/** What came of an operation: refused as a whole, one result, or events for whoever joins. */
export type Started =
  | { kind: 'refused'; errors: readonly GraphQLFormattedError[] }
  | { kind: 'single'; result: FormattedExecutionResult }
  | { kind: 'live'; join: Join }

export interface SocketHandlers {
  authenticate(authorization: string | undefined): Promise<Identity | null>
  /** Told whom the socket belongs to before that is acknowledged; false when there are too many of that viewer. */
  admit(identity: Identity): boolean
  /** Never rejects. */
  start(payload: SubscribePayload, identity: Identity | null): Promise<Started>
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
  const operations = new Map<string, Operation>()
  let drained: PromiseWithResolvers<void> | null = null
  let identity: Identity | null = null
  let inits = 0
  let acknowledged = false
  let expiry: NodeJS.Timeout | undefined
  const initWait = setTimeout(
    () => socket.close(CloseCode.ConnectionInitialisationTimeout, 'Connection initialisation timeout'),
    limits.initTimeoutMs,
  )

  socket.on('message', (data) => receive((data as Buffer).toString()))
  socket.once('close', () => {
    clearTimeout(initWait)
    clearTimeout(expiry)
    for (const id of operations.keys()) stop(id)
  })

  function receive(text: string): void {
    // A client may ignore that it was told to go; nothing more is done in its name.
    if (socket.readyState !== socket.OPEN) return
    if (socket.bufferedAmount > MAX_UNREAD_BYTES) return socket.terminate()
    let message: Message
    try {
      message = parseMessage(text)
    } catch {
      return socket.close(CloseCode.BadRequest, 'Invalid message received')
    }
    if (message.type === MessageType.ConnectionInit) void introduce(message.payload)
    else if (message.type === MessageType.Ping) send({ type: MessageType.Pong, payload: message.payload })
    else if (message.type === MessageType.Subscribe) void subscribe(message.id, message.payload)
    else if (message.type === MessageType.Complete) stop(message.id)
  }

  async function introduce(params: Record<string, unknown> | undefined): Promise<void> {
    clearTimeout(initWait)
    inits++
    if (inits > MAX_INITS)
      return socket.close(CloseCode.TooManyInitialisationRequests, 'Too many initialisation requests')
    try {
      const next = await handlers.authenticate(authorizationOf(params))
      if (socket.readyState !== socket.OPEN) return
      if (next && identity && next.viewer.sessionId !== identity.viewer.sessionId) {
        return socket.close(
          CloseCode.TooManyInitialisationRequests,
          'Already introduced with another session',
        )
      }
      if (next && !identity && !handlers.admit(next)) {
        return socket.close(CloseCode.TooManyInitialisationRequests, 'Too many sockets of one viewer')
      }
      if (next) become(next)
      acknowledged = true
      send({ type: MessageType.ConnectionAck })
    } catch (error) {
      const { code } = error instanceof KarcisError ? error : { code: 'INTERNAL_SERVER_ERROR' }
      socket.close(
        code === 'UNAUTHENTICATED' || code === 'TOKEN_EXPIRED' ? TOKEN_ENDED : TRY_AGAIN_LATER,
        code,
      )
    }
  }

  function become(next: Identity): void {
    identity = next
    clearTimeout(expiry)
    const left = Math.min(next.expiresAt - Date.now(), MAX_TIMER_MS)
    expiry = setTimeout(() => socket.close(TOKEN_ENDED, 'TOKEN_EXPIRED'), left)
  }

  async function subscribe(id: string, payload: SubscribePayload): Promise<void> {
    if (!acknowledged) return socket.close(CloseCode.Unauthorized, 'Unauthorized')
    if (operations.has(id))
      return socket.close(CloseCode.SubscriberAlreadyExists, `Subscriber for ${id} already exists`)
    if (operations.size >= limits.operationsPerSocket)
      return send({ id, type: MessageType.Error, payload: TOO_MANY })
    if (drained) return send({ id, type: MessageType.Error, payload: STOPPING })
    const operation: Operation = {}
    operations.set(id, operation)
    const started = await handlers.start(payload, identity)
    // The client may have gone while the operation was being started; the id may even be in use by a later one.
    if (operations.get(id) !== operation) return
    if (started.kind === 'live') {
      watch(id, operation, started.join)
    } else if (started.kind === 'single') {
      send({ id, type: MessageType.Next, payload: started.result })
      end(id, { id, type: MessageType.Complete })
    } else end(id, { id, type: MessageType.Error, payload: started.errors })
  }

  function watch(id: string, operation: Operation, join: Join): void {
    const line = outbox.line(`{"id":${JSON.stringify(id)},"type":"next","payload":`, '}')
    const leave = join({
      line,
      completed: () => end(id, { id, type: MessageType.Complete }),
      failed: (errors) => end(id, { id, type: MessageType.Error, payload: errors }),
    })
    operation.leave = () => {
      line.close()
      leave()
    }
    tellWhenQuiet()
  }

  function end(id: string, lastWord: object): void {
    outbox.flush()
    send(lastWord)
    stop(id)
  }

  function stop(id: string): void {
    const operation = operations.get(id)
    operations.delete(id)
    operation?.leave?.()
    tellWhenQuiet()
  }

  /** Whoever only watches can watch elsewhere as well. */
  function tellWhenQuiet(): void {
    if (drained && [...operations.values()].every(({ leave }) => leave)) drained.resolve()
  }

  function send(message: object): void {
    if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(message))
  }

  return {
    drain() {
      drained ??= Promise.withResolvers()
      tellWhenQuiet()
      return drained.promise
    },
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
