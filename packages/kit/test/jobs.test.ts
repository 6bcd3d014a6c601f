import { eventually } from '@karcis/testkit/eventually'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { transaction } from '../src/database.ts'
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
