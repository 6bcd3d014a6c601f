import { eventually } from '@karcis/testkit/eventually'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { type RawSql, transaction } from '../src/database.ts'
import { pino } from 'pino'
import { readBacklog } from '../src/backlog.ts'
import { ServiceUnavailable } from '../src/errors.ts'
import { defineJob, enqueue, startJobs } from '../src/jobs.ts'
import { openKitDatabase } from './kit-database.ts'
import { log } from './start-server.ts'

const note = defineJob({
  name: 'note',
  schema: z.object({ n: z.number() }),
  async run(deps: { notes: number[] }, { n }) {
    deps.notes.push(n)
  },
})

it('runs what a killed process had locked', async () => {
  await using db = await openKitDatabase()
  await transaction(db, (tx) => enqueue(tx, note, { n: 1 }))
  await db.$executeRaw`UPDATE graphile_worker._private_jobs SET locked_by = 'killed', locked_at = now() - interval '1 minute'`
  const notes: number[] = []
  const jobs = await startJobs({ connectionString: db.url, log, deps: { notes }, jobs: [note] })
  try {
    await eventually(() => expect(notes).toEqual([1]))
  } finally {
    await jobs.close()
  }
})

it('leaves alone what a living process works on, however long', async () => {
  await using db = await openKitDatabase()
  await transaction(db, (tx) => enqueue(tx, note, { n: 1 }))
  await transaction(db, (tx) => enqueue(tx, note, { n: 2 }))
  await db.$executeRaw`UPDATE graphile_worker._private_jobs SET locked_by = 'busy', locked_at = now() - interval '1 hour'
    WHERE payload->>'n' = '1'`
  await db.$executeRaw`INSERT INTO kit.workers (worker_id) VALUES ('busy')`
  const notes: number[] = []
  const jobs = await startJobs({ connectionString: db.url, log, deps: { notes }, jobs: [note] })
  try {
    await eventually(() => expect(notes).toEqual([2]))
  } finally {
    await jobs.close()
  }
  expect(notes).toEqual([2])
})

it('replaces a waiting job of the same key', async () => {
  await using db = await openKitDatabase()
  const later = new Date(Date.now() + 3_600_000)
  await transaction(db, (tx) => enqueue(tx, note, { n: 1 }, { key: 'k', runAt: later }))
  await transaction(db, (tx) => enqueue(tx, note, { n: 2 }, { key: 'k' }))
  const notes: number[] = []
  const jobs = await startJobs({ connectionString: db.url, log, deps: { notes }, jobs: [note] })
  try {
    await eventually(() => expect(notes).toEqual([2]))
  } finally {
    await jobs.close()
  }
})

describe('line 26: a job that runs for long', () => {
  it('is known to be worked on, by the name under which it is locked', async () => {
    await using db = await openKitDatabase()
    const done = Promise.withResolvers<void>()
    const long = defineJob({ name: 'long', schema: z.object({}), run: () => done.promise })
    await transaction(db, (tx) => enqueue(tx, long, {}))
    const jobs = await startJobs({ connectionString: db.url, log, deps: {}, jobs: [long] })
    try {
      await eventually(async () => {
        const known = await db.$queryRaw<unknown[]>`SELECT locked_by FROM graphile_worker.jobs
          WHERE locked_by IN (SELECT worker_id FROM kit.workers)`
        expect(known).toHaveLength(1)
      })
    } finally {
      done.resolve()
      await jobs.close()
    }
  })
})

describe('line 27: jobs that fail', () => {
  it('go on for as long as something is away, and do not use up their attempts', async () => {
    await using db = await openKitDatabase()
    let away = true
    let runs = 0
    const needy = defineJob({
      name: 'needy',
      schema: z.object({}),
      async run() {
        runs += 1
        if (away) throw new ServiceUnavailable()
      },
    })
    await transaction(db, (tx) => enqueue(tx, needy, {}))
    await db.$executeRaw`UPDATE graphile_worker._private_jobs SET attempts = max_attempts - 1` // the next one is the last
    const jobs = await startJobs({ connectionString: db.url, log, deps: {}, jobs: [needy] })
    try {
      const [job] = await eventually(async () => {
        const waiting = await db.$queryRaw<{ attempts: number; pause: number }[]>`SELECT attempts,
          extract(epoch FROM run_at - now())::int AS pause FROM graphile_worker.jobs WHERE last_error IS NOT NULL`
        expect(waiting).toHaveLength(1)
        return waiting
      })
      expect(job?.attempts).toBe(3)
      expect(job?.pause).toBeLessThan(21)
      away = false
      await db.$executeRaw`UPDATE graphile_worker._private_jobs SET run_at = now()`
      await eventually(async () =>
        expect(await db.$queryRaw`SELECT id FROM graphile_worker.jobs`).toEqual([]),
      )
      expect(runs).toBe(2)
    } finally {
      await jobs.close()
    }
  })

  it('leave nothing behind when their key was added again in the meantime', async () => {
    await using db = await openKitDatabase()
    const runs: number[] = []
    const again = defineJob({
      name: 'again',
      schema: z.object({ n: z.number() }),
      async run(_deps: object, { n }) {
        runs.push(n)
        if (n > 1) return
        await transaction(db, (tx) => enqueue(tx, again, { n: 2 }, { key: 'k' }))
        throw new Error('not now')
      },
    })
    await transaction(db, (tx) => enqueue(tx, again, { n: 1 }, { key: 'k' }))
    const jobs = await startJobs({ connectionString: db.url, log, deps: {}, jobs: [again] })
    try {
      await eventually(async () =>
        expect(await db.$queryRaw`SELECT id FROM graphile_worker.jobs`).toEqual([]),
      )
      expect(runs).toEqual([1, 2])
    } finally {
      await jobs.close()
    }
  })

  it.each<[string, (db: RawSql) => PromiseLike<number>]>([
    [
      'while they ran',
      (
        db,
      ) => db.$executeRaw`UPDATE graphile_worker._private_jobs SET updated_at = locked_at + interval '1 second'
        WHERE key IS NULL`,
    ],
    [
      'by a transaction that is older than their run',
      (
        db,
      ) => db.$executeRaw`UPDATE graphile_worker._private_jobs SET updated_at = locked_at - interval '1 second'
        WHERE key IS NULL`,
    ],
    [
      'by such a transaction after they had failed before',
      (
        db,
      ) => db.$executeRaw`UPDATE graphile_worker._private_jobs SET updated_at = locked_at - interval '1 second',
        last_error = 'not yet' WHERE key IS NULL`,
    ],
    [
      'between their failure and the note of it',
      (db) => db.$executeRaw`UPDATE graphile_worker._private_jobs SET locked_at = NULL, locked_by = NULL,
        last_error = 'not now' WHERE key IS NULL`,
    ],
  ])(
    'leave nothing behind when their key was added again, %s, and then their process died',
    async (_, happens) => {
      await using db = await openKitDatabase()
      const add = (n: number) => transaction(db, (tx) => enqueue(tx, note, { n }, { key: 'k' }))
      await add(1)
      await db.$executeRaw`UPDATE graphile_worker._private_jobs SET attempts = 1, locked_by = 'nobody now',
      locked_at = now() - interval '1 minute'`
      await add(2)
      await happens(db)
      const notes: number[] = []
      const jobs = await startJobs({ connectionString: db.url, log, deps: { notes }, jobs: [note] })
      try {
        await eventually(
          async () => expect(await db.$queryRaw`SELECT id FROM graphile_worker.jobs`).toEqual([]),
          20_000,
        )
        expect(notes).toEqual([2])
      } finally {
        await jobs.close()
      }
    },
  )

  it('are not taken for replaced when they never had a key, and their process died at the last attempt', async () => {
    await using db = await openKitDatabase()
    await transaction(db, (tx) => enqueue(tx, note, { n: 1 }))
    await db.$executeRaw`UPDATE graphile_worker._private_jobs SET attempts = max_attempts, locked_by = 'nobody now',
      locked_at = now() - interval '1 minute', updated_at = now(), last_error = 'broken'`
    const jobs = await startJobs({ connectionString: db.url, log, deps: { notes: [] }, jobs: [note] })
    try {
      await eventually(async () => expect(await readBacklog(db)).toMatchObject({ deadJobs: 1 }), 20_000)
    } finally {
      await jobs.close()
    }
  })

  it('are counted and named when nobody will try them again, and those are run that a deleted queue had hidden', async () => {
    await using db = await openKitDatabase()
    for (const n of [1, 2, 3]) await transaction(db, (tx) => enqueue(tx, note, { n }))
    await db.$executeRaw`UPDATE graphile_worker._private_jobs SET attempts = max_attempts, last_error = 'broken'
      WHERE payload->>'n' <> '3'`
    await db.$executeRaw`UPDATE graphile_worker._private_jobs SET job_queue_id = 4711 WHERE payload->>'n' = '3'`
    const lines: string[] = []
    const told = pino({ level: 'error' }, { write: (line) => void lines.push(line) })
    const notes: number[] = []
    const jobs = await startJobs({ connectionString: db.url, log: told, deps: { notes }, jobs: [note] })
    try {
      await eventually(() => expect(notes).toEqual([3]))
      expect(lines.map((line) => JSON.parse(line).dead)).toEqual([
        [{ task: 'note', jobs: 2, lastError: 'broken' }],
      ])
      expect(await readBacklog(db)).toMatchObject({
        deadJobs: 2,
        undeliveredEvents: 0,
        oldestEventSeconds: 0,
      })
    } finally {
      await jobs.close()
    }
  })
})
