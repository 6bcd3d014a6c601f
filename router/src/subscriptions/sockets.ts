import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Logger } from '@karcis/kit/log'
import { GRAPHQL_TRANSPORT_WS_PROTOCOL } from 'graphql-ws'
import { type WebSocket, WebSocketServer } from 'ws'
import { type HttpServer, urlOf } from '../http/http-server.ts'
import type { Origins } from '../http/origins.ts'
import type { Identity } from '../security/authenticate.ts'
import type { Revocations } from '../security/revocations.ts'
import type { RouterLimits } from '../settings.ts'
import type { FanOut } from './fan-out.ts'
import { WEB_SOCKET } from './frames.ts'
import { type SocketHandlers, serveSocket, TOKEN_ENDED } from './serve-socket.ts'

/** All client sockets of this router. */
export interface Sockets {
  /** Closes those whose session has ended, or whose viewer has another role than it began with. */
  recheck(revocations: Revocations): void
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
  handlers: Omit<SocketHandlers, 'admit'>
}

const GOING_AWAY = 1001

/** A client that does not answer a goodbye is cut. */
const GOODBYE_MS = 1_000

export function openSockets({ http, path, origins, limits, log, fanOut, handlers }: SocketsOptions): Sockets {
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: limits.frameBytes,
    perMessageDeflate: false, // events are framed here and not by ws, which could not tell where a compressed one begins
    handleProtocols: (offered) => offered.has(GRAPHQL_TRANSPORT_WS_PROTOCOL) && GRAPHQL_TRANSPORT_WS_PROTOCOL,
  })
  const identities = new Map<WebSocket, Identity>()
  const perViewer = new Map<string, number>()

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
    const stopPinging = keepAlive(socket)
    socket.once('close', () => {
      stopPinging()
      leave(socket)
    })
    const outbox = fanOut.open(stream, WEB_SOCKET, () => socket.readyState === socket.OPEN)
    serveSocket(socket, outbox, { ...handlers, admit: (identity) => admit(socket, identity) }, limits)
  }

  function admit(socket: WebSocket, identity: Identity): boolean {
    const { id } = identity.viewer
    const count = perViewer.get(id) ?? 0
    if (count >= limits.socketsPerViewer) return false
    perViewer.set(id, count + 1)
    identities.set(socket, identity)
    return true
  }

  function leave(socket: WebSocket): void {
    const id = identities.get(socket)?.viewer.id
    identities.delete(socket)
    if (id === undefined) return
    const count = (perViewer.get(id) ?? 1) - 1
    if (count > 0) perViewer.set(id, count)
    else perViewer.delete(id)
  }

  /** Cuts a socket whose other end has gone without a word. */
  function keepAlive(socket: WebSocket): () => void {
    let answered = true
    socket.on('pong', () => {
      answered = true
    })
    const timer = setInterval(() => {
      if (!answered) return socket.terminate()
      answered = false
      socket.ping()
    }, limits.pingIntervalMs)
    return () => clearInterval(timer)
  }

  return {
    recheck(revocations) {
      for (const [socket, { viewer }] of identities) {
        if (revocations.check(viewer)?.role !== viewer.role) socket.close(TOKEN_ENDED, 'UNAUTHENTICATED')
      }
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
      server.close()
    },
  }
}

function refuse(stream: Duplex, status: string): void {
  stream.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
}
