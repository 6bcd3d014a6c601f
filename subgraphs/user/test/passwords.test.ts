import type { KarcisError } from '@karcis/kit/errors'
import { parallel } from '@karcis/testkit/parallel'
import { describe, expect, it } from 'vitest'
import { userSettings } from '../src/env.ts'
import { createPasswords } from '../src/domain/passwords/passwords.ts'
import { createWorkerPool } from '../src/domain/passwords/worker-pool.ts'
import { settingsFor } from './stories.ts'

it('knows a password by its hash, with the same pepper only', async () => {
  await using stack = new AsyncDisposableStack()
  const passwords = await createPasswords('one pepper of a few', 4)
  const elsewhere = await createPasswords('another pepper here', 4)
  stack.defer(() => passwords.close())
  stack.defer(() => elsewhere.close())
  const hash = await passwords.hash('kata sandi é', 'a')
  expect(await passwords.verify('kata sandi é', hash, 'a')).toBe(true)
  expect(await passwords.verify('kata sandi e\u0301', hash, 'a')).toBe(true) // the same letter, typed on another machine
  expect(await passwords.verify('kata sandi e', hash, 'a')).toBe(false)
  expect(await elsewhere.verify('kata sandi é', hash, 'a')).toBe(false)
})

it('works off many at once, and leaves the main thread free meanwhile', async () => {
  const pool = createWorkerPool(2)
  let turns = 0
  const ticking = setInterval(() => (turns += 1), 1)
  const hashes = await parallel(12, () => pool.run({ kind: 'hash', secret: 'x', cost: 8 }, 'a'))
  clearInterval(ticking)
  expect(new Set(hashes.map((outcome) => outcome.status === 'fulfilled' && outcome.value)).size).toBe(12)
  expect(turns).toBeGreaterThan(0)
  await pool.close()
})

describe('line 18: the queue for password threads', () => {
  const hash = { kind: 'hash', secret: 'x', cost: 9 } as const

  it('lets those who wait take turns: sixty of one delay one of another by a few', async () => {
    const pool = createWorkerPool(1)
    const done: string[] = []
    const run = async (queue: string) => {
      await pool.run(hash, queue).then(
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

  it('is bounded, in all and for each: who is refused is told when there will be room', async () => {
    const pool = createWorkerPool(1)
    await pool.run(hash, 'a') // so that it knows how long one takes
    const outcomes = await parallel(2_000, (n) => pool.run(hash, n < 1_000 ? 'flood' : `somebody ${n}`))
    await pool.close()
    const refused = outcomes.flatMap((outcome, n) => {
      if (outcome.status === 'fulfilled') return []
      const { code, facts } = outcome.reason as KarcisError
      return [{ n, code, facts }]
    })
    const flood = refused.filter(({ n }) => n < 1_000)
    expect(flood.some(({ code }) => code === 'RATE_LIMITED')).toBe(true)
    const last = refused.at(-1)
    expect(last).toMatchObject({ n: 1_999, code: 'SERVICE_UNAVAILABLE' })
    expect(last?.facts.retryAfterSeconds).toBeGreaterThanOrEqual(5)
    expect(last?.facts.retryAfterSeconds).toBeLessThan(8)
  })

  it('says that it is closed, and fails a task that cannot be done without failing others', async () => {
    const pool = createWorkerPool(1)
    const [bad, good] = await Promise.allSettled([
      pool.run({ kind: 'verify', secret: 'x', hash: undefined as never }, 'a'),
      pool.run({ kind: 'hash', secret: 'x', cost: 4 }, 'a'),
    ])
    expect([bad.status, good.status]).toEqual(['rejected', 'fulfilled'])
    const underWay = pool.run({ kind: 'hash', secret: 'x', cost: 12 }, 'a')
    const waiting = pool.run({ kind: 'hash', secret: 'x', cost: 12 }, 'a')
    const both = Promise.allSettled([underWay, waiting])
    await pool.close()
    expect((await both).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    await expect(pool.run({ kind: 'hash', secret: 'x', cost: 4 }, 'a')).rejects.toMatchObject({
      code: 'SERVICE_UNAVAILABLE',
    })
  })
})

it('does not start in production with hashes that are too cheap, or with half an admin', () => {
  const problems = (overrides: Record<string, string>) => {
    const given = { ...settingsFor('postgres://db/x'), ...overrides }
    const result = userSettings.safeParse(given)
    return result.error?.issues.map((issue) => issue.path.join('.')) ?? []
  }
  expect(problems({ NODE_ENV: 'production' })).toEqual(['BCRYPT_COST'])
  expect(problems({ NODE_ENV: 'production', BCRYPT_COST: '10' })).toEqual([])
  expect(problems({ ADMIN_EMAIL: 'a@karcis.test' })).toEqual(['ADMIN_PASSWORD'])
  expect(problems({ ADMIN_PASSWORD: 'long enough' })).toEqual(['ADMIN_EMAIL'])
  expect(problems({ ADMIN_EMAIL: '', ADMIN_PASSWORD: '' })).toEqual([])
  expect(problems({ PASSWORD_PEPPER: 'short', KEY_ENCRYPTION_SECRET: 'short' })).toEqual([
    'KEY_ENCRYPTION_SECRET',
    'PASSWORD_PEPPER',
  ])
})
