import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Logger } from '@karcis/kit/log'
import { GRAPHQL_TRANSPORT_WS_PROTOCOL } from 'graphql-ws'
import { type WebSocket, WebSocketServer } from 'ws'
import { type HttpServer, urlOf } from '../http/http-server.ts'
import type { Origins } from '../http/origins.ts'
import type { Identity } from '../security/authenticate.ts'
import type { RouterLimits } from '../settings.ts'
import type { FanOut } from './fan-out.ts'
import { WEB_SOCKET } from './frames.ts'
import { createKeepAlive } from './keep-alive.ts'
import type { Presence } from './presence.ts'
import { type ServedSocket, type SocketHandlers, serveSocket, TOKEN_ENDED } from './serve-socket.ts'

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
  limits: RouterLimits
  log: Logger
  fanOut: FanOut
  presence: Presence
  handlers: Omit<SocketHandlers, 'admit'>
}

const GOING_AWAY = 1001

/** A client that does not answer a goodbye is cut. */
const GOODBYE_MS = 1_000

export function openSockets({
  http,
  path,
  origins,
  limits,
  log,
  fanOut,
  presence,
  handlers,
}: SocketsOptions): Sockets {
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: limits.frameBytes,
    perMessageDeflate: false, // events are framed here and not by ws, which could not tell where a compressed one begins
    handleProtocols: (offered) => offered.has(GRAPHQL_TRANSPORT_WS_PROTOCOL) && GRAPHQL_TRANSPORT_WS_PROTOCOL,
  })
  const served = new Map<WebSocket, ServedSocket>()
  const keepAlive = createKeepAlive(limits.pingIntervalMs)

  http.server.on('upgrade', (request, stream, head) => {
    const refusal = refusalOf(request)
    if (refusal) return refuse(stream, refusal)
    server.handleUpgrade(request, stream, head, (socket) => welcome(socket, stream))
  })

  function refusalOf(request: IncomingMessage): string | null {
    if (urlOf(request)?.pathname !== path) return '404 Not Found'
    if (!origins.mayConnect(request)) return '403 Forbidden'
    return http.draining ? '503 Service Unavailable' : null
  }

  function welcome(socket: WebSocket, stream: Duplex): void {
    socket.on('error', (error) => log.debug({ reason: error.message }, 'client socket failed'))
    if (socket.protocol !== GRAPHQL_TRANSPORT_WS_PROTOCOL)
      return socket.close(4406, 'Subprotocol not acceptable')
    keepAlive.watch(socket)
    let release = (): void => undefined
    socket.once('close', () => {
      keepAlive.forget(socket)
      release()
      served.delete(socket)
    })
    const admit = (identity: Identity): boolean => {
      const admitted = presence.admit(identity, () => socket.close(TOKEN_ENDED, 'UNAUTHENTICATED'))
      release = admitted ?? release
      return admitted !== null
    }
    const outbox = fanOut.open(stream, WEB_SOCKET, () => socket.readyState === socket.OPEN)
    served.set(socket, serveSocket(socket, outbox, { ...handlers, admit }, limits))
  }

  return {
    async drain(timeoutMs) {
      const answered = [...served].map(async ([socket, operations]) => {
        await operations.drain()
        socket.close(GOING_AWAY, 'Going away')
      })
      const patience = Promise.withResolvers<void>()
      const timer = setTimeout(patience.resolve, timeoutMs)
      await Promise.race([Promise.all(answered), patience.promise])
      clearTimeout(timer)
    },
    async close() {
      const gone = [...server.clients].map(
        (socket) => new Promise((resolve) => socket.once('close', resolve)),
      )
      for (const socket of server.clients) socket.close(GOING_AWAY, 'Going away')
      const cut = setTimeout(() => {
        for (const socket of server.clients) socket.terminate()
      }, GOODBYE_MS)
      await Promise.all(gone)
      clearTimeout(cut)
      keepAlive[Symbol.dispose]()
      server.close()
    },
  }
}

function refuse(stream: Duplex, status: string): void {
  stream.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
}
