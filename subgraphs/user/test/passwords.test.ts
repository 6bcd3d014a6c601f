import { parallel } from '@karcis/testkit/parallel'
import { expect, it } from 'vitest'
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
  const hash = await passwords.hash('kata sandi é')
  expect(await passwords.verify('kata sandi é', hash)).toBe(true)
  expect(await passwords.verify('kata sandi e\u0301', hash)).toBe(true) // the same letter, typed on another machine
  expect(await passwords.verify('kata sandi e', hash)).toBe(false)
  expect(await elsewhere.verify('kata sandi é', hash)).toBe(false)
})

it('works off many at once, and leaves the main thread free meanwhile', async () => {
  const pool = createWorkerPool(2)
  let turns = 0
  const ticking = setInterval(() => (turns += 1), 1)
  const hashes = await parallel(12, () => pool.run({ kind: 'hash', secret: 'x', cost: 8 }))
  clearInterval(ticking)
  expect(new Set(hashes.map((outcome) => outcome.status === 'fulfilled' && outcome.value)).size).toBe(12)
  expect(turns).toBeGreaterThan(0)
  await pool.close()
})

it('says that it is full or closed, and fails a task that cannot be done without failing others', async () => {
  const pool = createWorkerPool(1)
  const outcomes = await parallel(102, () => pool.run({ kind: 'hash', secret: 'x', cost: 4 }))
  const refused = outcomes.filter((outcome) => outcome.status === 'rejected')
  expect(refused).toHaveLength(1)
  expect(refused[0]?.reason).toMatchObject({ code: 'SERVICE_UNAVAILABLE' })

  const [bad, good] = await Promise.allSettled([
    pool.run({ kind: 'verify', secret: 'x', hash: undefined as never }),
    pool.run({ kind: 'hash', secret: 'x', cost: 4 }),
  ])
  expect([bad.status, good.status]).toEqual(['rejected', 'fulfilled'])
  const underWay = pool.run({ kind: 'hash', secret: 'x', cost: 12 })
  const waiting = pool.run({ kind: 'hash', secret: 'x', cost: 12 })
  const both = Promise.allSettled([underWay, waiting])
  await pool.close()
  expect((await both).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  await expect(pool.run({ kind: 'hash', secret: 'x', cost: 4 })).rejects.toMatchObject({
    code: 'SERVICE_UNAVAILABLE',
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
