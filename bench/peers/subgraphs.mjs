// The three subgraphs, in one process: answers on HTTP, and events over graphql-transport-ws when the bench says so.
// usage: node subgraphs.mjs <port of products> <of reviews> <of accounts>; then by IPC { first, count } publishes events
import { createServer } from 'node:http'
import { WebSocketServer } from 'ws'
import { createCanned } from '../router/canned.ts'
import { SUBGRAPH_NAMES } from '../router/catalogue.ts'

const ports = process.argv.slice(2).map(Number)

for (const [index, name] of SUBGRAPH_NAMES.entries()) {
  const canned = createCanned(name)
  const server = createServer({ keepAliveTimeout: 600_000 }, (request, response) => {
    const chunks = []
    request.on('data', (chunk) => chunks.push(chunk))
    request.on('end', () => {
      const answer = canned.answer(String(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)))
      response.writeHead(200, {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(answer),
      })
      response.end(answer)
    })
  })
  if (name === 'products') serveEvents(server, canned)
  server.listen(ports[index], '127.0.0.1')
}

/** @param {import('node:http').Server} server @param {import('../router/canned.ts').Canned} canned */
function serveEvents(server, canned) {
  const sockets = new WebSocketServer({
    server,
    perMessageDeflate: false,
    handleProtocols: () => 'graphql-transport-ws',
  })
  /** @type {Set<{ socket: import('ws').WebSocket, id: string, query: string }>} */
  const watchers = new Set()
  sockets.on('connection', (socket) => {
    const mine = new Map()
    const forget = (id) => watchers.delete(mine.get(id)) && mine.delete(id)
    socket.on('message', (data) => {
      const { type, id, payload } = JSON.parse(data)
      if (type === 'connection_init') socket.send('{"type":"connection_ack"}')
      else if (type === 'ping') socket.send('{"type":"pong"}')
      else if (type === 'complete') forget(id)
      else if (type === 'subscribe') {
        const watcher = { socket, id, query: payload.query }
        mine.set(id, watcher)
        watchers.add(watcher)
      }
    })
    socket.on('close', () => [...mine.keys()].forEach(forget))
    socket.on('error', () => socket.terminate())
  })
  process.on('message', ({ first, count }) => {
    for (let number = first; number < first + count; number++) {
      for (const { socket, id, query } of watchers) {
        socket.send(`{"id":"${id}","type":"next","payload":${canned.event(query, number)}}`)
      }
    }
  })
}
