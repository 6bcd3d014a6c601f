import { eventually } from '@karcis/testkit/eventually'
import { gql } from '@karcis/testkit/gql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createOpenWorld } from './testing/open-world.ts'
import { openRawSocket, type RawSocket } from './testing/raw-socket.ts'
import { type RouterProcess, spawnRouter } from './testing/spawn-router.ts'
import { createTopic } from './testing/topic.ts'

async function createClockWorld() {
  const ticks = createTopic<number>()
  const clock = {
    sdl: 'type Query { now: Int } type Subscription { tick: Int }',
    resolvers: {
      Query: { now: () => 7 },
      Subscription: { tick: { subscribe: () => ticks.subscribe({}), resolve: (tick: number) => tick } },
    },
  }
  return { ticks, ...(await createOpenWorld({ clock })) }
}

describe('two workers', () => {
  let world: Awaited<ReturnType<typeof createClockWorld>>
  let router: RouterProcess
  let url: string
  const stack = new AsyncDisposableStack()
  const watchers = async (count: number): Promise<RawSocket[]> => {
    const sockets = await Promise.all(Array.from({ length: count }, () => watch(url)))
    for (const socket of sockets) stack.use(socket)
    // Connections are given out in turn, so that each worker has watchers, and an upstream for them.
    await eventually(() => expect(world.ticks.subscribers).toBeGreaterThanOrEqual(2))
    return sockets
  }
  const receives = (socket: RawSocket, tick: number) =>
    eventually(() => {
      world.ticks.publish(tick)
      expect(socket.received.at(-1)).toMatchObject({ payload: { data: { tick } } })
    })

  beforeAll(async () => {
    world = stack.use(await createClockWorld())
    router = stack.use(
      spawnRouter(['--supergraph', world.settings.supergraphFile, '--port', '0', '--workers', '2']),
    )
    url = await router.url
  })
  afterAll(() => stack.disposeAsync())

  it('share the port, for requests and for subscriptions', async () => {
    const answers = await Promise.all(Array.from({ length: 10 }, () => ask(url)))
    expect(answers).toEqual(answers.map(() => ({ now: 7 })))
    for (const socket of await watchers(6)) await receives(socket, 1)
  })

  it('survive the death of one: the other serves on, and a new one takes its place', async () => {
    const sockets = await watchers(6)
    const cut = new Set<RawSocket>()
    for (const socket of sockets) void socket.closed.then(() => cut.add(socket))
    const [victim] = router.workers()
    process.kill(Number(victim), 'SIGKILL')
    await eventually(() => expect(cut.size).toBeGreaterThan(0))
    expect(await eventually(() => ask(url))).toEqual({ now: 7 })
    await eventually(() => expect(router.workers()).toHaveLength(3))

    const others = sockets.filter((socket) => !cut.has(socket))
    expect(others.length).toBeGreaterThan(0)
    for (const socket of [...others, ...(await watchers(2))]) await receives(socket, 2)
  })

  it('stop together, and say goodbye', async () => {
    const sockets = await watchers(4)
    router.kill('SIGTERM')
    for (const socket of sockets) expect(await socket.closed).toEqual({ code: 1001, reason: 'Going away' })
    expect(await router.exit).toBe(0)
    for (const pid of router.workers()) expect(() => process.kill(pid, 0)).toThrow()
  })

  it('line 25: finish what they do when the primary is killed, and end', async () => {
    const slow = Promise.withResolvers<number>()
    await using other = await createOpenWorld({
      slow: { sdl: 'type Query { now: Int }', resolvers: { Query: { now: () => slow.promise } } },
    })
    await using child = spawnRouter([
      '--supergraph',
      other.settings.supergraphFile,
      '--port',
      '0',
      '--workers',
      '2',
    ])
    const underWay = ask(await child.url)
    await eventually(() => expect(other.subgraphs.slow.asked).toHaveLength(1))
    child.kill('SIGKILL')
    await child.killed
    slow.resolve(7)
    expect(await underWay).toEqual({ now: 7 })
    await eventually(() => {
      for (const pid of child.workers()) expect(() => process.kill(pid, 0)).toThrow()
    })
  })

  it('do not start without what they need', async () => {
    await using child = spawnRouter(['--supergraph', '/nowhere', '--workers', '2'])
    await expect(child.url).rejects.toThrow(/ENOENT/)
    expect(await child.exit).toBe(1)
  })
})

const ask = async (url: string) => (await gql(`${url}/graphql`, '{ now }')).body.data

async function watch(url: string): Promise<RawSocket> {
  const socket = await openRawSocket(`${url}/graphql`)
  await socket.introduce()
  socket.send({ id: '1', type: 'subscribe', payload: { query: 'subscription { tick }' } })
  return socket
}
