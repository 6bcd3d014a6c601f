import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { guardSocket } from '../src/subgraph/socket-guard.ts'

/** A socket to a guarded server. */
async function open(limits: { burst: number; perSecond: number }) {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  server.on('connection', (socket) => guardSocket(socket, limits))
  await once(server, 'listening')
  const socket = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`)
  await once(socket, 'open')
  onTestFinished(() => {
    socket.terminate()
    server.close()
  })
  return { socket, closed: once(socket, 'close').then(([code]) => code as number) }
}

describe('line 22: one socket of a subgraph', () => {
  it.each([
    ['pings', (socket: WebSocket) => socket.ping()],
    ['messages', (socket: WebSocket) => socket.send('{"type":"subscribe"}')],
  ])('is closed for a flood of %s', async (_, send) => {
    const { socket, closed } = await open({ burst: 50, perSecond: 1 })
    for (let n = 0; n < 200; n += 1) send(socket)
    expect(await closed).toBe(4429)
  })
})
