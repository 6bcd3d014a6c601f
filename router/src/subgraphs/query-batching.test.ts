import { createServer, type ServerResponse } from 'node:http'
import { listen, readBody } from '@karcis/kit/http'
import { createLog } from '@karcis/kit/log'
import { gql } from '@karcis/testkit/gql'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openAnonymousAccess } from '../access.ts'
import { DEFAULT_LIMITS, type RouterLimits } from '../settings.ts'
import { createWorld } from '../testing/world.ts'
import { createSubgraphClient } from './client.ts'
import { createPeers } from './peers.ts'
import { ResponseRoom } from './response-room.ts'

async function openWorld() {
  const world = await createWorld()
  onTestFinished(() => world[Symbol.asyncDispose]())
  const { gate } = world
  const held = Promise.withResolvers<void>()
  const reached = Promise.withResolvers<void>()
  gate.wait = held.promise
  gate.reached = reached.resolve
  /** Keeps the first request under way, so that those after it are sent together. */
  const slow = gql(world.url, '{ echo(text: "slow") }')
  await reached.promise
  return { world, slow, release: held.resolve }
}

const UNAVAILABLE = { extensions: { code: 'SERVICE_UNAVAILABLE', retryAfterSeconds: expect.any(Number) } }

describe('what is asked of a subgraph at the same time', () => {
  it('goes there in few requests, and everybody gets their own response', async () => {
    const { world, slow, release } = await openWorld()
    const questions = [
      ['{ user(id: "u1") { name } }', { data: { user: { name: 'Ani' } } }],
      ['query($id: ID!) { user(id: $id) { name } }', { data: { user: { name: 'Budi' } } }, { id: 'u2' }],
      ['{ user(id: "none") { name } }', { data: { user: null } }],
      [
        '{ soldOut }',
        { data: { soldOut: null }, errors: [{ path: ['soldOut'], extensions: { code: 'SOLD_OUT' } }] },
      ],
      ['{ bug }', { data: { bug: null }, errors: [{ extensions: { code: 'INTERNAL_SERVER_ERROR' } }] }],
    ] as const
    const asked = Array.from({ length: 4 }, () => questions).flat()
    // With different names, because the same operation would be run once for all.
    const askAll = () =>
      Promise.all(
        asked.map(([query, , variables], index) =>
          gql(world.url, query.replace(/^query|^/, `query Q${index} `), variables),
        ),
      )
    await askAll() // planning takes long enough for each to be sent by itself
    const before = world.calls.length
    const responses = await askAll()
    release()
    responses.forEach(({ body }, index) => expect(body).toMatchObject(asked[index]?.[1] ?? {}))
    expect(world.calls.length - before).toBeLessThan(asked.length / 2)
    expect((await slow).body).toEqual({ data: { echo: 'slow' } })
  })

  it('fails with the id of each request, whatever it was batched with', async () => {
    const { world, slow, release } = await openWorld()
    const ids = ['request-of-ani', 'request-of-budi', 'request-of-cici']
    const ask = (id: string) => gql(world.url, `query Of_${id.slice(-3)} { bug }`, {}, { 'x-request-id': id })
    const responses = await Promise.all(ids.map(ask))
    release()
    expect(responses.map(({ body }) => body.errors?.[0]?.extensions?.requestId)).toEqual(ids)
    await slow
  })

  it('does not wait for a slow query in the same batch', async () => {
    const { world, slow, release } = await openWorld()
    const queries = [
      '{ user(id: "u1") { name } }',
      '{ echo(text: "slow too") }',
      '{ user(id: "u2") { name } }',
    ]
    const [first, held, last] = queries.map((query) => gql(world.url, query))
    const quick = await Promise.all([first, last])
    release()
    expect(quick.map((response) => response?.body.data?.user.name)).toEqual(['Ani', 'Budi'])
    expect((await held)?.body).toEqual({ data: { echo: 'slow too' } })
    await slow
  })

  it('is never in a batch with that of another viewer', async () => {
    const { world, slow, release } = await openWorld()
    const viewers = ['u1', 'u2', 'u1', 'u2']
    const responses = await Promise.all([
      ...viewers.map(async (id, index) =>
        gql(world.url, `query Q${index} { me { id } }`, {}, await world.as({ id })),
      ),
      gql(world.url, '{ me { id } }'),
    ])
    release()
    expect(responses.map(({ body }) => body.data?.me)).toEqual([...viewers.map((id) => ({ id })), null])
    await slow
  })
})

/** Sends three queries at the same time to a subgraph that answers single queries, and batches as `answerBatch` does. */
async function askThree(
  answerBatch: (response: ServerResponse, size: number, requestIds: unknown) => void,
  limits: Partial<RouterLimits> = {},
) {
  const single: string[] = []
  const server = createServer((request, response) => {
    void (async () => {
      const body = JSON.parse(await readBody(request, 1_000_000)) as { query: string } | { query: string }[]
      if (Array.isArray(body)) return answerBatch(response, body.length, request.headers['x-request-id'])
      single.push(body.query)
      // The first is under way until the others have been sent.
      const delay = body.query === '{ first }' ? 30 : 0
      response.setHeader('content-type', 'application/json')
      setTimeout(() => response.end(JSON.stringify({ data: { query: body.query } })), delay)
    })()
  })
  const port = await listen(server, 0, '127.0.0.1')
  const log = createLog('test', 'silent')
  const peers = createPeers(5_000, log)
  onTestFinished(() => peers[Symbol.dispose]())
  const client = createSubgraphClient({
    name: 'a',
    endpoint: `http://127.0.0.1:${port}/graphql`,
    takesBatches: true,
    tokens: openAnonymousAccess().tokens.to('a'),
    room: new ResponseRoom(DEFAULT_LIMITS.largeResponseBytes),
    breaker: peers.to('a', `http://127.0.0.1:${port}`),
    limits: { ...DEFAULT_LIMITS, subgraphTimeoutMs: 5_000, ...limits },
    log,
  })
  onTestFinished(async () => {
    await client.close()
    server.closeAllConnections()
    server.close()
  })
  const responses = await Promise.all(
    ['{ first }', '{ a }', '{ b }', '{ c }'].map(async (query, index) => {
      const request = { query, operationName: undefined, variables: {}, body: JSON.stringify({ query }) }
      const response = await client.ask(request, { viewer: null, requestId: `request-${index}`, log })
      return response instanceof Uint8Array ? JSON.parse(response.toString()) : response
    }),
  )
  // A query that waits behind a slow one is sent again, and the machine that tests may be slow: see `pipeline.ts`.
  return { single: [...new Set(single)].toSorted(), responses: responses.slice(1) }
}

const alone = (query: string) => ({ data: { query } })
const JSONL = { 'content-type': 'application/jsonl' }

describe('a batch', () => {
  it('takes responses in any order, cut anywhere', async () => {
    const { single, responses } = await askThree((response) => {
      response.writeHead(200, JSONL)
      const text =
        '[2,{"data":{"é":3}}]\n[0,{"data":{"n":1}}]\n[1,{"data":null,"errors":[{"message":"no"}]}]\n'
      const bytes = [...Buffer.from(text)].map((byte) => Buffer.from([byte]))
      void (async () => {
        for (const byte of bytes) await new Promise<void>((resolve) => response.write(byte, () => resolve()))
        response.end()
      })()
    })
    expect(responses).toEqual([
      { data: { n: 1 } },
      { data: null, errors: [{ message: 'no' }] },
      { data: { é: 3 } },
    ])
    expect(single).toEqual(['{ first }'])
  })

  it.each<[string, (response: ServerResponse) => void]>([
    [
      'knows no batches',
      (response) => response.writeHead(400, { 'content-type': 'application/json' }).end('{}'),
    ],
    ['answers something else', (response) => response.end('[0,{"data":{"n":1}}]\n')],
    ['breaks off', (response) => response.destroy()],
  ])('is asked one by one of a subgraph that %s', async (_, answerBatch) => {
    const { single, responses } = await askThree(answerBatch)
    expect(responses).toEqual(['{ a }', '{ b }', '{ c }'].map(alone))
    expect(single).toEqual(['{ a }', '{ b }', '{ c }', '{ first }'])
  })

  it.each<[string, (response: ServerResponse) => void]>([
    ['breaks off after the first response', (response) => response.destroy()],
    ['forgets the others', (response) => response.end()],
    ['answers a query that was not asked', (response) => response.end('[7,{"data":{"n":1}}]\n')],
    ['answers a query twice', (response) => response.end('[0,{"data":{"n":9}}]\n')],
    ['sends what is not a response', (response) => response.end('[1,nonsense]\n')],
  ])('is sent again, as far as it has no responses, when the subgraph %s', async (_, end) => {
    const { single, responses } = await askThree((response) => {
      response.writeHead(200, JSONL).write('[0,{"data":{"n":1}}]\n', () => end(response))
    })
    expect(responses).toEqual([{ data: { n: 1 } }, alone('{ b }'), alone('{ c }')])
    expect(single).toEqual(['{ b }', '{ c }', '{ first }'])
  })

  it('line 34: names the request of each', async () => {
    const named: unknown[] = []
    await askThree((response, _, requestIds) => {
      named.push(requestIds)
      response.destroy()
    })
    expect(named).toEqual(['request-1,request-2,request-3'])
  })

  it('line 34: refuses an answer that is too large, at once, and takes those beside it', async () => {
    const { single, responses } = await askThree(
      (response) => {
        response.writeHead(200, JSONL).write('[1,{"data":{"n":"')
        for (let piece = 0; piece < 5; piece++) response.write('x'.repeat(1_000))
        response.end('"}}]\n[0,{"data":{"n":1}}]\n[2,{"data":{"n":3}}]\n')
      },
      { subgraphResponseBytes: 2_000 },
    )
    expect(responses).toEqual([
      { data: { n: 1 } },
      {
        data: null,
        errors: [
          {
            message: expect.stringContaining('too large'),
            path: ['b'],
            extensions: { code: 'BAD_USER_INPUT', mostBytes: 2_000 },
          },
        ],
      },
      { data: { n: 3 } },
    ])
    expect(single).toEqual(['{ first }'])
  })

  it('is not sent again when the subgraph is too slow', async () => {
    const { single, responses } = await askThree(
      (response) => {
        response.writeHead(200, JSONL).write('[1,{"data":{"n":1}}]\n')
      },
      { subgraphTimeoutMs: 100 },
    )
    expect(responses).toEqual([
      { data: null, errors: [{ ...UNAVAILABLE, message: expect.any(String), path: ['a'] }] },
      { data: { n: 1 } },
      expect.objectContaining({ data: null }),
    ])
    expect(single).toEqual(['{ first }'])
  })
})
