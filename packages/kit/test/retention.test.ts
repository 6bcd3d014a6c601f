import pg from 'pg'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { transaction } from '../src/database.ts'
import { forgetEvents } from '../src/events.ts'
import { retention } from '../src/retention.ts'
import { type KitDatabase, openKitDatabase } from './kit-database.ts'
import { log } from './start-server.ts'

let db: KitDatabase
beforeEach(async () => {
  db = await openKitDatabase()
  await db.$executeRaw`CREATE TABLE things (n int PRIMARY KEY, ended_at timestamptz, debt int NOT NULL DEFAULT 0)`
  await db.$executeRaw`CREATE INDEX things_ended ON things (ended_at)`
  onTestFinished(() => db[Symbol.asyncDispose]())
})

const forget = retention<{ db: KitDatabase; log: typeof log; settings: { THING_DAYS: number } }>({
  name: 'forget-things',
  table: 'things',
  since: 'ended_at',
  where: 'debt = 0',
  keepForDays: ({ settings }) => settings.THING_DAYS,
})
const run = (closing?: AbortSignal) => forget.run({ db, log, settings: { THING_DAYS: 1.5 } }, {}, closing)

/** What is there still, as ranges. */
const left = async (): Promise<number[]> =>
  (await db.$queryRaw<{ n: number }[]>`SELECT n FROM things ORDER BY n`).map(({ n }) => n)

describe('line 35: retention', () => {
  it('deletes what is past its time, in many batches, and nothing else', async () => {
    // Hours ago, 0 to 9,999; the last ten thousand have not ended, or owe something.
    await db.$executeRaw`INSERT INTO things SELECT n, now() - n * interval '1 hour' FROM generate_series(0, 9999) n`
    await db.$executeRaw`INSERT INTO things SELECT n, NULL FROM generate_series(10000, 10004) n`
    await db.$executeRaw`INSERT INTO things SELECT n, '2020-01-01', 5 FROM generate_series(10005, 10009) n`
    await run()
    expect(await left()).toEqual([
      ...Array.from({ length: 36 }, (_, n) => n),
      ...Array.from({ length: 10 }, (_, n) => 10_000 + n),
    ])
  })

  it('waits for nobody who has a row locked, and spares what they change', async () => {
    await db.$executeRaw`INSERT INTO things SELECT n, '2020-01-01' FROM generate_series(1, 300) n`
    await transaction(db, async (tx) => {
      await tx.$executeRaw`UPDATE things SET debt = 1 WHERE n = 7`
      await run()
    })
    expect(await left()).toEqual([7])
    await run()
    expect(await left()).toEqual([7])
  })

  it('stops between two batches when the process closes', async () => {
    await db.$executeRaw`INSERT INTO things SELECT n, '2020-01-01' FROM generate_series(1, 5000) n`
    const closing = new AbortController()
    const running = run(closing.signal)
    closing.abort()
    await running
    expect((await left()).length).toBe(4_900)
  })

  it('forgets events that were delivered or taken in, by indexes, and none that is still to be delivered', async () => {
    await db.$executeRaw`INSERT INTO kit.outbox (id, consumer, type, aggregate_id, payload, occurred_at, delivered_at)
      SELECT gen_random_uuid(), 'booking', 'user.registered', n::text, '{}', now() - interval '1 year',
        CASE WHEN n > 3 THEN now() - n * interval '1 hour' END FROM generate_series(1, 1000) n`
    await db.$executeRaw`INSERT INTO kit.inbox SELECT gen_random_uuid(), now() - n * interval '1 day' FROM generate_series(0, 99) n`
    for (const job of forgetEvents({ OUTBOX_RETENTION_DAYS: 7, INBOX_RETENTION_DAYS: 30 })) {
      await job.run({ db, log }, {})
    }
    const [rows] = await db.$queryRaw<[{ outbox: bigint; due: bigint; inbox: bigint }]>`SELECT
      (SELECT count(*) FROM kit.outbox) AS outbox, (SELECT count(*) FROM kit.outbox WHERE delivered_at IS NULL) AS due,
      (SELECT count(*) FROM kit.inbox) AS inbox`
    expect(rows).toEqual({ outbox: 167n, due: 3n, inbox: 30n })

    const client = new pg.Client(db.url)
    await client.connect()
    onTestFinished(() => client.end())
    await client.query('SET enable_seqscan = off')
    for (const [table, since, index] of [
      ['kit.outbox', 'delivered_at', 'outbox_delivered'],
      ['kit.inbox', 'received_at', 'inbox_received'],
    ]) {
      const { rows: plan } = await client.query(
        `EXPLAIN SELECT ctid FROM ${table} WHERE ${since} < now() - interval '7 days' AND (true) ORDER BY ${since} LIMIT 100`,
      )
      expect(JSON.stringify(plan)).toContain(`Index Scan using ${index}`)
    }
  })
})
