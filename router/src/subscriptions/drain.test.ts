import { eventually } from '@karcis/testkit/eventually'
import { beforeEach, describe, expect, it } from 'vitest'
import { openRawSocket, type RawSocket } from '../testing/raw-socket.ts'
import { createWorld, type World } from '../testing/world.ts'

const subscribe = (id: string, query: string) => ({ id, type: 'subscribe', payload: { query } })

describe('sockets of a router that stops', () => {
  let world: World
  let socket: RawSocket
  let answer: () => void
  beforeEach(async () => {
    world = await createWorld()
    socket = await openRawSocket(world.url)
    await socket.introduce()
    const gate = Promise.withResolvers<void>()
    answer = gate.resolve
    Object.assign(world.gate, { wait: gate.promise })
    return async () => {
      answer()
      await socket[Symbol.asyncDispose]()
      await world[Symbol.asyncDispose]()
    }
  })

  async function askSlowly(): Promise<void> {
    const reached = Promise.withResolvers<void>()
    Object.assign(world.gate, { reached: reached.resolve })
    socket.send(subscribe('slow', '{ echo }'))
    await reached.promise
  }

  it('get the responses that are under way first, and no new ones', async () => {
    await askSlowly()
    await using idle = await openRawSocket(world.url)
    await idle.introduce()
    const closed = world.router.close()
    expect(await idle.closed).toMatchObject({ code: 1001 })
    socket.send(subscribe('late', '{ seats }'))
    expect(await socket.next()).toMatchObject({
      id: 'late',
      type: 'error',
      payload: [{ extensions: { code: 'SERVICE_UNAVAILABLE' } }],
    })
    answer()
    expect(await socket.next()).toEqual({ id: 'slow', type: 'next', payload: { data: { echo: 'hi' } } })
    expect(await socket.next()).toEqual({ id: 'slow', type: 'complete' })
    expect(await socket.closed).toMatchObject({ code: 1001 })
    await closed
  })

  it('do not stay open for subscriptions, nor for operations that were given up', async () => {
    socket.send(subscribe('watch', 'subscription { stock(eventId: "e1") { available } }'))
    await eventually(() => expect(world.topics.stock.subscribers).toBe(1))
    await askSlowly()
    const closed = world.router.close()
    socket.send({ id: 'slow', type: 'complete' })
    expect(await socket.closed).toMatchObject({ code: 1001 })
    answer()
    await closed
  })
})
