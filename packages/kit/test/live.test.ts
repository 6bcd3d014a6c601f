import { createTcpProxy } from '@karcis/testkit/tcp-proxy'
import { testRedisUrl } from '@karcis/testkit/redis'
import { eventually } from '@karcis/testkit/eventually'
import { expect, it } from 'vitest'
import { newId } from '../src/ids.ts'
import { type Change, createLive } from '../src/live.ts'
import { connectRedis } from '../src/redis.ts'
import { log } from './start-server.ts'

interface Letters extends Change {
  letters: string
}

/** A thing whose truth is a growing word; revision n is its length. */
function createWord(pollMs: number, redisUrl = testRedisUrl()) {
  const redis = connectRedis(redisUrl, log)
  let word = ''
  const key = newId()
  const live = createLive<Letters>({
    bus: redis.bus,
    log,
    channel: (name) => `test:${name}`,
    read: async (_key, since) =>
      word.length > since ? { since, revision: word.length, letters: word.slice(since) } : null,
    merge: (waiting, next) => ({
      since: waiting.since,
      revision: next.revision,
      letters: waiting.letters + next.letters,
    }),
    pollMs,
  })
  return {
    key,
    live,
    write(letter: string): Letters {
      word += letter
      return { since: word.length - 1, revision: word.length, letters: letter }
    },
    word: () => word,
    async [Symbol.asyncDispose]() {
      live.close()
      await redis.close()
    },
  }
}

/** Reads a watcher until it has the given length; fails when a change overlaps or leaves a gap. */
async function readUntil(watcher: AsyncIterableIterator<Letters>, length: number): Promise<string> {
  let text = ''
  while (text.length < length) {
    const { value } = await watcher.next()
    expect(value.since).toBe(text.length)
    text += value.letters
  }
  return text
}

const NEVER_MS = 3_600_000

it('gives a late watcher what it missed, then news, without a gap', async () => {
  await using thing = createWord(NEVER_MS)
  for (const letter of 'abc') thing.write(letter)
  const watcher = thing.live.watch(thing.key, 0)
  expect(await readUntil(watcher, 3)).toBe('abc')
})

it('reads what the bus lost as soon as it sees the gap', async () => {
  await using thing = createWord(NEVER_MS)
  thing.write('a')
  const watcher = thing.live.watch(thing.key, 0)
  const text = readUntil(watcher, 4)
  thing.write('b')
  thing.write('c')
  const change = thing.write('d')
  // Sent until heard: the subscription may still be on its way to Redis.
  const again = setInterval(() => thing.live.publish(thing.key, change), 20)
  expect(await text).toBe('abcd')
  clearInterval(again)
})

it('comes to the truth although not one message arrives', async () => {
  await using proxy = await createTcpProxy(testRedisUrl())
  await proxy.refuse()
  await using thing = createWord(20, proxy.through(testRedisUrl()))
  const watcher = thing.live.watch(thing.key, 0)
  const text = readUntil(watcher, 5)
  for (const letter of 'hello') thing.live.publish(thing.key, thing.write(letter))
  expect(await text).toBe('hello')
})

it('drops repeats and puts news that overtook each other in order', async () => {
  await using thing = createWord(NEVER_MS)
  const watcher = thing.live.watch(thing.key, 0)
  const text = readUntil(watcher, 40)
  const changes = Array.from({ length: 40 }, (_, index) => thing.write(String(index % 10)))
  const again = setInterval(() => {
    for (const change of changes.toReversed()) thing.live.publish(thing.key, change)
  }, 20)
  expect(await text).toBe(thing.word())
  clearInterval(again)
})

it('holds one merged change for a watcher that does not read, not a list', async () => {
  await using thing = createWord(10)
  const watcher = thing.live.watch(thing.key, 0)
  for (const letter of 'abcdefghij') thing.write(letter)
  const late = thing.live.watch(thing.key, 0)
  await readUntil(late, 10) // by now the first watcher has been offered everything as well
  thing.write('k')
  await late.next()
  const { value } = await watcher.next()
  expect(value.letters).toBe('abcdefghijk')
})

it('line 25: passes on no message of any length, and survives those of somebody else', async () => {
  await using thing = createWord(NEVER_MS)
  const redis = connectRedis(testRedisUrl(), log)
  const heard: unknown[] = []
  redis.bus.subscribe(`test:${thing.key}`, (message) => heard.push(message))
  const watcher = thing.live.watch(thing.key, 0)
  const text = readUntil(watcher, 2)
  thing.write('a')
  const change = { ...thing.write('b'), seats: Array.from({ length: 1_001 }, (_, n) => n) }
  const again = setInterval(() => {
    for (const strange of [null, 7, 'text', {}, { revision: 'x' }])
      redis.bus.publish(`test:${thing.key}`, strange)
    thing.live.publish(thing.key, change)
  }, 20)
  expect(await text).toBe('ab')
  await eventually(() => expect(heard).toContainEqual({ since: 2, revision: 2 }))
  clearInterval(again)
  await redis.close()
})
