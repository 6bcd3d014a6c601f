import { eventually } from '@karcis/testkit/eventually'
import { gql } from '@karcis/testkit/gql'
import { describe, expect, it } from 'vitest'
import { createRouter } from './server.ts'
import { openRawSocket } from './testing/raw-socket.ts'
import { spawnRouter } from './testing/spawn-router.ts'
import { createWorld, SECRET, type World } from './testing/world.ts'

/** Lets `echo` begin, and end only when released. */
function holdEcho(world: World) {
  const open = Promise.withResolvers<void>()
  const reached = Promise.withResolvers<void>()
  Object.assign(world.gate, { wait: open.promise, reached: reached.resolve })
  return { reached: reached.promise, release: () => open.resolve() }
}

describe('the process', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    'at %s answers what is under way, then says goodbye',
    async (signal) => {
      await using world = await createWorld()
      await using child = startMain(world)
      const url = await child.url
      await using socket = await openRawSocket(`${url}/graphql`)
      await socket.introduce()
      const echo = holdEcho(world)
      const underWay = gql(`${url}/graphql`, '{ echo }')
      await echo.reached

      child.kill(signal)
      // It takes no more connections, so that whoever was refused knows that nothing was begun.
      await eventually(() => expect(fetch(`${url}/ready`)).rejects.toThrow())

      echo.release()
      expect((await underWay).body).toEqual({ data: { echo: 'hi' } })
      expect(await socket.closed).toEqual({ code: 1001, reason: 'Going away' })
      expect(await child.exit).toBe(0)
    },
  )

  it('that lacks settings names all of them', async () => {
    await using child = spawnRouter([])
    const said = await child.url.catch((error: Error) => error.message)
    expect(await child.exit).toBe(1)
    for (const name of ['SERVICE_SECRET', 'REDIS_URL', 'USER_URL', 'BOOKING_URL'])
      expect(said).toContain(name)
  })
})

describe('closing', () => {
  it('does not wait for ever', async () => {
    await using world = await createWorld()
    await using router = await createRouter({ ...world.settings, limits: { stopMs: 50 } })
    const echo = holdEcho(world)
    const underWay = gql(`${router.url}/graphql`, '{ echo }').catch((error: Error) => error)
    await echo.reached
    await router.close()
    expect(await underWay).toBeInstanceOf(Error)
    await expect(fetch(`${router.url}/live`)).rejects.toThrow()
    echo.release()
  })

  it('line 30: says so first, and serves on over connections that it then closes', async () => {
    await using world = await createWorld()
    await using router = await createRouter(world.settings)
    const echo = holdEcho(world)
    const underWay = gql(`${router.url}/graphql`, '{ echo }')
    await echo.reached
    router.drain()
    const ready = await fetch(`${router.url}/ready`)
    expect([ready.status, await ready.json()]).toEqual([503, { status: 'unavailable', reason: 'stopping' }])
    expect((await fetch(`${router.url}/live`)).status).toBe(200)
    await using socket = await openRawSocket(`${router.url}/graphql`)
    await socket.introduce()
    for (const query of ['{ seats }', '{ seats }', 'mutation { touch }']) {
      const { body, headers } = await gql(`${router.url}/graphql`, query)
      expect(body.errors).toBeUndefined()
      expect(headers.get('connection')).toBe('close')
    }
    echo.release()
    expect((await underWay).headers.get('connection')).toBe('close')
  })

  it('leaves no subscription open upstream', async () => {
    await using world = await createWorld()
    await using router = await createRouter(world.settings)
    await using socket = await openRawSocket(`${router.url}/graphql`)
    await socket.introduce()
    socket.send({
      id: '1',
      type: 'subscribe',
      payload: { query: 'subscription { stock(eventId: "e1") { available } }' },
    })
    await eventually(() => expect(world.topics.stock.subscribers).toBe(1))
    await router.close()
    expect(await socket.closed).toMatchObject({ code: 1001 })
    await eventually(() => expect(world.topics.stock.subscribers).toBe(0))
  })
})

function startMain({ settings }: World) {
  const { user, event, ticket } = settings.subgraphs
  return spawnRouter([], {
    PORT: '0',
    SERVICE_SECRET: SECRET,
    REDIS_URL: settings.redisUrl,
    USER_URL: user,
    EVENT_URL: event,
    TICKET_URL: ticket,
    BOOKING_URL: 'http://127.0.0.1:9',
    SUPERGRAPH_FILE: settings.supergraphFile,
  })
}
