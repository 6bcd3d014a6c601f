import { createServer as createHttp1, type RequestListener, type Server, type ServerOptions } from 'node:http'
import { createServer as createHttp2 } from 'node:http2'
import type { Socket } from 'node:net'
import { replaceImport } from './replace.ts'

for (const importer of ['packages/kit/src/subgraph/server.ts', 'bench/peers/subgraphs.mjs'])
  replaceImport('node:http', importer, import.meta.url)

/** What an HTTP/2 connection begins with (RFC 9113, section 3.4), and no HTTP/1.1 request does. */
const PREFACE = Buffer.from('PRI * HTTP/2.0')

/** A server that speaks HTTP/2 without TLS to those who begin with it, and HTTP/1.1 and WebSockets to all others. */
export function createServer(...given: [RequestListener] | [ServerOptions, RequestListener]): Server {
  const [options, listener] = given.length === 1 ? [{}, given[0]] : given
  const http1 = createHttp1(options, listener)
  const http2 = createHttp2(listener as unknown as Parameters<typeof createHttp2>[0])
  const [serveHttp1] = http1.listeners('connection') as [(socket: Socket) => void]
  http1.removeAllListeners('connection')
  http1.on('connection', (socket: Socket) => {
    socket.on('error', () => socket.destroy())
    socket.once('data', (first: Buffer) => {
      socket.pause()
      socket.unshift(first)
      if (first.subarray(0, PREFACE.length).equals(PREFACE)) return http2.emit('connection', socket)
      serveHttp1.call(http1, socket)
      socket.resume()
    })
  })
  return http1
}
