import { createServer, type ServerResponse } from 'node:http'
import { listen, readBody } from '@karcis/kit/http'
import { createLog } from '@karcis/kit/log'
import { expect, it, onTestFinished } from 'vitest'
import { openAnonymousAccess } from '../access.ts'
import { DEFAULT_LIMITS } from '../settings.ts'
import { createSubgraphClient } from './client.ts'

/** A subgraph that delays requests for `slow`, and a client of it. */
async function openWorld() {
  const asked: string[] = []
  const held: ServerResponse[] = []
  const server = createServer((request, response) => {
    void (async () => {
      const { query } = JSON.parse(await readBody(request, 1_000_000)) as { query: string }
      asked.push(query)
      if (query.includes('slow')) held.push(response)
      else response.setHeader('content-type', 'application/json').end(JSON.stringify({ data: { query } }))
    })()
  })
  const port = await listen(server, 0, '127.0.0.1')
  const log = createLog('test', 'silent')
  const { tokens } = openAnonymousAccess()
  const client = createSubgraphClient({
    name: 'a',
    endpoint: `http://127.0.0.1:${port}/graphql`,
    takesBatches: false,
    tokens,
    limits: DEFAULT_LIMITS,
    log,
  })
  onTestFinished(async () => {
    await client.close()
    server.closeAllConnections()
    server.close()
  })
  const ask = async (query: string) => {
    const request = { query, operationName: undefined, variables: {}, body: JSON.stringify({ query }) }
    const response = await client.ask(request, { viewer: null, requestId: 'request-1', log })
    return response instanceof Uint8Array ? JSON.parse(response.toString()) : response
  }
  return { asked, held, ask }
}

it('answers queries that are behind a slow one, by sending them again', async () => {
  const { asked, held, ask } = await openWorld()
  const slow = ask('{ slow }')
  const queries = ['{ a }', '{ b }', '{ c }']
  expect(await Promise.all(queries.map(ask))).toEqual(queries.map((query) => ({ data: { query } })))
  expect(asked.filter((query) => query === '{ a }')).toHaveLength(2)
  for (const response of held) response.end('{"data":{"slow":1}}')
  expect(await slow).toEqual({ data: { slow: 1 } })
})

it('sends mutations by themselves and once, so that none waits for another or is run twice', async () => {
  const { asked, held, ask } = await openWorld()
  const slow = ask('mutation { slow }')
  const mutations = ['mutation { a }', 'mutation { b }', 'mutation { c }']
  await Promise.all(mutations.map(ask))
  expect(asked.toSorted()).toEqual([...mutations, 'mutation { slow }'])
  for (const response of held) response.end('{"data":{"slow":1}}')
  expect(await slow).toEqual({ data: { slow: 1 } })
})
