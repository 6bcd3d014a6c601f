import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { NOT_BEGUN_HEADER } from '@karcis/kit/contracts/requests'
import { listen, readBody } from '@karcis/kit/http'
import { createLog } from '@karcis/kit/log'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openAnonymousAccess } from '../access.ts'
import { DEFAULT_LIMITS } from '../settings.ts'
import { createSubgraphClient } from './client.ts'
import { createPeers } from './peers.ts'
import { ResponseRoom } from './response-room.ts'

type Body = { query: string } | { query: string }[]

/** @param takes answers a request, unless it is answered as usual. @returns what asks the subgraph. */
async function openWorld(
  takesBatches: boolean,
  takes: (request: IncomingMessage, response: ServerResponse, body: Body) => boolean,
) {
  const server = createServer((request, response) => {
    void readBody(request, 1_000_000).then((text) => {
      const body = JSON.parse(text) as Body
      if (takes(request, response, body)) return
      if (!Array.isArray(body))
        return response
          .setHeader('content-type', 'application/json')
          .end(JSON.stringify({ data: { query: body.query } }))
      response.setHeader('content-type', 'application/jsonl')
      for (const [index, { query }] of body.entries())
        response.write(`[${index},${JSON.stringify({ data: { query } })}]\n`)
      response.end()
    })
  })
  const port = await listen(server, 0, '127.0.0.1')
  const log = createLog('test', 'silent')
  const peers = createPeers(DEFAULT_LIMITS.subgraphTimeoutMs, log)
  onTestFinished(() => peers[Symbol.dispose]())
  const client = createSubgraphClient({
    name: 'a',
    endpoint: `http://127.0.0.1:${port}/graphql`,
    takesBatches,
    tokens: openAnonymousAccess().tokens.to('a'),
    room: new ResponseRoom(DEFAULT_LIMITS.largeResponseBytes),
    breaker: peers.to('a', `http://127.0.0.1:${port}`),
    limits: DEFAULT_LIMITS,
    log,
  })
  onTestFinished(async () => {
    await client.close()
    server.closeAllConnections()
    server.close()
  })
  return async (query: string) => {
    const request = { query, operationName: undefined, variables: {}, body: JSON.stringify({ query }) }
    const response = await client.ask(request, { viewer: null, requestId: 'request-1', log })
    return response instanceof Uint8Array ? JSON.parse(response.toString()) : response
  }
}

const UNAVAILABLE = { extensions: { code: 'SERVICE_UNAVAILABLE' } }

describe('line 30: a subgraph that stops', () => {
  it.each([
    ['by itself', false],
    ['in batches', true],
  ])('costs no query, asked %s: each is sent again over a connection of its own', async (_, takesBatches) => {
    const used = new WeakMap<Socket, number>()
    // A connection is lost with the third request on it, and all that are under way with it.
    const ask = await openWorld(takesBatches, ({ socket }) => {
      const times = (used.get(socket) ?? 0) + 1
      used.set(socket, times)
      if (times < 3) return false
      socket.destroy()
      return true
    })
    for (let round = 0; round < 10; round++) {
      const queries = Array.from({ length: 20 }, (_, index) => `{ q${round}_${index} }`)
      expect(await Promise.all(queries.map((query) => ask(query)))).toEqual(
        queries.map((query) => ({ data: { query } })),
      )
    }
  })

  it.each(['{ a }', 'mutation { a }'])(
    'is asked again for %s when it says that it has begun nothing',
    async (query) => {
      const asked: string[] = []
      const ask = await openWorld(false, (_, response, body) => {
        asked.push((body as { query: string }).query)
        if (asked.length > (query === '{ a }' ? 2 : 1)) return false
        response.writeHead(503, { [NOT_BEGUN_HEADER]: '1' }).end('{}')
        return true
      })
      expect(await ask(query)).toEqual({ data: { query } })
    },
  )

  it.each<[string, (response: ServerResponse) => void]>([
    ['says that it is unavailable', (response) => response.writeHead(503).end('{}')],
    ['breaks off', (response) => response.socket?.destroy()],
    ['breaks off in its answer', (response) => response.write('{"data', () => response.socket?.destroy())],
  ])('is never sent a mutation twice when it %s', async (_, answer) => {
    let asked = 0
    const ask = await openWorld(false, (_request, response) => {
      asked += 1
      answer(response)
      return true
    })
    expect((await ask('mutation { a }')).errors).toMatchObject([UNAVAILABLE])
    expect(asked).toBe(1)
  })
})
