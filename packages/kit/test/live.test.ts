import { setImmediate as nextTurn } from 'node:timers/promises'
import { createTcpProxy } from '@karcis/testkit/tcp-proxy'
import { testRedisUrl } from '@karcis/testkit/redis'
import { eventually } from '@karcis/testkit/eventually'
import { describe, expect, it } from 'vitest'
import { newId } from '../src/ids.ts'
import { type Change, createLive } from '../src/live.ts'
import { shareReads } from '../src/shared-reads.ts'
import { connectRedis } from '../src/redis.ts'
import { log } from './start-server.ts'

interface Letters extends Change {
  letters: string
}

/** A thing whose truth is a growing word; revision n is its length. */
function createWord(pollMs: number, redisUrl = testRedisUrl(), mergeMs = 0) {
  const redis = connectRedis(redisUrl, log)
  let word = ''
  const key = newId()
  const live = createLive<Letters>({
    bus: redis.bus,
    log,
    channel: (name) => `test:${name}`,
    read: async (_key, since) =>
      word.length > since ? { since, revision: word.length, letters: word.slice(since) } : null,
    after: (change, since) => ({ ...change, since, letters: change.letters.slice(since - change.since) }),
    merge: (waiting, next) => ({
      since: waiting.since,
      revision: next.revision,
      letters: waiting.letters + next.letters,
    }),
    pollMs,
    mergeMs,
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

it('tells a rush of changes as one, after the first, and none of them late', async () => {
  await using thing = createWord(NEVER_MS, testRedisUrl(), 50)
  thing.write('a')
  const watcher = thing.live.watch(thing.key, 0)
  expect((await watcher.next()).value.letters).toBe('a')
  // Until the subscription has reached Redis.
  const first = thing.write('b')
  const again = setInterval(() => thing.live.publish(thing.key, first), 20)
  expect((await watcher.next()).value.letters).toBe('b')
  clearInterval(again)
  for (const letter of 'cdefg') thing.live.publish(thing.key, thing.write(letter))
  const rush = await watcher.next()
  const rest = rush.value.letters.length < 5 ? (await watcher.next()).value.letters : ''
  expect(rush.value.letters + rest).toBe('cdefg')
  await watcher.return?.()
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

describe('line 25: reads for many watchers', () => {
  const WORD = 'abcdefghij'

  /** Things that all are `WORD`, and reads of them that are answered one after the other, when told to. */
  function createReads(isRestored = false) {
    const asked: { key: string; since: number; answer: () => void }[] = []
    const read = shareReads<Letters, Letters>(
      async (key, since) => {
        const { promise, resolve } = Promise.withResolvers<void>()
        asked.push({ key, since, answer: resolve })
        await promise
        const from = since > WORD.length && isRestored ? 0 : since
        return from < WORD.length ? { since: from, revision: WORD.length, letters: WORD.slice(from) } : null
      },
      (change, since) => ({ ...change, since, letters: change.letters.slice(since - change.since) }),
    )
    const answerAll = async (): Promise<void> => {
      for (let at = 0; at < asked.length; at += 1) {
        asked[at]?.answer()
        await nextTurn()
      }
    }
    return { asked, read, answerAll }
  }

  it('share one, which begins at the earliest of their revisions, and are given what is new to each', async () => {
    const { asked, read, answerAll } = createReads()
    const first = read('thing', 9)
    const others = [3, 7, 10, 3, 5, 9].map((since) => read('thing', since))
    expect(asked).toHaveLength(1) // those who came while it was under way are not told what may be old
    await answerAll()
    expect(asked.map(({ since }) => since)).toEqual([9, 3])
    const letters = (await Promise.all([first, ...others])).map((change) => change?.letters)
    expect(letters).toEqual(['j', 'defghij', 'hij', undefined, 'defghij', 'fghij', 'j'])
    expect(await others[0]).toBe(await others[3]) // in memory once
  })

  it('take turns: few things are read at a time', async () => {
    const { asked, read, answerAll } = createReads()
    const all = Array.from({ length: 40 }, (_, n) => read(`thing ${n}`, 0))
    expect(asked).toHaveLength(4)
    asked[2]?.answer()
    await nextTurn()
    expect(asked).toHaveLength(5)
    await answerAll()
    await Promise.all(all)
    expect(asked).toHaveLength(40)
  })

  it('of one who is ahead of it, as after a restore, are judged by themselves; of several, once', async () => {
    for (const [isRestored, reads, told] of [
      [false, 4, undefined],
      [true, 3, WORD],
    ] as const) {
      const { asked, read, answerAll } = createReads(isRestored)
      const [, second, ...ahead] = [1, 2, 50, 60].map((since) => read('thing', since))
      await answerAll()
      expect((await second)?.letters).toBe('cdefghij')
      for (const change of await Promise.all(ahead)) expect(change?.letters).toBe(told)
      expect(asked).toHaveLength(reads)
    }
  })

  it('that fail fail for all who share them, and the next begin anew', async () => {
    let fails = true
    const read = shareReads<Letters, Letters>(
      async (_key, since) => {
        await nextTurn()
        if (fails) throw new Error('away')
        return { since, revision: 1, letters: 'a' }
      },
      (change) => change,
    )
    const failed = await Promise.allSettled([read('thing', 0), read('thing', 0), read('thing', 0)])
    expect(failed.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
    fails = false
    expect(await read('thing', 0)).toMatchObject({ letters: 'a' })
  })
})
