import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { connect } from 'node:net'
import { listen, readBody } from '@karcis/kit/http'
import { eventually } from '@karcis/testkit/eventually'
import { gql } from '@karcis/testkit/gql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type WebSocket, WebSocketServer } from 'ws'
import { createOpenWorld } from './testing/open-world.ts'
import { openRawSocket } from './testing/raw-socket.ts'
import { type RouterProcess, spawnRouter } from './testing/spawn-router.ts'

const SDL = `
  scalar JSON
  type Query { n: Int any: JSON text: String things: [Thing] }
  type Thing { name: String any: JSON }
  type Subscription { tick: JSON }
`

/** Deeper than a stack is. */
const DEPTH = 200_000
const deepJson = `${'['.repeat(DEPTH)}${']'.repeat(DEPTH)}`

type Answer = (response: ServerResponse, query: string) => void

/** A subgraph that answers as a test tells it to, over HTTP and over sockets. */
async function openImpostor() {
  const hands: { answer: Answer; greet: (socket: WebSocket, subscribe: { id: string }) => void } = {
    answer: (response) => response.end('{"data":{"n":7}}'),
    greet: () => undefined,
  }
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    request.on('error', () => undefined)
    response.on('error', () => undefined)
    response.setHeader('content-type', 'application/json')
    readBody(request, 1_000_000).then(
      (body) => hands.answer(response, body),
      () => undefined,
    )
  })
  const sockets = new WebSocketServer({ server, path: '/graphql' })
  sockets.on('connection', (socket) => {
    socket.on('error', () => undefined)
    socket.on('message', (data) => {
      const message = JSON.parse((data as Buffer).toString()) as { type: string; id: string }
      if (message.type === 'connection_init') socket.send('{"type":"connection_ack"}')
      if (message.type === 'subscribe') hands.greet(socket, message)
    })
  })
  const port = await listen(server, 0, '127.0.0.1')
  return {
    hands,
    url: `http://127.0.0.1:${port}/graphql`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets.clients) socket.terminate()
      sockets.close()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

describe('line 25: a router is ended', () => {
  const stack = new AsyncDisposableStack()
  let impostor: Awaited<ReturnType<typeof openImpostor>>
  let router: RouterProcess
  let url: string
  let port: number

  beforeAll(async () => {
    impostor = stack.use(await openImpostor())
    const world = stack.use(await createOpenWorld({ all: { sdl: SDL, resolvers: {} } }))
    const { supergraphFile } = world.settings
    const at = ['--supergraph', supergraphFile, '--subgraph', `all=${impostor.url}`]
    router = stack.use(spawnRouter([...at, '--port', '0']))
    const base = await router.url
    url = `${base}/graphql`
    port = Number(new URL(base).port)
  })
  afterAll(() => stack.disposeAsync())

  /** The very process still answers. */
  async function isAlive(): Promise<boolean> {
    impostor.hands.answer = (response) => response.end('{"data":{"n":7}}')
    const { body } = await eventually(() => gql(url, '{ n }'))
    return body.data?.n === 7
  }

  it.each<[string, string, Answer]>([
    ['deep', '{ any }', (response) => response.end(`{"data":{"any":${deepJson}}}`)],
    [
      'deep in a list',
      '{ things { name any } }',
      (r) => r.end(`{"data":{"things":[{"name":"a","any":${deepJson}}]}}`),
    ],
    [
      'deep in an error',
      '{ n }',
      (response) =>
        response.end(
          `{"data":{"n":null},"errors":[{"message":"no","path":["n"],"extensions":{"code":"SOLD_OUT","deep":${deepJson}}}]}`,
        ),
    ],
    [
      'not UTF-8',
      '{ text }',
      (response) =>
        response.end(
          Buffer.concat([
            Buffer.from('{"data":{"text":"'),
            Buffer.from([0xff, 0xfe, 0xc0]),
            Buffer.from('"}}'),
          ]),
        ),
    ],
    [
      'half',
      '{ text }',
      (response) => {
        response.write('{"data":{"te')
        response.socket?.destroySoon()
      },
    ],
    ['reset', '{ text }', (response) => response.socket?.resetAndDestroy()],
    [
      'reset half way',
      '{ text }',
      (response) => response.write('{"data":{"te', () => response.socket?.resetAndDestroy()),
    ],
    [
      'without end',
      '{ text }',
      (response) => {
        response.write('{"data":{"text":"')
        const chunk = Buffer.alloc(1_000_000, 'x')
        const more = (): void => {
          if (!response.destroyed) response.write(chunk, () => setImmediate(more))
        }
        more()
      },
    ],
    ['errors that are none', '{ n }', (response) => response.end('{"data":{"n":1},"errors":{"a":[null]}}')],
    [
      'errors of null',
      '{ n }',
      (response) => response.end('{"data":{"n":null},"errors":[null,5,{"message":{}}]}'),
    ],
    [
      'data of another kind',
      '{ things { name } }',
      (response) => response.end('{"data":{"things":{"length":9}}}'),
    ],
    ['a status of its own', '{ n }', (response) => response.writeHead(999).end('{}')],
  ])('by no answer of a subgraph: %s', async (_, query, answer) => {
    // Three times at once, and twice, so that every way through the router is taken.
    for (const _time of [1, 2]) {
      impostor.hands.answer = answer
      const all = await Promise.all([1, 2, 3].map((n) => gql(url, `query Q${n} ${query}`)))
      for (const { body } of all) expect(body.data !== undefined || body.errors !== undefined).toBe(true)
      await using socket = await openRawSocket(url)
      await socket.introduce()
      socket.send({ id: '1', type: 'subscribe', payload: { query } })
      expect((await socket.next()).id).toBe('1')
    }
    expect(await isAlive()).toBe(true)
  })

  it.each<[string, (id: string) => string]>([
    ['errors that are none', (id) => `{"id":"${id}","type":"next","payload":{"errors":5}}`],
    ['no errors', (id) => `{"id":"${id}","type":"next","payload":{"errors":[]}}`],
    ['a deep event', (id) => `{"id":"${id}","type":"next","payload":{"data":{"tick":${deepJson}}}}`],
    [
      'a deep error',
      (id) =>
        `{"id":"${id}","type":"error","payload":[{"message":"no","extensions":{"code":"SOLD_OUT","deep":${deepJson}}}]}`,
    ],
    ['data of another kind', (id) => `{"id":"${id}","type":"next","payload":{"data":[5]}}`],
    ['no JSON', () => '{"id":'],
  ])('by no event of a subgraph: %s', async (_, event) => {
    impostor.hands.greet = (socket, { id }) => {
      socket.send(event(id))
      socket.send(`{"id":"${id}","type":"complete"}`)
    }
    await using socket = await openRawSocket(url)
    await socket.introduce()
    socket.send({ id: '1', type: 'subscribe', payload: { query: 'subscription { tick }' } })
    const stream = await fetch(url, {
      method: 'POST',
      headers: { accept: 'text/event-stream', 'content-type': 'application/json' },
      body: JSON.stringify({ query: 'subscription { tick }' }),
      signal: AbortSignal.timeout(500),
    }).then(
      (response) => response.text(),
      () => '',
    )
    expect(stream).toEqual(expect.any(String))
    expect(await isAlive()).toBe(true)
  })

  it.each<[string, string]>([
    ['ping', `{"type":"ping","payload":{"deep":${deepJson}}}`],
    [
      'variable',
      `{"id":"v","type":"subscribe","payload":{"query":"{ n }","variables":{"deep":${deepJson}}}}`,
    ],
    [
      'extension',
      `{"id":"e","type":"subscribe","payload":{"query":"{ n }","extensions":{"deep":${deepJson}}}}`,
    ],
    ['greeting', `{"type":"connection_init","payload":{"authorization":${deepJson}}}`],
    ['id', `{"id":${deepJson},"type":"complete"}`],
    ['document', JSON.stringify({ id: 'd', type: 'subscribe', payload: { query: '{'.repeat(4_000) } })],
  ])('by no message over a socket: a deep %s', async (_, message) => {
    await using socket = await openRawSocket(url)
    await socket.introduce()
    socket.send(message)
    socket.ping()
    await Promise.race([
      socket.closed,
      eventually(() => expect(socket.received.length).toBeGreaterThan(1), 300).catch(() => null),
    ])
    expect(await isAlive()).toBe(true)
  })

  it('by no request: deep, unfinished or reset at any moment', async () => {
    for (const body of [
      `{"query":"{ n }","variables":{"deep":${deepJson}}}`,
      `{"query":"{ n }","extensions":{"deep":${deepJson}}}`,
      deepJson,
      JSON.stringify({ query: `{ ${'n '.repeat(4_000)} }` }),
    ])
      await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body }).then(
        (response) => response.text(),
      )
    const head = 'POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n'
    const upgrade = 'connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n'
    const whole = `${head}content-length: 15\r\n\r\n{"query":"{n}"}`
    for (const sent of [
      head,
      `${head}content-length: 15\r\n\r\n{"query"`,
      whole,
      whole.repeat(50),
      `GET /nothing HTTP/1.1\r\nhost: x\r\n${upgrade}\r\n`,
      `GET /graphql HTTP/1.1\r\nhost: x\r\n${upgrade}sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
      `GET /graphql HTTP/1.1\r\nhost: x\r\n${upgrade}sec-websocket-key: x\r\n\r\n`,
      'CONNECT x:1 HTTP/1.1\r\nhost: x\r\n\r\n',
      '\0\0\0\r\n\r\n',
    ]) {
      for (const waitMs of [0, 1, 5]) {
        await Promise.all(
          Array.from({ length: 10 }, async () => {
            const socket = connect(port, '127.0.0.1')
            socket.on('error', () => undefined)
            await once(socket, 'connect')
            socket.write(sent)
            await new Promise((resolve) => setTimeout(resolve, waitMs))
            socket.resetAndDestroy()
          }),
        )
      }
    }
    expect(await isAlive()).toBe(true)
  })
})
