import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { startBalancer } from '@karcis/testkit/balancer'
import { startProcess } from '@karcis/testkit/process'
import { expect, it, onTestFinished } from 'vitest'
import { openRawSocket } from './testing/raw-socket.ts'
import { createWorld, SECRET, type World } from './testing/world.ts'

/** Longer than a balancer takes to look again, and than the router keeps an idle connection to a subgraph. */
const DRAIN_MS = 1_500

const QUERIES = [
  ['{ user(id: "u1") { name } }', { user: { name: 'Ani' } }],
  [
    '{ seats events { title organizer { name } } }',
    {
      seats: 500,
      events: [
        { title: 'Jazz', organizer: { name: 'Ani' } },
        { title: 'Rock', organizer: { name: 'Budi' } },
      ],
    },
  ],
] as const

function startRouter({ settings }: World, userUrl: string) {
  return startProcess('router/src/main.ts', {
    SERVICE_SECRET: SECRET,
    REDIS_URL: String(settings.redisUrl),
    USER_URL: userUrl,
    EVENT_URL: String(settings.subgraphs.event),
    TICKET_URL: String(settings.subgraphs.ticket),
    BOOKING_URL: 'http://127.0.0.1:9',
    SUPERGRAPH_FILE: settings.supergraphFile,
    DRAIN_SECONDS: String(DRAIN_MS / 1000),
  })
}

/** A client with one connection that it keeps, as browsers do. @throws when there is no whole response. */
function createClient(url: string) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  return (query: string): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const headers = { 'content-type': 'application/json' }
      const asking = request(`${url}/graphql`, { method: 'POST', agent, headers }, (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk
        })
        response.on('end', () => resolve(JSON.parse(text)))
        response.on('error', reject)
      })
      asking.on('error', reject)
      asking.end(JSON.stringify({ query }))
    })
}

it('line 30: a rolling restart of two routers and two subgraphs loses nothing', {
  timeout: 90_000,
}, async () => {
  await using stack = new AsyncDisposableStack()
  const world = stack.use(await createWorld())
  const serving = await Promise.all([world.serve('user'), world.serve('user')])
  onTestFinished(() => Promise.all(serving.map((server) => server.close())).then(() => undefined))
  const users = stack.use(await startBalancer(...serving.map(({ url }) => url)))
  const processes = await Promise.all([startRouter(world, users.url), startRouter(world, users.url)])
  onTestFinished(() => Promise.all(processes.map((one) => one[Symbol.asyncDispose]())).then(() => undefined))
  await Promise.all(processes.map((one) => one.ready()))
  const routers = stack.use(await startBalancer(...processes.map(({ url }) => url)))

  const over = new AbortController()
  const end = once(over.signal, 'abort').then(() => null)
  const failures: unknown[] = []
  let answered = 0
  let touched = 0
  const buyers = Array.from({ length: 12 }, async (_, index) => {
    const ask = createClient(routers.url)
    for (let round = index; !over.signal.aborted; round++) {
      const [query, data] = QUERIES[round % QUERIES.length] ?? QUERIES[0]
      // Different names, because the same operation would be run once for all.
      await ask(`query Q${index} ${query}`).then(
        (body) => JSON.stringify(body) === JSON.stringify({ data }) || failures.push([query, body]),
        (error: unknown) => failures.push([query, error]),
      )
      await ask('mutation { touch }').then(
        (body) => ((body as { data?: { touch?: number } }).data?.touch ? ++touched : failures.push(body)),
        (error: unknown) => failures.push(['touch', error]),
      )
      answered += 2
    }
  })
  const farewells: number[] = []
  const watchers = Array.from({ length: 4 }, async () => {
    while (!over.signal.aborted) {
      await using socket = await openRawSocket(`${routers.url}/graphql`)
      await socket.introduce()
      socket.send({
        id: '1',
        type: 'subscribe',
        payload: { query: 'subscription { stock(eventId: "e1") { available } }' },
      })
      const ended = await Promise.race([socket.closed, end])
      if (ended) farewells.push(ended.code)
    }
  })

  await delay(500)
  for (const index of [0, 1]) {
    const old = processes[index] as (typeof processes)[number]
    old.signal('SIGTERM')
    expect(await old.ended).toBe(0)
    const next = await startRouter(world, users.url)
    processes[index] = next
    await next.ready()
    routers.targets.add(next.url)
    routers.targets.delete(old.url)
    await delay(300)
  }
  for (const index of [0, 1]) {
    const old = serving[index] as (typeof serving)[number]
    old.drain()
    await delay(DRAIN_MS)
    await old.close()
    const next = await world.serve('user')
    serving[index] = next
    users.targets.add(next.url)
    users.targets.delete(old.url)
    await delay(300)
  }
  over.abort()
  await Promise.all([...buyers, ...watchers])

  expect(failures).toEqual([])
  expect(answered).toBeGreaterThan(500)
  expect(world.counts.touch).toBe(touched)
  expect(farewells.length).toBeGreaterThanOrEqual(4)
  expect(new Set(farewells)).toEqual(new Set([1001]))
})
