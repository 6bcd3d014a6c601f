import { parallel } from '@karcis/testkit/parallel'
import { describe, expect, it } from 'vitest'
import type { KarcisError } from '../src/errors.ts'
import { createWorkerPool } from '../src/workers/pool.ts'

function startPool(size: number) {
  const pool = createWorkerPool<number, number>({
    script: new URL('./busy-worker.ts', import.meta.url),
    size,
    refusals: { own: 'Too many of yours.', all: 'Too many.' },
  })
  return { ...pool, [Symbol.asyncDispose]: () => pool.close() }
}

it('works off many at once, and leaves the main thread free meanwhile', async () => {
  await using pool = startPool(2)
  let turns = 0
  const ticking = setInterval(() => (turns += 1), 1)
  const done = await parallel(12, (n) => pool.run(5 + n, 'a'))
  clearInterval(ticking)
  expect(done.map((outcome) => outcome.status === 'fulfilled' && outcome.value)).toEqual(
    Array.from({ length: 12 }, (_, n) => 5 + n),
  )
  expect(turns).toBeGreaterThan(0)
})

describe('line 18: those who wait for a thread', () => {
  it('take turns: sixty of one delay one of another by a few', async () => {
    await using pool = startPool(1)
    const done: string[] = []
    const run = async (queue: string) => {
      await pool.run(10, queue).then(
        () => done.push(queue),
        () => {},
      )
    }
    const flood = Array.from({ length: 60 }, () => run('flood'))
    await run('somebody')
    expect(done.length).toBeLessThan(5)
    await pool.close()
    await Promise.all(flood)
  })

  it('are bounded, in all and for each: who is refused is told when there will be room', async () => {
    await using pool = startPool(1)
    await pool.run(20, 'a') // so that it knows how long one takes
    const asked = Array.from({ length: 2_000 }, (_, n) => pool.run(20, n < 1_000 ? 'flood' : `somebody ${n}`))
    const outcomes = Promise.allSettled(asked)
    await pool.close()
    const refused = (await outcomes).flatMap((outcome, n) => {
      if (outcome.status === 'fulfilled') return []
      const { code, message, facts } = outcome.reason as KarcisError
      return [{ n, code, message, facts }]
    })
    const ofFlood = refused.filter(({ n, message }) => n < 1_000 && message === 'Too many of yours.')
    expect(ofFlood.length).toBeGreaterThan(800)
    expect(ofFlood[0]).toMatchObject({ code: 'RATE_LIMITED' })
    const last = refused.at(-1)
    expect(last).toMatchObject({ n: 1_999, code: 'SERVICE_UNAVAILABLE', message: 'Too many.' })
    expect(last?.facts.retryAfterSeconds).toBeGreaterThanOrEqual(5)
    expect(last?.facts.retryAfterSeconds).toBeLessThan(8)
  })

  it('are dropped when nobody waits for them any more', async () => {
    await using pool = startPool(1)
    const client = new AbortController()
    const underWay = pool.run(50, 'a', client.signal)
    const waiting = pool.run(60_000, 'a', client.signal)
    client.abort(new Error('gone'))
    await expect(waiting).rejects.toThrow('gone')
    expect(await underWay).toBe(50)
    await expect(pool.run(1, 'a', client.signal)).rejects.toThrow('gone')
    expect(await pool.run(1, 'a')).toBe(1)
  })
})

it('fails a task that cannot be done, or whose thread died, without failing others', async () => {
  await using pool = startPool(1)
  const [bad, dead, good] = await Promise.allSettled([
    pool.run('x' as never, 'a'),
    pool.run(-1, 'a'),
    pool.run(1, 'a'),
  ])
  expect([bad.status, dead.status, good.status]).toEqual(['rejected', 'rejected', 'fulfilled'])
})

it('says that it is closed, to who waits and to who comes', async () => {
  await using pool = startPool(1)
  const both = Promise.allSettled([pool.run(60_000, 'a'), pool.run(60_000, 'a')])
  await pool.close()
  expect((await both).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  await expect(pool.run(1, 'a')).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' })
})
