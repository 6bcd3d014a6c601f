import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Logger } from '@karcis/kit/log'
import { GRAPHQL_TRANSPORT_WS_PROTOCOL } from 'graphql-ws'
import { type RawData, type WebSocket, WebSocketServer } from 'ws'
import type { ClientAddresses } from '../../http/client-address.ts'
import { type HttpServer, urlOf } from '../../http/http-server.ts'
import type { Origins } from '../../http/origins.ts'
import type { RouterLimits } from '../../settings.ts'
import type { FanOut } from '../delivery/fan-out.ts'
import type { Presence } from '../presence.ts'
import { ServedSocket, type SocketServing } from './serve-socket.ts'

/** All client sockets of this router. */
export interface Sockets {
  /** Takes no more operations, and says goodbye to each socket once its queries and mutations are answered. */
  drain(timeoutMs: number): Promise<void>
  /** Says goodbye to all with 1001, after which clients come back elsewhere. */
  close(): Promise<void>
}

export interface SocketsOptions {
  http: HttpServer
  path: string
  origins: Origins
  addresses: ClientAddresses
  limits: RouterLimits
  log: Logger
  fanOut: FanOut
  presence: Presence
  handlers: Pick<SocketServing, 'authenticate' | 'start'>
}

const GOING_AWAY = 1001

const INTERNAL_ERROR = 1011

/** A client that does not answer a goodbye by then is cut off. */
const GOODBYE_MS = 1_000

export function openSockets(options: SocketsOptions): Sockets {
  const { http, path, origins, addresses, limits, log, fanOut, presence, handlers } = options
  const serving: SocketServing = { ...handlers, limits, fanOut, presence, broken }
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false, // done here
    maxPayload: limits.frameBytes,
    perMessageDeflate: false, // events are framed here and not by ws, which could not tell where a compressed one begins
    handleProtocols: (offered) => offered.has(GRAPHQL_TRANSPORT_WS_PROTOCOL) && GRAPHQL_TRANSPORT_WS_PROTOCOL,
  })
  /** All open sockets; those that speak another protocol are not served. */
  const open = new Map<WebSocket, ServedSocket | null>()
  const keepAlive = createKeepAlive(limits.pingIntervalMs, (socket) => open.get(socket)?.closeIfIdle())

  http.server.on('upgrade', (request, stream, head) => {
    const refusal = refusalOf(request)
    if (refusal) return refuse(stream, refusal)
    server.handleUpgrade(request, stream, head, (socket) => welcome(socket, stream, addresses.of(request)))
  })

  function refusalOf(request: IncomingMessage): string | null {
    if (urlOf(request)?.pathname !== path) return '404 Not Found'
    if (!origins.mayConnect(request)) return '403 Forbidden'
    return http.finishing ? '503 Service Unavailable' : null
  }

  function welcome(socket: WebSocket, stream: Duplex, address: string | undefined): void {
    socket.on('error', failed)
    socket.on('close', closed)
    if (socket.protocol !== GRAPHQL_TRANSPORT_WS_PROTOCOL) {
      open.set(socket, null)
      return socket.close(4406, 'Subprotocol not acceptable')
    }
    open.set(socket, new ServedSocket(socket, stream, address, serving))
    socket.on('message', received)
    socket.on('ping', pinged)
    socket.on('pong', pinged)
    keepAlive.watch(socket)
  }

  // All sockets share these listeners: what is made for each socket is what an idle watcher costs.
  function failed({ message }: Error): void {
    log.debug({ reason: message }, 'client socket failed')
  }

  function received(this: WebSocket, data: RawData): void {
    try {
      open.get(this)?.receive((data as Buffer).toString())
    } catch (error) {
      broken(this, error)
    }
  }

  /** What nobody has thought of ends this one socket, and not all that others have. */
  function broken(socket: WebSocket, error: unknown): void {
    log.error({ err: error }, 'client socket broken')
    socket.close(INTERNAL_ERROR, 'Internal error')
  }

  /** Pings are answered by ws itself. */
  function pinged(this: WebSocket): void {
    open.get(this)?.count(1)
  }

  function closed(this: WebSocket): void {
    keepAlive.forget(this)
    open.get(this)?.closed()
    open.delete(this)
  }

  return {
    async drain(timeoutMs) {
      const answered = [...open].map(async ([socket, served]) => {
        await served?.drain()
        socket.close(GOING_AWAY, 'Going away')
      })
      const patience = Promise.withResolvers<void>()
      const timer = setTimeout(patience.resolve, timeoutMs)
      await Promise.race([Promise.all(answered), patience.promise])
      clearTimeout(timer)
    },
    async close() {
      const gone = Array.from(
        open.keys(),
        (socket) => new Promise((resolve) => socket.once('close', resolve)),
      )
      for (const socket of open.keys()) socket.close(GOING_AWAY, 'Going away')
      const cut = setTimeout(() => {
        for (const socket of open.keys()) socket.terminate()
      }, GOODBYE_MS)
      await Promise.all(gone)
      clearTimeout(cut)
      keepAlive[Symbol.dispose]()
      server.close()
    },
  }
}

function refuse(stream: Duplex, status: string): void {
  stream.on('error', () => undefined) // after an upgrade Node listens no more, and a client may reset it at any moment
  stream.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
}

/** Cuts off sockets whose client has gone without closing. */
interface KeepAlive extends Disposable {
  watch(socket: WebSocket): void
  forget(socket: WebSocket): void
}

/** Sockets are pinged in this many groups, one after the other, so that not all are pinged at the same moment. */
const GROUPS = 16

/**
 * Each socket is pinged every `intervalMs`, and must have answered by the next time. One timer serves all.
 * @param inspect called with each socket before it is pinged.
 */
function createKeepAlive(intervalMs: number, inspect: (socket: WebSocket) => void): KeepAlive {
  const groups = Array.from({ length: GROUPS }, () => new Set<WebSocket>())
  const unanswered = new WeakSet<WebSocket>()
  let joining = 0
  let turn = 0

  const timer = setInterval(() => {
    turn = (turn + 1) % GROUPS
    for (const socket of groups[turn] ?? []) {
      if (unanswered.has(socket)) socket.terminate()
      else {
        inspect(socket)
        unanswered.add(socket)
        if (socket.readyState === socket.OPEN) socket.ping()
      }
    }
  }, intervalMs / GROUPS).unref()

  function answered(this: WebSocket): void {
    unanswered.delete(this)
  }

  return {
    watch(socket) {
      socket.on('pong', answered)
      joining = (joining + 1) % GROUPS
      groups[joining]?.add(socket)
    },
    forget(socket) {
      for (const group of groups) if (group.delete(socket)) return
    },
    [Symbol.dispose]: () => clearInterval(timer),
  }
}
