// The least that a Node server on ws can do for a subscription: one loop that sends the same bytes to everybody.
// usage: node bare-ws.mjs <port> <port of the products subgraph>
import { createServer } from 'node:http'
import { WebSocketServer } from 'ws'
import { PRICES, REVIEWED_PRICES } from '../router/catalogue.ts'
import { watchUpstream } from './upstream.mjs'

const [port, upstreamPort] = process.argv.slice(2).map(Number)
const server = createServer((_, response) => response.end())
const sockets = new WebSocketServer({
  server,
  perMessageDeflate: false,
  handleProtocols: () => 'graphql-transport-ws',
})
/** By what they asked for: each subscription is answered with the same bytes for all. */
const watchers = { [PRICES.query]: new Set(), [REVIEWED_PRICES.query]: new Set() }
sockets.on('connection', (socket) => {
  socket.on('message', (data) => {
    const { type, payload } = JSON.parse(data)
    if (type === 'connection_init') socket.send('{"type":"connection_ack"}')
    if (type === 'subscribe') watchers[payload.query].add(socket)
  })
  socket.on('close', () => {
    for (const asked of Object.values(watchers)) asked.delete(socket)
  })
  socket.on('error', () => socket.terminate())
})
watchUpstream(upstreamPort, (payload) => {
  const number = payload.data.priceChanged.price.amount
  for (const { query, data } of [PRICES, REVIEWED_PRICES]) {
    const message = Buffer.from(JSON.stringify({ id: '1', type: 'next', payload: { data: data(number) } }))
    for (const socket of watchers[query]) socket.send(message, { binary: false })
  }
})
server.listen(port, '127.0.0.1')
