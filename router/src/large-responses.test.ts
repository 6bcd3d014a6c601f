import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { listen } from '@karcis/kit/http'
import { eventually } from '@karcis/testkit/eventually'
import { gql } from '@karcis/testkit/gql'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createRouter } from './server.ts'
import type { RouterLimits } from './settings.ts'
import { createOpenWorld } from './testing/open-world.ts'
import { spawnRouter } from './testing/spawn-router.ts'

const FEDERATION = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.5", import: ["@key"])'
const SDL =
  'type Query { seats: [Seat] } type Seat { id: ID! row: String ticketType: Type } type Type { name: String }'
const QUERY = '{ seats { id row ticketType { name } } }'

/** A seat map of so many seats, as a subgraph answers for it. */
const seatMap = (count: number): Buffer => {
  const seat = (_: unknown, index: number) => ({
    id: `0192f0c4-aaaa-7bbb-8ccc-${String(index).padStart(12, '0')}`,
    row: 'A'.repeat(60),
    ticketType: { name: 'Tribune East, behind the goal, with a view of everything there is'.repeat(3) },
  })
  return Buffer.from(JSON.stringify({ data: { seats: Array.from({ length: count }, seat) } }))
}

/** A subgraph that answers everything with a seat map of `count` seats, and where its supergraph is. */
async function openHall(count: number) {
  const hall = { body: seatMap(count), asked: 0, delayMs: 0 }
  const server = createServer((request, response) => {
    hall.asked += 1
    response.setHeader('content-type', 'application/json')
    request.resume().on('end', () => setTimeout(() => response.end(hall.body), hall.delayMs))
  })
  const port = await listen(server, 0, '127.0.0.1')
  const world = await createOpenWorld({ all: { sdl: SDL, resolvers: {} } })
  onTestFinished(async () => {
    server.closeAllConnections()
    server.close()
    await world[Symbol.asyncDispose]()
  })
  return { hall, settings: { ...world.settings, subgraphs: { all: `http://127.0.0.1:${port}/graphql` } } }
}

async function openRouter(count: number, limits: Partial<RouterLimits> = {}) {
  const { hall, settings } = await openHall(count)
  const router = await createRouter({ ...settings, limits })
  onTestFinished(() => router.close())
  return { hall, url: `${router.url}/graphql`, port: router.port }
}

describe('line 34: a large response', () => {
  it('of 100,000 seats, each with its ticket type, is given as it is', async () => {
    const { hall, url } = await openRouter(100_000)
    expect(hall.body.length).toBeGreaterThan(30_000_000)
    for (const _time of [1, 2]) {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query: QUERY }),
      })
      expect(Buffer.from(await response.arrayBuffer()).equals(hall.body)).toBe(true)
    }
  })

  it('beyond what may be is refused as such, the first time it is asked for', async () => {
    const { hall, url } = await openRouter(10_000, { subgraphResponseBytes: 2_000_000 })
    for (const times of [1, 2]) {
      const { status, body } = await gql(url, QUERY)
      expect(status).toBe(200)
      expect(body.errors).toEqual([
        {
          message: expect.stringMatching(/too large.*fewer fields, or page by page/),
          path: ['seats'],
          extensions: { code: 'BAD_USER_INPUT', mostBytes: 2_000_000 },
        },
      ])
      expect(hall.asked).toBe(times)
    }
  })
})

describe('line 25: many large responses at once', () => {
  it('have room for so many, and whoever finds none is told to come again', async () => {
    const { hall, url } = await openRouter(10_000, { largeResponseBytes: 8_000_000 })
    expect(hall.body.length).toBeGreaterThan(3_000_000)
    const ask = async (index: number) => (await gql(url, `query Q${index} ${QUERY}`)).body
    hall.delayMs = 200 // so that all of them come together
    for (const _round of [1, 2, 3]) {
      const bodies = await Promise.all(Array.from({ length: 12 }, (_, index) => ask(index)))
      const refused = bodies.filter(({ errors }) => errors)
      expect(refused.length).toBeGreaterThan(0)
      for (const { errors } of refused)
        expect(errors?.[0]?.extensions).toMatchObject({ code: 'SERVICE_UNAVAILABLE' })
      for (const { data, errors } of bodies) if (!errors) expect(data.seats).toHaveLength(10_000)
      // What was held is given back, whether it was answered or refused.
      expect((await eventually(() => ask(99))).errors).toBeUndefined()
    }
  })

  it('are not kept for a client that does not take its own', async () => {
    const { url, port } = await openRouter(60_000, {
      largeResponseBytes: 30_000_000,
      slowReaderMs: 300,
      slowestBytesPerMs: 10_000, // what the machine's own buffers take in no time is below that after a second
    })
    const socket = connect(port, '127.0.0.1').pause()
    socket.on('error', () => undefined)
    const body = JSON.stringify({ query: QUERY })
    socket.write(
      `POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    )
    await eventually(async () => {
      const { errors } = (await gql(url, `query Other ${QUERY}`)).body
      expect(errors).toBeUndefined()
    })
    socket.resume()
    await once(socket, 'close')
    expect(socket.bytesRead).toBeLessThan(20_000_000)
  })
})

it('line 15: completes only so many objects for one request', async () => {
  const things = Array.from({ length: 250_001 }, (_, id) => ({ id }))
  const list = { length: 250_000 }
  await using world = await createOpenWorld({
    lists: {
      sdl: `${FEDERATION} type Query { things: [Thing] } type Thing @key(fields: "id") { id: ID! }`,
      resolvers: { Query: { things: () => things.slice(0, list.length) } },
    },
    names: {
      sdl: `${FEDERATION} type Thing @key(fields: "id") { id: ID! name: String }`,
      resolvers: { Thing: { __resolveReference: () => null } },
    },
  })
  list.length = 250_001
  const { body } = await gql(world.url, '{ things { id name } }')
  expect(body.errors).toEqual([
    {
      message: expect.stringContaining('too large'),
      extensions: { code: 'BAD_USER_INPUT', mostObjects: 250_000 },
    },
  ])
  expect(world.subgraphs.names.asked).toEqual([])
  list.length = 1_000
  expect((await gql(world.url, '{ things { id name } }')).body.data.things).toHaveLength(1_000)
})

it('line 35: the memory of large responses comes back', async () => {
  const { settings } = await openHall(30_000)
  const { supergraphFile, subgraphs } = settings
  const subgraph = `all=${subgraphs.all}`
  await using router = spawnRouter(['--supergraph', supergraphFile, '--subgraph', subgraph, '--port', '0'])
  const url = `${await router.url}/graphql`
  const residentMb = async () =>
    Number(/VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${router.pid}/status`, 'utf8'))?.[1]) / 1000
  const ask = (index: number) => gql(url, `query Q${index} ${QUERY}`)
  await ask(0)
  await delay(2_000)
  const before = await residentMb()
  await Promise.all(Array.from({ length: 10 }, (_, index) => ask(index)))
  const taken = (await residentMb()) - before
  expect(taken).toBeGreaterThan(100)
  await eventually(async () => expect((await residentMb()) - before).toBeLessThan(taken / 3))
})
