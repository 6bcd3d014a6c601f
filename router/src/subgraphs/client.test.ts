import { createServer, type ServerResponse } from 'node:http'
import { listen, readBody } from '@karcis/kit/http'
import { createLog } from '@karcis/kit/log'
import { eventually } from '@karcis/testkit/eventually'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openAnonymousAccess } from '../access.ts'
import { DEFAULT_LIMITS, type RouterLimits } from '../settings.ts'
import { createSubgraphClient } from './client.ts'
import { createPeers } from './peers.ts'
import { ResponseRoom } from './response-room.ts'
import { Waiting } from './waiting.ts'

/** A subgraph that delays requests for `slow`, and a client of it. */
async function openWorld(limits: Partial<RouterLimits> = {}, takesBatches = false) {
  const asked: string[] = []
  const deadlines: unknown[] = []
  const held: ServerResponse[] = []
  /** Queries whose caller has gone. */
  const abandoned: string[] = []
  const server = createServer((request, response) => {
    void (async () => {
      const body = JSON.parse(await readBody(request, 1_000_000)) as { query: string } | { query: string }[]
      const query = Array.isArray(body) ? body.map((one) => one.query).join() : body.query
      asked.push(query)
      deadlines.push(request.headers['x-karcis-deadline-ms'])
      response.on('close', () => {
        if (!response.writableEnded) abandoned.push(query)
      })
      if (query.includes('slow')) held.push(response)
      else response.setHeader('content-type', 'application/json').end(JSON.stringify({ data: { query } }))
    })()
  })
  const port = await listen(server, 0, '127.0.0.1')
  const log = createLog('test', 'silent')
  const { tokens } = openAnonymousAccess()
  const peers = createPeers(DEFAULT_LIMITS.subgraphTimeoutMs, log)
  onTestFinished(() => peers[Symbol.dispose]())
  const client = createSubgraphClient({
    name: 'a',
    endpoint: `http://127.0.0.1:${port}/graphql`,
    takesBatches,
    tokens: tokens.to('a'),
    room: new ResponseRoom(DEFAULT_LIMITS.largeResponseBytes),
    breaker: peers.to('a', `http://127.0.0.1:${port}`),
    limits: { ...DEFAULT_LIMITS, ...limits },
    log,
  })
  onTestFinished(async () => {
    await client.close()
    server.closeAllConnections()
    server.close()
  })
  const ask = async (query: string, waiting?: Waiting, context: object = {}) => {
    const request = { query, operationName: undefined, variables: {}, body: JSON.stringify({ query }) }
    const response = await client.ask(
      request,
      Object.assign(context, { viewer: null, requestId: 'request-1', log, waiting }),
    )
    return response instanceof Uint8Array ? JSON.parse(response.toString()) : response
  }
  return { asked, deadlines, held, abandoned, ask }
}

it('answers queries that are behind a slow one, by sending them again', async () => {
  const { asked, held, ask } = await openWorld()
  const slow = ask('{ slow }')
  const queries = ['{ a }', '{ b }', '{ c }']
  expect(await Promise.all(queries.map((query) => ask(query)))).toEqual(
    queries.map((query) => ({ data: { query } })),
  )
  expect(asked.filter((query) => query === '{ a }')).toHaveLength(2)
  for (const response of held) response.end('{"data":{"slow":1}}')
  expect(await slow).toEqual({ data: { slow: 1 } })
})

it('sends mutations by themselves and once, so that none waits for another or is run twice', async () => {
  const { asked, held, ask } = await openWorld()
  const slow = ask('mutation { slow }')
  const mutations = ['mutation { a }', 'mutation { b }', 'mutation { c }']
  await Promise.all(mutations.map((query) => ask(query)))
  expect(asked.toSorted()).toEqual([...mutations, 'mutation { slow }'])
  for (const response of held) response.end('{"data":{"slow":1}}')
  expect(await slow).toEqual({ data: { slow: 1 } })
})

describe('line 15: work that nobody waits for', () => {
  const soon = () => new Waiting(Date.now() + 60_000)

  it('is not done: the subgraph loses its caller as the client goes', async () => {
    const { asked, abandoned, ask } = await openWorld()
    const waiting = soon()
    const slow = ask('{ slow }', waiting)
    await eventually(() => expect(asked).toEqual(['{ slow }']))
    waiting.end()
    await slow
    await eventually(() => expect(abandoned).toEqual(['{ slow }']))
    await ask('{ late }', waiting)
    expect(asked).toEqual(['{ slow }'])
  })

  it('is not done although others share its connection, who are answered', async () => {
    const { asked, abandoned, ask } = await openWorld()
    const waiting = soon()
    const slow = ask('{ slow }', waiting)
    const others = ['{ a }', '{ b }', '{ c }', '{ d }', '{ e }', '{ f }'].map((query) => ask(query, soon()))
    await eventually(() => expect(asked).toContain('{ slow }'))
    waiting.end()
    await slow
    expect((await Promise.all(others)).map(({ data }) => data.query)).toEqual([
      '{ a }',
      '{ b }',
      '{ c }',
      '{ d }',
      '{ e }',
      '{ f }',
    ])
    await eventually(() => expect(abandoned).toContain('{ slow }'))
  })

  it('is done while one of those who share it is left', async () => {
    const { asked, abandoned, ask } = await openWorld({}, true)
    const first = soon()
    void ask('{ slow first }', first)
    await eventually(() => expect(asked).toHaveLength(1))
    const [second, third] = [soon(), soon()]
    void ask('{ slow second }', second)
    void ask('{ slow third }', third)
    await eventually(() => expect(asked.at(-1)).toBe('{ slow second },{ slow third }'))
    second.end()
    first.end()
    await eventually(() => expect(abandoned).toEqual(['{ slow first }']))
    third.end()
    await eventually(() => expect(abandoned).toEqual(['{ slow first }', '{ slow second },{ slow third }']))
  })

  it('is done when it is a mutation, which ends as it will', async () => {
    const { asked, held, abandoned, deadlines, ask } = await openWorld()
    const waiting = soon()
    const slow = ask('mutation { slow }', waiting)
    await eventually(() => expect(asked).toHaveLength(1))
    waiting.end()
    held[0]?.end('{"data":{"slow":1}}')
    expect(await slow).toEqual({ data: { slow: 1 } })
    expect([abandoned, deadlines]).toEqual([[], [undefined]])
  })

  it('has a deadline, which the subgraph is told', async () => {
    const { asked, deadlines, ask } = await openWorld({ subgraphTimeoutMs: 5_000 })
    await ask('{ a }')
    await ask('{ b }', soon())
    await ask('{ c }', new Waiting(Date.now() + 1_000))
    expect(deadlines.slice(0, 2)).toEqual(['5000', '5000'])
    expect(Number(deadlines[2])).toBeGreaterThan(900)
    expect(Number(deadlines[2])).toBeLessThanOrEqual(1_000)
    const late = await ask('{ d }', new Waiting(Date.now() - 1))
    expect(late.errors[0].extensions.code).toBe('SERVICE_UNAVAILABLE')
    expect(asked).toEqual(['{ a }', '{ b }', '{ c }'])
  })
})

describe('line 15: an answer that is too large', () => {
  const TOO_LARGE = { code: 'BAD_USER_INPUT', mostBytes: 2_000 }

  it('is refused as such, whichever of its parts makes it so', async () => {
    const { ask } = await openWorld({ answerBytes: 2_000 })
    const context = {}
    const query = `{ ${'a'.repeat(1_200)} }`
    expect(await ask(query, undefined, context)).toEqual({ data: { query } })
    expect((await ask(query, undefined, context)).errors[0].extensions).toEqual(TOO_LARGE)
    expect(await ask(query)).toEqual({ data: { query } })
  })

  it('is refused as such when it is so from one subgraph', async () => {
    const { ask } = await openWorld({ subgraphResponseBytes: 2_000 })
    expect((await ask(`{ ${'a'.repeat(3_000)} }`)).errors[0].extensions).toEqual(TOO_LARGE)
  })
})
