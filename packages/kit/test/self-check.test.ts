import { createTcpProxy } from '@karcis/testkit/tcp-proxy'
import { eventually } from '@karcis/testkit/eventually'
import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import { createSelfCheck } from '../src/subgraph/self-check.ts'
import { connectPrisma, openKitDatabase, type RawClient } from './kit-database.ts'

const SECRETS = {
  SERVICE_SECRET: 'what processes know each other by, of this test',
  PASSWORD_PEPPER: 'a pepper of this test',
}

/** A process of which the clock is `aheadMs` off. */
function startCheck(db: RawClient, secrets: Record<string, string> = SECRETS, clock = { aheadMs: 0 }) {
  const lines: { level: number; msg: string; reason?: string }[] = []
  const log = pino({ level: 'info' }, { write: (line: string) => void lines.push(JSON.parse(line)) })
  const check = createSelfCheck({ db, log, secrets, now: () => Date.now() + clock.aheadMs })
  return { check, lines, clock }
}

describe('line 32: the secrets of a process', () => {
  it('are those that its database was filled with, or it does not become ready', async () => {
    await using db = await openKitDatabase()
    const first = startCheck(db)
    expect(await first.check.problem()).toBeNull()
    await first.check.untilFit()

    for (const name of ['SERVICE_SECRET', 'PASSWORD_PEPPER'] as const) {
      const wrong = startCheck(db, { ...SECRETS, [name]: `${SECRETS[name]}, or so somebody thought` })
      const reason = `The setting ${name} is not the one that this database was filled with.`
      expect(await wrong.check.problem()).toBe(reason)
      expect(await wrong.check.problem()).toBe(reason)
      expect(wrong.lines).toMatchObject([{ level: 50, reason, msg: 'not ready' }])
      const fit = wrong.check.untilFit().then(
        () => 'fit',
        () => 'closed',
      )
      wrong.check.close()
      expect(await fit).toBe('closed')
    }
    expect(await startCheck(db).check.problem()).toBeNull()
    expect(await startCheck(db, { ...SECRETS, KEY_ENCRYPTION_SECRET: 'new here' }).check.problem()).toBeNull()
  })

  it('can be changed for good by deleting what is remembered of the old one', async () => {
    await using db = await openKitDatabase()
    await startCheck(db).check.problem()
    const changed = startCheck(db, { ...SECRETS, SERVICE_SECRET: 'another one, after a leak of the first' })
    expect(await changed.check.problem()).toContain('SERVICE_SECRET')
    const fit = changed.check.untilFit()
    await db.$executeRaw`DELETE FROM kit.fingerprints WHERE name = 'SERVICE_SECRET'`
    await fit
    expect(changed.lines.at(-1)?.msg).toBe('ready again')
    expect(await startCheck(db).check.problem()).toContain('SERVICE_SECRET')
  })

  it('are remembered once when processes start at once, and cannot be read from what is remembered', async () => {
    await using db = await openKitDatabase()
    const all = Array.from({ length: 6 }, () => startCheck(db).check.problem())
    expect(new Set(await Promise.all(all))).toEqual(new Set([null]))
    const rows = await db.$queryRaw<{ name: string; value: Uint8Array }[]>`SELECT * FROM kit.fingerprints`
    expect(rows.map(({ name }) => name).sort()).toEqual(Object.keys(SECRETS).sort())
    const other = await openKitDatabase()
    await startCheck(other).check.problem()
    const elsewhere = await other.$queryRaw<typeof rows>`SELECT * FROM kit.fingerprints`
    await other[Symbol.asyncDispose]()
    const hex = (found: typeof rows) => found.map(({ value }) => Buffer.from(value).toString('hex'))
    expect(new Set([...hex(rows), ...hex(elsewhere)]).size).toBe(4) // each under a salt of its own
  })
})

describe('line 32: the clock of a process', () => {
  it.each([
    [2_000, null, 0],
    [-2_000, null, 0],
    [10_000, null, 1],
    [-3_600_000, /^The clock of this process is 3(599|600) s behind that of its database\.$/, 2],
    [3_600_000, /ahead of/, 2],
  ])('that is %d ms off', async (aheadMs, reason, told) => {
    await using db = await openKitDatabase()
    const { check, lines, clock } = startCheck(db, SECRETS, { aheadMs })
    await check.problem()
    const found = await check.problem()
    if (reason) expect(found).toMatch(reason)
    else expect(found).toBeNull()
    expect(lines).toHaveLength(told)
    clock.aheadMs = 0
    expect(await check.problem()).toBeNull()
    check.close()
  })
})

it('line 26: waits for a database that is not there yet, and says so', async () => {
  await using own = await openKitDatabase()
  await using proxy = await createTcpProxy(own.url)
  await proxy.refuse()
  const db = connectPrisma(proxy.through(own.url))
  const { check, lines } = startCheck(db)
  let fit = false
  const waiting = check.untilFit().then(() => (fit = true))
  await eventually(() => expect(lines).toMatchObject([{ reason: 'The database does not answer.' }]))
  expect(await check.problem()).toBe('The database does not answer.')
  expect(fit).toBe(false)
  await proxy.restore()
  await waiting
  expect(lines.at(-1)?.msg).toBe('ready again')
  check.close()
  await db.$disconnect()
})
