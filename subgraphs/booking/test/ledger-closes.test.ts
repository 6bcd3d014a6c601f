import { setTimeout as sleep } from 'node:timers/promises'
import { prismaOptions, transaction } from '@karcis/kit/database'
import { newId } from '@karcis/kit/ids'
import { createLog } from '@karcis/kit/log'
import { createTestDatabase, type TestDatabase } from '@karcis/testkit/database'
import { mutantOf } from '@karcis/testkit/mutants'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Db, Tx } from '../src/domain/database.ts'
import { closeLedger } from '../src/domain/ledger/close-day.ts'
import { insertPosting } from '../src/domain/ledger/ledger-store.ts'
import { grantPosting } from '../src/domain/ledger/postings.ts'
import { PrismaClient } from '../src/generated/prisma/client.ts'
import { pileUp } from './mutants.ts'

const log = createLog('test', 'silent')
let database: TestDatabase
let db: Db

beforeEach(async () => {
  database = await createTestDatabase('booking')
  db = new PrismaClient(prismaOptions(database.url, 'test', log))
})

afterEach(async () => {
  await db.$disconnect()
  await database[Symbol.asyncDispose]()
})

/** As though everything that was posted today had been posted so many days ago. */
const goBy = (days: number) =>
  transaction(db, async (tx) => {
    await tx.$executeRaw`SET LOCAL session_replication_role = replica`
    await tx.$executeRaw`UPDATE ledger_transactions SET created_at = created_at - make_interval(days => ${days}::int)
      WHERE created_at > now() - interval '12 hours'`
  })

const post = (tx: Tx, amount: number) => insertPosting(tx, grantPosting(newId(), amount))
const grant = (amount: number) => transaction(db, (tx) => post(tx, amount))

interface Close {
  daysAgo: number
  transactions: bigint
  entries: bigint
  sums: unknown
  hash: string
}

const closes = () => db.$queryRaw<Close[]>`
  SELECT (now() AT TIME ZONE 'UTC')::date - day AS "daysAgo", transactions, entries, sums, encode(hash, 'hex') AS hash
  FROM ledger_closes ORDER BY day`

/** Days ago of the closes that say something else than the ledger does now. */
const changedDays = async () => {
  const rows = await db.$queryRaw<{ daysAgo: number }[]>`
    SELECT (now() AT TIME ZONE 'UTC')::date - c.day AS "daysAgo" FROM ledger_closes c, digest_ledger_day(c.day, c.horizon) d
    WHERE (d.transactions, d.entries, d.sums, d.hash) IS DISTINCT FROM (c.transactions, c.entries, c.sums, c.hash) ORDER BY c.day`
  return rows.map(({ daysAgo }) => daysAgo)
}

describe('the daily close', () => {
  it('closes each day that is over, those without postings too, and not today', async () => {
    await closeLedger({ db, log })
    expect(await closes()).toEqual([])
    await grant(700)
    await goBy(3)
    await grant(20)
    await grant(3)
    await goBy(1)
    await grant(5)
    await closeLedger({ db, log })
    const sums = (entries: number, amount: number) => [
      { account: 'SIGNUP_GRANTS', currency: 'IDR', entries, amount: -amount },
      { account: 'WALLET', currency: 'IDR', entries, amount },
    ]
    expect((await closes()).map(({ hash: _, ...said }) => said)).toEqual([
      { daysAgo: 3, transactions: 1n, entries: 2n, sums: sums(1, 700) },
      { daysAgo: 2, transactions: 0n, entries: 0n, sums: [] },
      { daysAgo: 1, transactions: 2n, entries: 4n, sums: sums(2, 23) },
    ])
    expect(await changedDays()).toEqual([])
    await closeLedger({ db, log })
    expect(await closes()).toHaveLength(3)
  })

  it('sees a changed past: an amount, a posting taken away or added, another account, a close rewritten', async () => {
    await grant(700)
    await goBy(3)
    await grant(20)
    await goBy(1)
    await closeLedger({ db, log })
    const plant = async (sql: string, undo: string) => {
      const run = (text: string) =>
        transaction(db, async (tx) => {
          await tx.$executeRaw`SET LOCAL session_replication_role = replica`
          await tx.$executeRawUnsafe(text)
        })
      await run(sql)
      const seen = await changedDays()
      await run(undo)
      return seen
    }
    const old = `(SELECT id FROM ledger_transactions ORDER BY seq LIMIT 1)`
    expect(
      await plant(
        `UPDATE ledger_entries SET amount = amount * 2 WHERE transaction_id = ${old}`,
        `UPDATE ledger_entries SET amount = amount / 2 WHERE transaction_id = ${old}`,
      ),
    ).toEqual([3])
    const moved = newId()
    expect(
      await plant(
        `UPDATE ledger_accounts SET owner_id = '${moved}' WHERE kind = 'WALLET' AND balance = 700`,
        `UPDATE ledger_accounts SET owner_id = '${newId()}' WHERE owner_id = '${moved}'`,
      ),
    ).toEqual([3])
    // That owner is another for good: the rest is seen on top of it.
    expect(
      await plant(
        `UPDATE ledger_transactions SET reference = reference || '!' WHERE seq = 2`,
        `UPDATE ledger_transactions SET reference = rtrim(reference, '!') WHERE seq = 2`,
      ),
    ).toEqual([3, 1])
    const back = `created_at - interval '2 days'`
    expect(
      await plant(
        `UPDATE ledger_transactions SET created_at = ${back} WHERE seq = 2`,
        `UPDATE ledger_transactions SET created_at = created_at + interval '2 days' WHERE seq = 2`,
      ),
    ).toEqual([3, 1].sort().reverse())
    // Whoever makes the day right again by rewriting its close breaks the chain after it.
    expect(
      await plant(
        `UPDATE ledger_closes c SET hash = d.hash FROM digest_ledger_day((SELECT min(day) FROM ledger_closes), 2) d
         WHERE c.day = (SELECT min(day) FROM ledger_closes)`,
        'SELECT 1',
      ),
    ).toEqual([2])
  })

  it('cannot be changed or taken away: guards ledger_closes_immutable, ledger_closes_no_truncate', async () => {
    await grant(700)
    await goBy(1)
    await closeLedger({ db, log })
    await expect(db.$executeRaw`UPDATE ledger_closes SET entries = 7`).rejects.toThrow(/append only/)
    await expect(db.$executeRaw`DELETE FROM ledger_closes`).rejects.toThrow(/append only/)
    await expect(db.$executeRaw`TRUNCATE ledger_closes`).rejects.toThrow(/append only/)
  })

  it('of today, or out of order, cannot be written: guards ledger_closes_over_check, ledger_closes_one_first', async () => {
    await grant(700)
    await goBy(3)
    await closeLedger({ db, log })
    const write = (daysAgo: number, previous: string) =>
      db.$executeRawUnsafe(`
      INSERT INTO ledger_closes SELECT (now() AT TIME ZONE 'UTC')::date - ${daysAgo}, ${previous}, 0, 0, 0, '[]', sha256(''), now()`)
    await expect(write(0, "(now() AT TIME ZONE 'UTC')::date - 1")).rejects.toThrow(/ledger_closes_over_check/)
    await expect(write(9, 'NULL')).rejects.toThrow(/Unique constraint|ledger_closes_one_first/)
    await expect(write(9, "(now() AT TIME ZONE 'UTC')::date - 10")).rejects.toThrow(/[Ff]oreign key/)
  })
})

describe('two closers at once', () => {
  const race = () =>
    pileUp(db, 'ledger_closes', 2, () =>
      Promise.allSettled([closeLedger({ db, log }), closeLedger({ db, log })]),
    )

  beforeEach(async () => {
    await grant(700)
    await goBy(2)
  })

  it('close each day once', async () => {
    expect((await race()).every(({ status }) => status === 'fulfilled')).toBe(true)
    expect((await closes()).map(({ daysAgo }) => daysAgo)).toEqual([2, 1])
    expect(await changedDays()).toEqual([])
  })

  it('without the guard (ledger_closes_pkey, ledger_closes_one_first) close a day twice', async () => {
    await db.$executeRaw`ALTER TABLE ledger_closes DROP CONSTRAINT ledger_closes_pkey CASCADE`
    await db.$executeRaw`DROP INDEX ledger_closes_one_first`
    await race()
    expect((await closes()).filter(({ daysAgo }) => daysAgo === 2)).toHaveLength(2)
  })
})

describe('a posting that is under way across midnight', () => {
  /**
   * Somebody posts while yesterday is closed, and commits in the midst of it.
   * @returns the days ago whose close is not what the ledger says, once all is done.
   */
  async function acrossMidnight(closing: Db): Promise<number[]> {
    await grant(700)
    await goBy(1)
    const posted = Promise.withResolvers<void>()
    const underWay = transaction(db, async (tx) => {
      await post(tx, 50)
      posted.resolve()
      await sleep(400)
      // Begun yesterday, by the clock of this test.
      await tx.$executeRaw`SET LOCAL session_replication_role = replica`
      await tx.$executeRaw`UPDATE ledger_transactions SET created_at = created_at - interval '1 day' WHERE created_at = now()::timestamptz(3)`
    })
    await posted.promise
    await Promise.all([closeLedger({ db: closing, log }), underWay])
    return changedDays()
  }

  it('is waited for, and is of that day', async () => {
    expect(await acrossMidnight(db)).toEqual([])
    expect(await closes()).toMatchObject([{ daysAgo: 1, transactions: 2n }])
  })

  it('without the guard (listWriters) is of a day that was closed without it', async () => {
    const hasty = mutantOf(db, "mode = 'RowExclusiveLock'", 'false')
    expect(await acrossMidnight(hasty.db)).toEqual([1])
    expect(hasty.met.count).toBeGreaterThan(0)
  })

  it('that draws its number only after that is of the next close, and changes none', async () => {
    await grant(700)
    await goBy(1)
    await closeLedger({ db, log })
    await grant(50)
    await goBy(1) // begun yesterday
    expect(await changedDays()).toEqual([])
    const [said] = await db.$queryRaw<{ transactions: bigint }[]>`
      SELECT transactions FROM digest_ledger_day((now() AT TIME ZONE 'UTC')::date, 2)`
    expect(said?.transactions).toBe(1n)
  })
})
