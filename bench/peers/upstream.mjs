import { WebSocket } from 'ws'
import { PRICES } from '../router/catalogue.ts'

/**
 * Watches the subgraph's events over one socket.
 * @param {number} port @param {(payload: { data: object }) => void} hear
 */
export function watchUpstream(port, hear) {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/graphql`, 'graphql-transport-ws')
  socket.on('open', () => socket.send('{"type":"connection_init"}'))
  socket.on('message', (data) => {
    const { type, payload } = JSON.parse(data)
    if (type === 'connection_ack')
      socket.send(JSON.stringify({ id: 'up', type: 'subscribe', payload: { query: PRICES.query } }))
    if (type === 'next') hear(payload)
  })
}
