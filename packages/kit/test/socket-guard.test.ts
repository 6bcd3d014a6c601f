import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { eventually } from '@karcis/testkit/eventually'
import { describe, expect, it, onTestFinished } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { createAsyncQueue } from '../src/async-queue.ts'
import { createServiceTokens } from '../src/service-token.ts'
import { guardSocket } from '../src/subgraph/socket-guard.ts'
import { SECRET, startServer } from './start-server.ts'

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
  socket.on('error', () => undefined) // what is sent after the end; how it ended is told by its close
  return { socket, closed: new Promise<number>((resolve) => socket.once('close', resolve)) }
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

const SDL = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key"])
  type Query { hello: Int }
  type Subscription { silence: Int }
`

/** A raw socket to a subgraph: what it hears, and how it is closed. */
async function connectTo(url: string) {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws')
  const heard: { id?: string; type: string; payload?: { extensions: Record<string, unknown> }[] }[] = []
  socket.on('error', () => undefined)
  socket.on('message', (text: Buffer) => heard.push(JSON.parse(text.toString())))
  const closed = new Promise<number>((resolve) => socket.once('close', resolve))
  await once(socket, 'open')
  onTestFinished(() => socket.terminate())
  const send = (message: object) => socket.send(JSON.stringify(message))
  return { heard, closed, send }
}

const startSilence = () =>
  startServer({
    sdl: SDL,
    resolvers: {
      Query: { hello: () => 1 },
      Subscription: { silence: { subscribe: () => createAsyncQueue(() => undefined) } },
    },
  })

describe('lines 15 and 22: a socket of the subgraph server', () => {
  it('that never says who it is, is closed', async () => {
    await using server = await startSilence()
    const { closed } = await connectTo(server.url)
    expect(await closed).toBe(4408)
  })

  it('has 12,000 operations at once, more than the router has, and others again when some have ended', async () => {
    await using server = await startSilence()
    const { heard, send } = await connectTo(server.url)
    send({ type: 'connection_init' })
    await eventually(() => expect(heard).toMatchObject([{ type: 'connection_ack' }]))
    const serviceToken = await createServiceTokens(SECRET, 'router').to('booking').sign(null)
    const subscribe = (id: string, query = 'subscription { silence }') =>
      send({ id, type: 'subscribe', payload: { query, extensions: { serviceToken } } })
    const answerTo = (id: string) =>
      eventually(() => {
        const answer = heard.find((message) => message.id === id)
        if (!answer) throw new Error(`no answer to ${id}`)
        return answer
      })
    for (let n = 0; n < 12_000; n += 1) subscribe(String(n))
    subscribe('too many')
    expect((await answerTo('too many')).payload?.[0]?.extensions).toEqual({
      code: 'RATE_LIMITED',
      most: 12_000,
    })
    expect(heard.filter(({ type }) => type === 'error')).toHaveLength(1)
    send({ id: '17', type: 'complete' })
    let tries = 0
    await eventually(async () => {
      const id = `again ${(tries += 1)}`
      subscribe(id, '{ hello }')
      expect((await answerTo(id)).type).toBe('next')
    })
  })
})
