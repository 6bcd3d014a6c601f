import { setTimeout as delay } from 'node:timers/promises'
import { eventually } from '@karcis/testkit/eventually'
import { describe, expect, it } from 'vitest'
import { openEventStream } from '../testing/event-stream.ts'
import { createOpenWorld } from '../testing/open-world.ts'
import { openRawSocket } from '../testing/raw-socket.ts'

const FEDERATION = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.5", import: ["@key"])'

/** A query that is answered late, and an entity of which more would be fetched after that. */
const openWorld = () =>
  createOpenWorld({
    slow: {
      sdl: `${FEDERATION} type Query { slow: Thing } type Mutation { slow: Thing } type Thing @key(fields: "id") { id: ID! }`,
      resolvers: {
        Query: { slow: () => delay(300, { id: '1' }) },
        Mutation: { slow: () => delay(300, { id: '1' }) },
      },
    },
    names: {
      sdl: `${FEDERATION} type Query { n: Int } type Thing @key(fields: "id") { id: ID! name: String }`,
      resolvers: { Thing: { __resolveReference: (ref: object) => ref } },
    },
  })

const QUERY = '{ slow { id name } }'

describe('line 15: a client that has gone', () => {
  it.each([
    [
      'over HTTP',
      async (url: string) => {
        const leaving = new AbortController()
        const body = JSON.stringify({ query: QUERY })
        const headers = { 'content-type': 'application/json' }
        const asking = fetch(url, { method: 'POST', body, headers, signal: leaving.signal })
        asking.catch(() => undefined)
        return () => leaving.abort()
      },
    ],
    [
      'over a socket',
      async (url: string) => {
        const socket = await openRawSocket(url)
        await socket.introduce()
        socket.send({ id: '1', type: 'subscribe', payload: { query: QUERY } })
        return () => void socket[Symbol.asyncDispose]()
      },
    ],
    [
      'that only says so, over a socket',
      async (url: string) => {
        const socket = await openRawSocket(url)
        await socket.introduce()
        socket.send({ id: '1', type: 'subscribe', payload: { query: QUERY } })
        return () => socket.send({ id: '1', type: 'complete' })
      },
    ],
    [
      'over an event stream',
      async (url: string) => {
        const leaving = new AbortController()
        const headers = { accept: 'text/event-stream', 'content-type': 'application/json' }
        const body = JSON.stringify({ query: QUERY })
        fetch(url, { method: 'POST', body, headers, signal: leaving.signal }).catch(() => undefined)
        return () => leaving.abort()
      },
    ],
  ])('%s, has nothing more done for it', async (_, ask) => {
    await using world = await openWorld()
    const { slow, names } = world.subgraphs
    // The second time it is answered by the fast path.
    for (const times of [1, 2]) {
      const leave = await ask(world.url)
      await eventually(() => expect(slow.asked).toHaveLength(times))
      leave()
      await eventually(() => expect(slow.abandoned).toHaveLength(times))
    }
    await delay(350)
    expect(names.asked).toEqual([])
  })

  it('does not take the answer from those who asked for the same', async () => {
    await using world = await openWorld()
    const ask = (signal?: AbortSignal) =>
      fetch(world.url, {
        method: 'POST',
        body: JSON.stringify({ query: QUERY }),
        headers: { 'content-type': 'application/json' },
        signal: signal ?? null,
      }).then((response) => response.json())
    const answer = { data: { slow: { id: '1', name: null } } }
    expect(await ask()).toEqual(answer)
    const leaving = new AbortController()
    const first = ask(leaving.signal).catch(() => 'gone')
    const others = [ask(), ask(), ask()]
    await eventually(() => expect(world.subgraphs.slow.asked.length).toBeGreaterThan(1))
    leaving.abort()
    expect(await first).toBe('gone')
    for (const other of others) expect(await other).toEqual(answer)
  })

  it('has its mutation end as it will', async () => {
    await using world = await openWorld()
    const leaving = new AbortController()
    fetch(world.url, {
      method: 'POST',
      body: JSON.stringify({ query: 'mutation { slow { id } }' }),
      headers: { 'content-type': 'application/json' },
      signal: leaving.signal,
    }).catch(() => undefined)
    await eventually(() => expect(world.subgraphs.slow.asked).toHaveLength(1))
    leaving.abort()
    await delay(350)
    expect(world.subgraphs.slow.abandoned).toEqual([])
  })

  it('ends with its time', async () => {
    await using world = await openWorld()
    await using stream = await openEventStream(world.url, { query: QUERY })
    expect((await stream.next())?.data.data.slow).toEqual({ id: '1', name: null })
    expect(Number(world.subgraphs.slow.asked[0]?.headers['x-karcis-deadline-ms'])).toBeLessThanOrEqual(10_000)
  })
})
