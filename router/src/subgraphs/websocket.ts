import { CircuitOpen } from '@karcis/kit/breakers/circuit'
import type { PeerBreaker } from '@karcis/kit/breakers/peer-breaker'
import { type KarcisError, ServiceUnavailable } from '@karcis/kit/errors'
import type { ExecutionResult } from 'graphql'
import {
  GRAPHQL_TRANSPORT_WS_PROTOCOL,
  type Message,
  MessageType,
  parseMessage,
  type SubscribePayload,
} from 'graphql-ws'
import { WebSocket } from 'ws'
import { AnswerTooLarge } from '../errors.ts'
import { exactly } from '../exact-json.ts'
import type { RouterLimits } from '../settings.ts'

/** What can come of an operation upstream; after `failed`, `completed` or `lost` nothing more comes. */
export interface UpstreamListener {
  /** The operation has been sent over a connection that works. */
  opened(): void
  next(result: ExecutionResult): void
  failed(errors: readonly unknown[]): void
  completed(): void
  /** The connection was lost or never made. */
  lost(): void
}

/** One socket to one subgraph, shared by all operations that run there; opened by the first, closed after the last. */
export interface UpstreamSocket {
  /** @returns a function that ends the operation; the listener is not called any more. */
  subscribe(payload: SubscribePayload, listener: UpstreamListener): () => void
  close(): void
}

const CONNECT_TIMEOUT_MS = 5_000
const PING_INTERVAL_MS = 12_000
/** The next operation often follows soon after the last. */
const IDLE_MS = 10_000

/**
 * @param url of the subgraph's GraphQL endpoint, http or https.
 * @param limits `upstreamOperations` run at the same time; one more fails at once, and can be tried again. An event of more than
 *   `subgraphResponseBytes` ends its operation.
 * @param breaker while it is open no connection is made: that is a loss like any other, and whoever has patience tries again.
 */
export function createUpstreamSocket(
  url: string,
  limits: Pick<RouterLimits, 'upstreamOperations' | 'subgraphResponseBytes'>,
  breaker: PeerBreaker,
): UpstreamSocket {
  const endpoint = new URL(url.replace(/^http/, 'ws'))
  const listeners = new Map<string, UpstreamListener>()
  let connection: Promise<WebSocket> | null = null
  let idle: NodeJS.Timeout | undefined
  let lastId = 0

  function connect(): Promise<WebSocket> {
    const connecting = breaker.run(openSocket)
    connecting.catch((error: unknown) => {
      if (error instanceof CircuitOpen) lose()
    })
    return connecting
  }

  function lose(): void {
    connection = null
    const lost = [...listeners.values()]
    listeners.clear()
    for (const listener of lost) listener.lost()
  }

  function openSocket(): Promise<WebSocket> {
    const { promise, resolve, reject } = Promise.withResolvers<WebSocket>()
    const socket = new WebSocket(endpoint, GRAPHQL_TRANSPORT_WS_PROTOCOL, {
      handshakeTimeout: CONNECT_TIMEOUT_MS,
      perMessageDeflate: false,
    })
    const ackWait = setTimeout(() => socket.terminate(), CONNECT_TIMEOUT_MS)
    let isAlive = true
    const pinging = setInterval(() => {
      if (!isAlive) return socket.terminate()
      isAlive = false
      if (socket.readyState === socket.OPEN) socket.ping()
    }, PING_INTERVAL_MS)

    socket.on('open', () => socket.send(JSON.stringify({ type: MessageType.ConnectionInit })))
    socket.on('pong', () => {
      isAlive = true
    })
    socket.on('message', (data) => {
      const message = read((data as Buffer).toString())
      if (!message) return socket.terminate()
      if (message.type === MessageType.ConnectionAck) {
        clearTimeout(ackWait)
        resolve(socket)
      } else if (message.type === MessageType.Ping) socket.send(JSON.stringify({ type: MessageType.Pong }))
      else if ('id' in message) receive(message, (data as Buffer).length)
    })
    socket.on('error', reject)
    socket.on('close', () => {
      clearTimeout(ackWait)
      clearInterval(pinging)
      reject(new Error('closed'))
      lose()
    })
    return promise
  }

  function receive(message: Message & { id: string }, size: number): void {
    const { id } = message
    const listener = listeners.get(id)
    if (!listener) return // it has unsubscribed, and our message about that is on its way
    const isTooLarge = size > limits.subgraphResponseBytes
    if (message.type === MessageType.Next && !isTooLarge)
      return listener.next(message.payload as ExecutionResult)
    forget(id)
    if (isTooLarge) {
      complete(id)
      listener.failed([asError(new AnswerTooLarge({ mostBytes: limits.subgraphResponseBytes }))])
    } else if (message.type === MessageType.Error) listener.failed(message.payload)
    else listener.completed()
  }

  function complete(id: string): void {
    connection?.then((socket) => socket.send(JSON.stringify({ id, type: MessageType.Complete })), ignore)
  }

  function forget(id: string): boolean {
    const existed = listeners.delete(id)
    if (existed && listeners.size === 0) {
      idle = setTimeout(() => void connection?.then((socket) => socket.close(1000), ignore), IDLE_MS).unref()
    }
    return existed
  }

  return {
    subscribe(payload, listener) {
      if (listeners.size >= limits.upstreamOperations) {
        queueMicrotask(() => listener.failed([TOO_MANY]))
        return ignore
      }
      const id = String(++lastId)
      clearTimeout(idle)
      listeners.set(id, listener)
      connection ??= connect()
      connection.then((socket) => {
        if (!listeners.has(id)) return
        socket.send(JSON.stringify({ id, type: MessageType.Subscribe, payload }))
        listener.opened()
      }, ignore)
      return () => {
        if (forget(id)) complete(id)
      }
    },
    close() {
      clearTimeout(idle)
      listeners.clear()
      connection?.then((socket) => socket.close(1000), ignore)
    },
  }
}

const asError = ({ message, code, facts }: KarcisError) => ({ message, extensions: { code, ...facts } })

const TOO_MANY = asError(new ServiceUnavailable('Too much is being watched just now. Try again.', 5))

function read(text: string): Message | null {
  try {
    return parseMessage(text, exactly(text))
  } catch {
    return null
  }
}

/** A connection that fails is reported to each listener as lost. */
function ignore(): void {}
