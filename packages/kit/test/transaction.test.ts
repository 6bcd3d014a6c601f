import { setTimeout as sleep } from 'node:timers/promises'
import { createTcpProxy } from '@karcis/testkit/tcp-proxy'
import pg from 'pg'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { mapConstraintError, type RawSql, transaction, type Tx } from '../src/database.ts'
import { ServiceUnavailable } from '../src/errors.ts'
import { connectPrisma, openKitDatabase, type KitDatabase } from './kit-database.ts'

let db: KitDatabase
let url: string
/** A session beside the product's. */
let beside: pg.Client

beforeEach(async () => {
  db = await openKitDatabase()
  url = db.url
  beside = new pg.Client(url)
  await beside.connect()
  onTestFinished(async () => {
    await beside.end()
    await db[Symbol.asyncDispose]()
  })
  await beside.query(`CREATE TABLE accounts (id int PRIMARY KEY, note text,
    balance int NOT NULL CONSTRAINT never_below_zero CHECK (balance >= 0))`)
  await beside.query('INSERT INTO accounts (id, balance) SELECT id, 100 FROM generate_series(1, 20) id')
})

const add = async (tx: RawSql, id: number, amount: number) =>
  tx.$executeRaw`UPDATE accounts SET balance = balance + ${amount} WHERE id = ${id}`

const balanceOf = async (id: number): Promise<number> =>
  (await beside.query('SELECT balance FROM accounts WHERE id = $1', [id])).rows[0].balance

async function pidOf(tx: RawSql): Promise<number> {
  const [row] = await tx.$queryRaw<[{ pid: number }]>`SELECT pg_backend_pid() AS pid`
  return row.pid
}

/** Ends a session of the product, and waits until it is gone. */
const terminate = (pid: number) => beside.query('SELECT pg_terminate_backend($1, 5000)', [pid])

it('is the only thing that a write takes', async () => {
  const write = (tx: Tx) => add(tx, 1, 1)
  // @ts-expect-error the pool's client is no transaction
  const byPool = () => write(db)
  // @ts-expect-error nor is what Prisma's own $transaction gives
  const byPrisma = () => db.$transaction((tx) => write(tx))
  expect([byPool, byPrisma]).toHaveLength(2)
  expect(await transaction(db, write)).toBe(1)
})

describe('a transaction that Postgres breaks off for the sake of another', () => {
  it('is done once each when two of them deadlock', async () => {
    const bothHold = Promise.withResolvers<void>()
    let holding = 0
    let attempts = 0
    const move = (from: number, to: number) =>
      transaction(db, async (tx) => {
        attempts += 1
        await add(tx, from, -10)
        if (++holding === 2) bothHold.resolve()
        await bothHold.promise
        await add(tx, to, 10)
      })
    await Promise.all([move(1, 2), move(2, 1)])
    expect(attempts).toBe(3)
    expect([await balanceOf(1), await balanceOf(2)]).toEqual([100, 100])
  })

  it('is done once each when none of them could have come first', async () => {
    const bothRead = Promise.withResolvers<void>()
    let reading = 0
    let attempts = 0
    /** Each sees both, and takes the sum from one of them: allowed once. */
    const takeFrom = (id: number) =>
      transaction(db, async (tx) => {
        attempts += 1
        await tx.$executeRaw`SET TRANSACTION ISOLATION LEVEL SERIALIZABLE`
        const [row] = await tx.$queryRaw<
          [{ sum: bigint }]
        >`SELECT sum(balance) FROM accounts WHERE id IN (1, 2)`
        if (++reading === 2) bothRead.resolve()
        await bothRead.promise
        if (row.sum === 200n) await add(tx, id, -100)
      })
    await Promise.all([takeFrom(1), takeFrom(2)])
    expect(attempts).toBe(3)
    expect((await balanceOf(1)) + (await balanceOf(2))).toBe(100)
  })

  it('is answered as unavailable when that does not end', async () => {
    let attempts = 0
    const never = transaction(db, async (tx) => {
      attempts += 1
      await add(tx, 1, 1)
      await tx.$executeRaw`DO $$ BEGIN RAISE EXCEPTION 'again' USING ERRCODE = 'serialization_failure'; END $$`
    })
    await expect(never).rejects.toBeInstanceOf(ServiceUnavailable)
    expect(attempts).toBe(6)
    expect(await balanceOf(1)).toBe(100)
  })
})

describe('a kept plan that a migration made stale', () => {
  const READERS = 8
  /** As many connections as readers come to hold the plans of three statements. */
  async function warm(run: () => PromiseLike<unknown>): Promise<void> {
    for (let n = 0; n < 3; n++) await Promise.all(Array.from({ length: READERS }, run))
  }
  const migrate = () => beside.query('ALTER TABLE accounts ALTER COLUMN note TYPE varchar(500)')

  it('reaches nobody, with three of them in one transaction and on every connection', async () => {
    let attempts = 0
    const work = () =>
      transaction(db, async (tx) => {
        attempts += 1
        await tx.$queryRaw`SELECT * FROM accounts WHERE id = 1`
        await tx.$queryRaw`SELECT * FROM accounts WHERE id > 1 ORDER BY id`
        await tx.$queryRaw`SELECT * FROM accounts WHERE id = 1 FOR UPDATE`
        await add(tx, 1, 1)
        await sleep(20) // so that each has a connection of its own
      })
    await warm(work)
    await migrate()
    attempts = 0
    await Promise.all(Array.from({ length: READERS }, work))
    expect(attempts).toBeGreaterThan(READERS) // it was met
    expect(attempts).toBeLessThanOrEqual(2 * READERS) // and never twice by one of them
    expect(await balanceOf(1)).toBe(100 + 4 * READERS)
  })

  it('reaches nobody outside of a transaction either', async () => {
    const read = () =>
      db.$queryRaw<unknown[]>`SELECT accounts.*, pg_sleep(0.02)::text FROM accounts WHERE id = 1`
    await warm(read)
    await migrate()
    const rows = await Promise.all(Array.from({ length: 3 * READERS }, read))
    expect(rows.every((row) => row.length === 1)).toBe(true)
  })

  it('leaves a write outside of a transaction done once', async () => {
    const write = () =>
      db.$queryRaw<unknown[]>`UPDATE accounts SET balance = balance + 1 WHERE id = 1 RETURNING *`
    await warm(write)
    await migrate()
    await Promise.all(Array.from({ length: READERS }, write))
    expect(await balanceOf(1)).toBe(100 + 4 * READERS)
  })
})

describe('a connection that is lost', () => {
  /** Runs a transaction whose first attempt loses its connection at a place. */
  async function losing(at: 'a statement' | 'between statements' | 'before the commit'): Promise<number> {
    let attempts = 0
    await transaction(db, async (tx) => {
      const first = ++attempts === 1
      const pid = await pidOf(tx)
      await add(tx, 1, 1)
      if (first && at === 'a statement') {
        await Promise.all([tx.$executeRaw`SELECT pg_sleep(4)`, sleep(50).then(() => terminate(pid))])
      }
      if (first && at !== 'a statement') {
        await terminate(pid)
        await sleep(50) // until this side has seen it
      }
      if (at !== 'before the commit') await add(tx, 2, 1)
    })
    return attempts
  }

  it.each(['a statement', 'between statements', 'before the commit'] as const)(
    'at %s: the work is done once',
    async (at) => {
      expect(await losing(at)).toBeGreaterThan(1)
      expect(await balanceOf(1)).toBe(101)
    },
  )

  it('during the commit: unavailable, for nobody knows, and not tried again', async () => {
    await beside.query(
      `CREATE FUNCTION linger() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(4); RETURN NULL; END'`,
    )
    await beside.query(`CREATE CONSTRAINT TRIGGER linger AFTER UPDATE ON accounts DEFERRABLE INITIALLY DEFERRED
      FOR EACH ROW EXECUTE FUNCTION linger()`)
    let attempts = 0
    let terminated: Promise<unknown> | undefined
    const work = transaction(db, async (tx) => {
      attempts += 1
      const pid = await pidOf(tx)
      await add(tx, 1, 1)
      terminated = sleep(100).then(() => terminate(pid))
    })
    await expect(work).rejects.toThrow('it may be done or not')
    await expect(work).rejects.toBeInstanceOf(ServiceUnavailable)
    await terminated
    expect(attempts).toBe(1)
  })

  it.each(['between statements', 'before the commit'] as const)(
    'as its process stands still %s: others have its row after two seconds, and it does its work once when it goes on',
    async (at) => {
      await using proxy = await createTcpProxy(url)
      const frozen = connectPrisma(proxy.through(url))
      onTestFinished(() => frozen.$disconnect())
      let attempts = 0
      const holds = Promise.withResolvers<void>()
      const goesOn = Promise.withResolvers<void>()
      const work = transaction(frozen, async (tx) => {
        attempts += 1
        await add(tx, 1, 1)
        holds.resolve()
        await goesOn.promise
        if (at === 'between statements') await add(tx, 2, 1)
      })
      await holds.promise
      proxy.stall(true)
      await transaction(db, (tx) => add(tx, 1, 10)) // its statement gives up after five
      proxy.stall(false)
      goesOn.resolve()
      await work
      expect(attempts).toBe(2)
      expect(await balanceOf(1)).toBe(111)
    },
  )

  it('that is lost every time: unavailable, and nothing done', async () => {
    const work = transaction(db, async (tx) => {
      await add(tx, 1, 1)
      await terminate(await pidOf(tx))
      await add(tx, 1, 1)
    })
    await expect(work).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE', facts: { retryAfterSeconds: 2 } })
    expect(await balanceOf(1)).toBe(100)
  })
})

describe('a database that is', () => {
  it('away is unavailable', async () => {
    await using proxy = await createTcpProxy(url)
    const away = connectPrisma(proxy.through(url))
    onTestFinished(() => away.$disconnect())
    expect(await transaction(away, (tx) => add(tx, 1, 1))).toBe(1)
    await proxy.refuse()
    await expect(transaction(away, (tx) => add(tx, 1, 1))).rejects.toBeInstanceOf(ServiceUnavailable)
    await proxy.restore()
    expect(await transaction(away, (tx) => add(tx, 1, 1))).toBe(1)
  })

  it('too busy is unavailable, and what took too long is undone', async () => {
    const slow = transaction(
      db,
      async (tx) => {
        await add(tx, 1, 1)
        await sleep(300)
      },
      { timeoutMs: 100 },
    )
    await expect(slow).rejects.toBeInstanceOf(ServiceUnavailable)
    expect(await balanceOf(1)).toBe(100)
  })

  it('full is unavailable', async () => {
    const narrow = connectPrisma(url, 1)
    onTestFinished(() => narrow.$disconnect())
    const release = Promise.withResolvers<void>()
    const holder = transaction(narrow, () => release.promise)
    await expect(transaction(narrow, (tx) => add(tx, 1, 1))).rejects.toBeInstanceOf(ServiceUnavailable)
    release.resolve()
    await holder
  })
})

describe('a statement that Postgres refuses', () => {
  const CONSTRAINT_ERRORS = { never_below_zero: () => new Error('not enough') }
  const takeTooMuch = (tx: Tx) =>
    add(tx, 1, -500).then(undefined, (error: unknown) => mapConstraintError(error, CONSTRAINT_ERRORS))

  it('is told by the name of its constraint', async () => {
    await expect(transaction(db, takeTooMuch)).rejects.toThrow('not enough')
  })

  it('is told as it is when the table does not name it', async () => {
    const other = (tx: Tx) =>
      add(tx, 1, -500).then(undefined, (error: unknown) => mapConstraintError(error, {}))
    await expect(transaction(db, other)).rejects.toMatchObject({ code: 'P2010' })
  })

  it('is told by its name too when it is found at the commit', async () => {
    await beside.query('ALTER TABLE accounts ADD CONSTRAINT once UNIQUE (note) DEFERRABLE INITIALLY DEFERRED')
    const twice = transaction(db, (tx) => tx.$executeRaw`UPDATE accounts SET note = 'same' WHERE id < 3`)
    await expect(
      twice.catch((error: unknown) => mapConstraintError(error, { once: () => new Error('twice') })),
    ).rejects.toThrow('twice')
  })

  it('fails the transaction also when the error is ignored: nothing of it would be kept', async () => {
    const ignoring = transaction(db, async (tx) => {
      await add(tx, 2, 1)
      await takeTooMuch(tx).catch(() => undefined)
      return 'done'
    })
    await expect(ignoring).rejects.toMatchObject({ cause: { originalCode: '23514' } })
    expect(await balanceOf(2)).toBe(100)
    await transaction(db, (tx) => add(tx, 2, 1)) // on the same connection, which is whole
    expect(await balanceOf(2)).toBe(101)
  })

  it('may be ignored up to a savepoint', async () => {
    await transaction(db, async (tx) => {
      await add(tx, 2, 1)
      await tx.$executeRaw`SAVEPOINT before`
      await takeTooMuch(tx).catch(() => undefined)
      await tx.$executeRaw`ROLLBACK TO SAVEPOINT before`
    })
    expect(await balanceOf(2)).toBe(101)
  })
})
