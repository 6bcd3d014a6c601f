import { JWKS_PATH } from '@karcis/kit/contracts/tokens'
import { createWsClient } from '@karcis/testkit/ws-client'
import { eventually } from '@karcis/testkit/eventually'
import { gql } from '@karcis/testkit/gql'
import { expect, it, onTestFinished } from 'vitest'
import { createWorld, type World } from '../testing/world.ts'

const TIMEOUT_MS = 1_000
const AT_ONCE_MS = 0.4 * TIMEOUT_MS

const AWAY = { code: 'SERVICE_UNAVAILABLE', retryAfterSeconds: 1 }

/** How long it took, beside what came of it. */
async function timed<T>(asking: Promise<T>): Promise<T & { ms: number }> {
  const since = performance.now()
  return Object.assign((await asking) as T & object, { ms: performance.now() - since }) as T & { ms: number }
}

const ask = (world: World, query: string) => timed(gql(world.url, query))

async function openWorld() {
  const world = await createWorld({ subgraphTimeoutMs: TIMEOUT_MS })
  onTestFinished(() => world[Symbol.asyncDispose]())
  expect((await ask(world, '{ user(id: "u1") { name } seats }')).body.errors).toBeUndefined()
  expect((await fetch(world.router.url + JWKS_PATH)).status).toBe(200)
  return world
}

it('costs its time-out once: whatever is asked of it afterwards is refused at once, and all else is answered', async () => {
  const world = await openWorld()
  world.proxies.user.stall(true)
  const first = await ask(world, '{ user(id: "u1") { name } seats }')
  expect(first.body.data).toEqual({ user: null, seats: 500 })
  expect(first.ms).toBeGreaterThan(0.9 * TIMEOUT_MS)

  const operations = [
    '{ user(id: "u1") { name } seats }',
    '{ seats events { title organizer { name } } }',
    'mutation { touch }',
    'mutation Again { touch }',
  ]
  for (const operation of operations) {
    const { body, ms } = await ask(world, operation)
    expect(ms).toBeLessThan(AT_ONCE_MS)
    for (const { extensions } of body.errors ?? []) expect(extensions).toEqual(AWAY)
    expect(body.errors?.length).toBeGreaterThan(0)
    if (operation.startsWith('{')) expect(body.data).toMatchObject({ seats: 500 })
  }
  const parts = await timed(
    fetch(world.url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'multipart/mixed;deferSpec=20220824,application/json',
      },
      body: JSON.stringify({ query: '{ events { title ... @defer { organizer { name } } } }' }),
    }).then(async (response) => ({ text: await response.text() })),
  )
  expect(parts.text).toContain('"title":"Jazz"')
  expect(parts.text).toContain('SERVICE_UNAVAILABLE')
  expect(parts.ms).toBeLessThan(AT_ONCE_MS)
  // Of the keys the last known are given out, without waiting for others.
  const keys = await timed(fetch(world.router.url + JWKS_PATH))
  expect([keys.status, keys.ms < AT_ONCE_MS]).toEqual([200, true])

  const figures = await (await fetch(`${world.router.url}/metrics`)).text()
  expect(figures).toMatch(/^karcis_circuit_state\{circuit="user",state="(half-)?open"\} 1$/m)
  expect(figures).toMatch(/^karcis_circuit_refused_total\{circuit="user"\} [1-9]/m)

  world.proxies.user.stall(false)
  await eventually(async () =>
    expect((await ask(world, 'mutation { touch }')).body.data).toEqual({ touch: expect.any(Number) }),
  )
  expect(world.counts.touch).toBe(1) // none of those that were refused is done now
})

it('says how it is: slow is not frozen, and nor is what nobody waits for', async () => {
  const world = await openWorld()
  const { promise, resolve } = Promise.withResolvers<void>()
  world.gate.wait = promise
  onTestFinished(() => resolve())
  const slow = '{ echo }'
  const asking = [1, 2].map(() => timed(gql(world.url, slow)))
  const gone = gql(world.url, slow, {}, {}, AbortSignal.timeout(100)).catch(() => undefined)
  for (const { ms } of await Promise.all(asking)) expect(ms).toBeGreaterThan(0.9 * TIMEOUT_MS)
  await gone
  const others = await ask(world, '{ user(id: "u1") { name } }')
  expect(others.body.errors).toBeUndefined()
})

it('lets watchers wait, and tells them of what happens once it thaws', async () => {
  const world = await openWorld()
  world.proxies.ticket.stall(true)
  await ask(world, '{ seats }')
  await using client = createWsClient(world.url)
  const watching = client.subscribe('subscription { stock(eventId: "e1") { available } }')
  expect((await ask(world, '{ seats }')).body.errors?.[0]?.extensions).toEqual(AWAY)
  world.proxies.ticket.stall(false)
  await eventually(() => expect(world.topics.stock.subscribers).toBe(1))
  world.topics.stock.publish({ available: 4, event: null })
  expect((await watching.next()).data).toEqual({ stock: { available: 4 } })
})
