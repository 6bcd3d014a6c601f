import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { json } from 'node:stream/consumers'
import { eventually } from '@karcis/testkit/eventually'
import { describe, expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import { transaction } from '../src/database.ts'
import { listen, sendJson } from '../src/http.ts'
import { defineJob, enqueue, startJobs } from '../src/jobs.ts'
import { createServiceClient, type ServiceClient } from '../src/service-client.ts'
import { createServiceTokens } from '../src/service-token.ts'
import { Waiting, workFor } from '../src/waiting.ts'
import { openKitDatabase } from './kit-database.ts'
import { log, SECRET, startServer } from './start-server.ts'

const tokens = createServiceTokens(SECRET, 'ticket').to('booking')

interface Asked {
  query: string
  requestId: string | undefined
}

/** Another process, of which the first answers are what a test is about. */
async function startOther(...first: ((request: IncomingMessage, response: ServerResponse) => void)[]) {
  const asked: Asked[] = []
  const server: Server = createServer((request, response) => {
    void json(request).then((body) => {
      const { query } = body as { query: string }
      asked.push({ query, requestId: request.headers['x-request-id']?.toString() })
      const answer = first.shift() ?? (() => sendJson(response, 200, { data: { done: 1 } }))
      answer(request, response)
    })
  })
  const port = await listen(server, 0, '127.0.0.1')
  onTestFinished(() => server.closeAllConnections())
  onTestFinished(() => void server.close())
  return { client: createServiceClient(`http://127.0.0.1:${port}`, tokens), asked }
}

const cut = (request: IncomingMessage) => request.socket.destroy()
const cutInTheMiddle = (request: IncomingMessage, response: ServerResponse) => {
  response.writeHead(200, { 'content-length': 1_000 }).write('{"data":')
  setTimeout(cut, 20, request)
}
const notBegun = (_: IncomingMessage, response: ServerResponse) =>
  sendJson(response, 503, { errors: [] }, { 'x-karcis-not-begun': '1' })

describe('line 30: a call to a process that ends', () => {
  it.each([
    ['a query, the connection closed', '{ done }', cut, 2],
    ['a query, the answer broken off', 'query ($n: Int) { done(n: $n) }', cutInTheMiddle, 2],
    ['a query that was not begun', '{ done }', notBegun, 2],
    ['a mutation that was not begun', 'mutation { done }', notBegun, 2],
  ])('is repeated once: %s', async (_, operation, first, times) => {
    const { client, asked } = await startOther(first)
    expect(await client.query(operation, {})).toEqual({ done: 1 })
    expect(asked).toHaveLength(times)
    const twice = await startOther(first, first)
    await expect(twice.client.query(operation, {})).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' })
    expect(twice.asked).toHaveLength(2)
  })

  it('is not repeated where it may have been done: a mutation, the connection closed', async () => {
    const { client, asked } = await startOther(cut)
    await expect(client.query('mutation { done }', {})).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' })
    expect(asked).toHaveLength(1)
  })
})

describe('line 34: the id of a request', () => {
  it('goes along to the other processes that are asked for it, and from there further on', async () => {
    const last = await startOther()
    await using middle = await startServer({
      sdl: `
        extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key"])
        type Query { ask: Int }
        type Mutation { tell: Int }
      `,
      resolvers: {
        Query: { ask: async () => (await last.client.query<{ done: number }>('{ done }', {})).done },
        Mutation: {
          tell: async () => (await last.client.query<{ done: number }>('mutation { done }', {})).done,
        },
      },
    })
    const client = createServiceClient(middle.url, tokens)
    await workFor(new Waiting('r-1'), () => client.query('{ ask }', {}))
    await workFor(new Waiting('r-2'), () => client.query('mutation { tell }', {}))
    expect(last.asked.map(({ requestId }) => requestId)).toEqual(['r-1', 'r-2'])
  })

  it('is a new one where there is none', async () => {
    const { client, asked } = await startOther()
    await client.query('{ done }', {})
    expect(asked[0]?.requestId).toMatch(/^[0-9a-f-]{36}$/)
  })

  it('goes along with the jobs that it wants done', async () => {
    await using db = await openKitDatabase()
    const other = await startOther()
    const tell = defineJob({
      name: 'tell',
      schema: z.object({ n: z.number() }),
      async run({ client }: { client: ServiceClient }, { n }) {
        await client.query('mutation { done }', { n })
      },
    })
    await workFor(new Waiting('r-3'), () => transaction(db, (tx) => enqueue(tx, tell, { n: 1 })))
    const jobs = await startJobs({
      connectionString: db.url,
      log,
      deps: { client: other.client },
      jobs: [tell],
    })
    await eventually(() => expect(other.asked.map(({ requestId }) => requestId)).toEqual(['r-3']))
    await jobs.close()
  })
})
