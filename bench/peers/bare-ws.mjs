// The least that a Node server on ws can do for a subscription: one loop that sends the same bytes to everybody.
// usage: node bare-ws.mjs <port> <port of the products subgraph>
import { createServer } from 'node:http'
import { WebSocketServer } from 'ws'
import { watchUpstream } from './upstream.mjs'

const [port, upstreamPort] = process.argv.slice(2).map(Number)
const server = createServer((_, response) => response.end())
const sockets = new WebSocketServer({
  server,
  perMessageDeflate: false,
  handleProtocols: () => 'graphql-transport-ws',
})
const watchers = new Set()
sockets.on('connection', (socket) => {
  socket.on('message', (data) => {
    const { type } = JSON.parse(data)
    if (type === 'connection_init') socket.send('{"type":"connection_ack"}')
    if (type === 'subscribe') watchers.add(socket)
  })
  socket.on('close', () => watchers.delete(socket))
  socket.on('error', () => socket.terminate())
})
watchUpstream(upstreamPort, (payload) => {
  const message = Buffer.from(JSON.stringify({ id: '1', type: 'next', payload }))
  for (const socket of watchers) socket.send(message, { binary: false })
})
server.listen(port, '127.0.0.1')
