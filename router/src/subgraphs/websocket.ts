import { ServiceUnavailable } from '@karcis/kit/errors'
import type { ExecutionResult } from 'graphql'
import {
  GRAPHQL_TRANSPORT_WS_PROTOCOL,
  type Message,
  MessageType,
  parseMessage,
  type SubscribePayload,
} from 'graphql-ws'
import { WebSocket } from 'ws'

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
 * @param maxOperations that run at the same time; one more fails at once, and can be tried again.
 */
export function createUpstreamSocket(url: string, maxOperations: number): UpstreamSocket {
  const endpoint = new URL(url.replace(/^http/, 'ws'))
  const listeners = new Map<string, UpstreamListener>()
  let connection: Promise<WebSocket> | null = null
  let idle: NodeJS.Timeout | undefined
  let lastId = 0

  function connect(): Promise<WebSocket> {
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
      else if ('id' in message) receive(message)
    })
    socket.on('error', reject)
    socket.on('close', () => {
      clearTimeout(ackWait)
      clearInterval(pinging)
      reject(new Error('closed'))
      connection = null
      const lost = [...listeners.values()]
      listeners.clear()
      for (const listener of lost) listener.lost()
    })
    return promise
  }

  function receive(message: Message & { id: string }): void {
    const listener = listeners.get(message.id)
    if (!listener) return // it has unsubscribed, and our message about that is on its way
    if (message.type === MessageType.Next) return listener.next(message.payload as ExecutionResult)
    forget(message.id)
    if (message.type === MessageType.Error) listener.failed(message.payload)
    else listener.completed()
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
      if (listeners.size >= maxOperations) {
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
        if (!forget(id)) return
        connection?.then((socket) => socket.send(JSON.stringify({ id, type: MessageType.Complete })), ignore)
      }
    },
    close() {
      clearTimeout(idle)
      listeners.clear()
      connection?.then((socket) => socket.close(1000), ignore)
    },
  }
}

const { message, code, facts } = new ServiceUnavailable('Too much is being watched just now. Try again.', 5)
const TOO_MANY = { message, extensions: { code, ...facts } }

function read(text: string): Message | null {
  try {
    return parseMessage(text)
  } catch {
    return null
  }
}

/** A connection that fails is reported to each listener as lost. */
function ignore(): void {}
