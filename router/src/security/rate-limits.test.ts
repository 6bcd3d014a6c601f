import { setTimeout as sleep } from 'node:timers/promises'
import { createLog } from '@karcis/kit/log'
import { connectRedis } from '@karcis/kit/redis'
import { eventually } from '@karcis/testkit/eventually'
import { gql } from '@karcis/testkit/gql'
import { testRedisUrl } from '@karcis/testkit/redis'
import { createWsClient } from '@karcis/testkit/ws-client'
import { expect, it, onTestFinished } from 'vitest'
import { createRouter } from '../server.ts'
import { createWorld } from '../testing/world.ts'
import type { HourlyRates } from '../settings.ts'
import { AS_THEY_LIKE, createRateLimits } from './rate-limits.ts'

const HOUR_MS = 3_600_000
const IN_AN_HOUR = expect.toSatisfy((seconds: number) => seconds > 3_500 && seconds <= 3_600)

/** Routers in front of one world and one Redis, with limits. */
async function openRouters(rates: Partial<HourlyRates>, count = 1, trustedProxies = ['127.0.0.1']) {
  const world = await createWorld()
  onTestFinished(() => world[Symbol.asyncDispose]())
  const routers = await Promise.all(
    Array.from({ length: count }, () =>
      createRouter({ ...world.settings, rates, trustedProxies } as typeof world.settings),
    ),
  )
  for (const router of routers) onTestFinished(() => router.close())
  const network = `203.0.113.${Math.ceil(Math.random() * 250)}`
  const ask = (query: string, headers: Record<string, string> = {}, at = 0) =>
    gql(`${routers[at]?.url}/graphql`, query, {}, { 'x-forwarded-for': network, ...headers })
  return { world, routers, ask }
}

it('lets an anonymous network ask a hundred times an hour, whoever of it asks and how, and another one too', async () => {
  const { world, routers, ask } = await openRouters({ anonymousRequests: 100 })
  const all = await Promise.all(Array.from({ length: 103 }, () => ask('{ seats }')))
  expect(all.map(({ status }) => status).filter((status) => status === 200)).toHaveLength(100)
  const { status, body, headers } = await ask('{ events { title } }')
  expect([status, Number(headers.get('retry-after'))]).toEqual([429, IN_AN_HOUR])
  expect(body).toEqual({
    errors: [
      {
        message: expect.stringContaining('100 an hour'),
        extensions: { code: 'RATE_LIMITED', retryAfterSeconds: IN_AN_HOUR, limit: 'requests', most: 100 },
      },
    ],
  })
  expect((await ask('{ seats }', { 'x-forwarded-for': '198.51.100.7' })).status).toBe(200)
  expect((await ask('{ seats }', await world.as({ id: 'somebody' }))).status).toBe(200)

  // By sockets, whose peer is the proxy's own address here: its network has a hundred of its own.
  await using client = createWsClient(`${routers[0]?.url}/graphql`)
  const askBySocket = (count: number) =>
    Promise.all(
      Array.from({ length: count }, () =>
        client
          .subscribe('{ seats }')
          .next()
          .then(
            () => 'answered',
            (error: unknown) => error,
          ),
      ),
    )
  const results = [...(await askBySocket(60)), ...(await askBySocket(41))]
  expect(results.filter((result) => result !== 'answered')).toMatchObject([
    { errors: [{ extensions: { code: 'RATE_LIMITED', most: 100 } }] },
  ])
})

it('lets an account ask so often in an hour, of all routers together', async () => {
  const { world, ask } = await openRouters({ accountRequests: 200 }, 2)
  const mine = await world.as({ id: `u-${Math.random()}` })
  const askMany = async (count: number, at: number) => {
    const answers = await Promise.all(Array.from({ length: count }, () => ask('{ seats }', mine, at)))
    return answers.filter(({ status }) => status === 200).length
  }
  expect(await askMany(120, 0)).toBe(120)
  expect(await askMany(1, 1)).toBe(1)
  await sleep(1_500) // by then each has heard of the other
  expect(await askMany(100, 1)).toBe(79)
  await eventually(async () => expect(await askMany(1, 0)).toBe(0)) // it hears of that with what it has to tell
  expect((await ask('{ seats }')).status).toBe(200) // whoever else asks
})

it('counts what operations cost, and nothing that was refused', async () => {
  const { world, ask } = await openRouters({ accountCost: 50 })
  const mine = await world.as({ id: `u-${Math.random()}` })
  const dear = '{ events(first: 20) { title id } }' // 41 or so
  expect((await ask(dear, mine)).body.errors).toBeUndefined()
  for (let times = 0; times < 3; times += 1) {
    const { status, body } = await ask(dear, mine)
    expect([status, body.errors?.[0]?.extensions]).toEqual([
      expect.toSatisfy((code: number) => code === 200 || code === 400),
      { code: 'RATE_LIMITED', retryAfterSeconds: IN_AN_HOUR, limit: 'cost', most: 50 },
    ])
  }
  expect((await ask('{ seats }', mine)).body.data).toEqual({ seats: 500 })
})

it('limits nobody by an address that may be that of a proxy, unless that is said', async () => {
  const viewer = null
  const { commands, close } = connectRedis(testRedisUrl(), createLog('test', 'silent'))
  onTestFinished(close)
  using none = createRateLimits(AS_THEY_LIKE, commands, 'secret')
  expect(none.of(viewer, '203.0.113.7')).toBeNull()
  using rates = createRateLimits({ ...AS_THEY_LIKE, anonymousRequests: 2 }, commands, `${Math.random()}`, 700)
  expect(rates.of(viewer, undefined)).toBeNull()
  // One network, however its addresses are written; and when its hour is over it begins anew.
  const ask = (address: string) => rates.of(viewer, address)?.request()?.facts ?? 'answered'
  expect(['2001:db8::1', '2001:DB8:0:0::2', '2001:db8::3', '2001:db8:0:1::3'].map(ask)).toEqual([
    'answered',
    'answered',
    { limit: 'requests', most: 2, retryAfterSeconds: 1 },
    'answered',
  ])
  expect(rates.refused).toBe(1)
  await eventually(() => expect(ask('2001:db8::4')).toBe('answered'))
})

it('keeps the limits by itself while Redis is away, and tells of what it counted when it is back', async () => {
  const log = createLog('test', 'silent')
  const { commands, close } = connectRedis(testRedisUrl(), log)
  onTestFinished(close)
  const secret = `${Math.random()}`
  let isAway = true
  const redis = {
    eval: (...command: Parameters<typeof commands.eval>) =>
      isAway ? Promise.reject(new Error('away')) : commands.eval(...command),
  } as typeof commands
  const limits = { ...AS_THEY_LIKE, anonymousRequests: 10 }
  using here = createRateLimits(limits, redis, secret)
  const ask = (rates: typeof here) => rates.of(null, '203.0.113.7')?.request() ?? null
  await eventually(() => expect(commands.status).toBe('ready'))
  for (let times = 0; times < 10; times += 1) expect(ask(here)).toBeNull()
  await sleep(700)
  expect(ask(here)).not.toBeNull()
  isAway = false
  using there = createRateLimits(limits, commands, secret, HOUR_MS)
  await eventually(() => expect(ask(there)).not.toBeNull())
})
