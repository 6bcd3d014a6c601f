import { describe, expect, it } from 'vitest'
import { AGAIN, createGroupCommit, type GroupCommitOptions } from '../src/group-commit.ts'

/** Serves words by what they say: `bad` fails whatever it is served with, `no` is refused, `later` has its turn the second time. */
function serving(options: Partial<GroupCommitOptions<string, string>> = {}) {
  const batches: string[][] = []
  const seen = new Set<string>()
  const commit = createGroupCommit<string, string>({
    maxBatch: 3,
    async run(_, words) {
      batches.push(words)
      await Promise.resolve()
      if (words.includes('bad')) throw new Error('bad')
      return words.map((word) => {
        if (word === 'later' && !seen.has(word)) {
          seen.add(word)
          return AGAIN
        }
        return word === 'no' ? new Error('refused') : word.toUpperCase()
      })
    },
    ...options,
  })
  const submit = (...words: string[]) => Promise.allSettled(words.map((word) => commit.submit('key', word)))
  return { batches, submit }
}

const outcomes = (settled: PromiseSettledResult<string>[]): string[] =>
  settled.map((one) => (one.status === 'fulfilled' ? one.value : (one.reason as Error).message))

describe('group commit', () => {
  it('serves the first at once, and together what waits meanwhile, up to its limit, in order of arrival', async () => {
    const { batches, submit } = serving()
    expect(outcomes(await submit('a', 'b', 'no', 'd', 'e'))).toEqual(['A', 'B', 'refused', 'D', 'E'])
    expect(batches).toEqual([['a'], ['b', 'no', 'd'], ['e']])
  })

  it('serves together what comes in one turn of the event loop, where it is told to gather', async () => {
    const { batches, submit } = serving({ gather: true })
    expect(outcomes(await submit('a', 'b', 'c', 'd'))).toEqual(['A', 'B', 'C', 'D'])
    await submit('e')
    expect(batches).toEqual([['a', 'b', 'c'], ['d'], ['e']])
  })

  it('keeps requests of one kind out of one batch', async () => {
    const { batches, submit } = serving({ distinct: (word) => word[0] })
    await submit('x', 'a1', 'a2', 'b1', 'b2')
    expect(batches).toEqual([['x'], ['a1', 'b1'], ['a2', 'b2']])
  })

  it('fails a batch as a whole, or runs it in halves where one of its requests may be the cause', async () => {
    expect(outcomes(await serving().submit('a', 'b', 'bad', 'd'))).toEqual(['A', 'bad', 'bad', 'bad'])
    const { batches, submit } = serving({ retryApart: (error) => error instanceof Error })
    expect(outcomes(await submit('a', 'b', 'bad', 'd'))).toEqual(['A', 'B', 'bad', 'D'])
    expect(batches).toEqual([['a'], ['b', 'bad', 'd'], ['b', 'bad'], ['b'], ['bad'], ['d']])
  })

  it('serves again what asks for it, ahead of all that wait, and what was served before stays served', async () => {
    const { batches, submit } = serving()
    expect(outcomes(await submit('a', 'b', 'later', 'd', 'bad'))).toEqual(['A', 'B', 'bad', 'D', 'bad'])
    expect(batches).toEqual([['a'], ['b', 'later', 'd'], ['later', 'bad']])
  })

  it('lets the next batch begin when one has to wait for long, and only then', async () => {
    const batches: string[][] = []
    const { promise, resolve } = Promise.withResolvers<void>()
    const commit = createGroupCommit<string, string>({
      maxBatch: 3,
      patienceMs: 10,
      async run(_, words) {
        batches.push(words)
        if (words.includes('slow')) await promise
        return words.map((word) => word.toUpperCase())
      },
    })
    const slow = commit.submit('key', 'slow')
    const others = ['a', 'b'].map((word) => commit.submit('key', word))
    expect(batches).toEqual([['slow']])
    expect(await Promise.all(others)).toEqual(['A', 'B'])
    expect(batches).toEqual([['slow'], ['a', 'b']])
    resolve()
    expect(await slow).toBe('SLOW')
    expect(await commit.submit('key', 'c')).toBe('C')
  })
})
