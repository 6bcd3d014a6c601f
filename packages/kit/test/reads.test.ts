import { eventually } from '@karcis/testkit/eventually'
import { beforeEach, expect, it, onTestFinished } from 'vitest'
import { connectionOptions } from '../src/database.ts'
import { createReads, type Reads } from '../src/reads.ts'
import { openKitDatabase, type KitDatabase } from './kit-database.ts'

const NAME = 'kit-reads'

let db: KitDatabase
let reads: Reads
/** Texts that the pool was asked. */
let pooled: string[]

beforeEach(async () => {
  db = await openKitDatabase()
  pooled = []
  const opened = createReads(connectionOptions(db.url, NAME), {
    $queryRaw: (strings, ...values) => {
      pooled.push(strings.join('?'))
      return db.$queryRaw(strings, ...values)
    },
  })
  reads = opened
  onTestFinished(async () => {
    await opened.close()
    await db[Symbol.asyncDispose]()
  })
  await connectionsAreOpen()
})

/** All of them: a statement goes to the freest. */
const connectionsAreOpen = () =>
  eventually(async () => {
    pooled = []
    const pids = await Promise.all(
      [1, 2, 3].map(() => reads.$queryRaw<{ pid: number }[]>`SELECT pg_backend_pid() AS pid`),
    )
    expect(new Set(pids.flat().map(({ pid }) => pid)).size).toBe(3)
    expect(pooled).toEqual([])
  })

/** As `Prisma.sql` makes it. */
const fragment = (strings: readonly string[], ...values: unknown[]) => ({ strings, values })

it('numbers the parameters of parts within parts', async () => {
  const inner = fragment(['', '::int + ', '::int'], 2, 3)
  const outer = fragment(['(', ') * ', '::int'], inner, 4)
  expect(await reads.$queryRaw`SELECT ${1}::int AS a, ${outer} AS b, ${'x'} AS c`).toEqual([
    { a: 1, b: 20, c: 'x' },
  ])
})

it('can neither write nor lock', async () => {
  await expect(reads.$queryRaw`INSERT INTO kit.inbox (event_id) VALUES (gen_random_uuid())`).rejects.toThrow(
    'read-only',
  )
  await expect(reads.$queryRaw`SELECT * FROM kit.inbox FOR UPDATE`).rejects.toThrow('read-only')
  expect(pooled).toEqual([])
})

it('lets a statement fail alone, whatever was sent with it', async () => {
  const asked = [0, 1, 2, 3, 0, 5, 6].map((n) => reads.$queryRaw<{ q: number }[]>`SELECT 60 / ${n}::int AS q`)
  const settled = await Promise.allSettled(asked)
  expect(settled.map((one) => (one.status === 'fulfilled' ? one.value[0]?.q : 'failed'))).toEqual([
    'failed',
    60,
    30,
    20,
    'failed',
    12,
    10,
  ])
})

it('runs a statement again whose kept plan a migration made wrong', async () => {
  await db.$executeRaw`CREATE TABLE things (id int)`
  await db.$executeRaw`INSERT INTO things VALUES (1)`
  const all = () => Promise.all([1, 2, 3].map(() => reads.$queryRaw`SELECT * FROM things`))
  for (let n = 0; n < 3; n++) await all()
  await db.$executeRaw`ALTER TABLE things ADD COLUMN name text`
  expect(await all()).toEqual(Array.from({ length: 3 }, () => [{ id: 1, name: null }]))
})

it('goes past what is slow, and to the pool when everything is', async () => {
  const quick = async () => {
    await reads.$queryRaw`SELECT 1 AS quick`
    return pooled.includes('SELECT 1 AS quick')
  }
  let ended = false
  const slow = Promise.all([1, 2].map(() => reads.$queryRaw`SELECT pg_sleep(2)::text`)).then(() => {
    ended = true
  })
  expect(await quick()).toBe(false)
  const slowToo = reads.$queryRaw`SELECT pg_sleep(2)::text`
  await db.$queryRaw`SELECT pg_sleep(0.1)::text` // by now it shows
  expect(await quick()).toBe(true)
  expect(ended).toBe(false)
  await Promise.all([slow, slowToo])
})

it('reads on by the pool when its connections are lost, and connects again', async () => {
  const underWay = reads.$queryRaw<{ n: number }[]>`SELECT 7 AS n FROM pg_sleep(0.2)`
  await db.$queryRaw`SELECT pg_terminate_backend(pid)::text FROM pg_stat_activity WHERE application_name = ${NAME}`
  expect(await underWay).toEqual([{ n: 7 }])
  expect(pooled).toEqual(['SELECT 7 AS n FROM pg_sleep(0.2)'])
  expect(await reads.$queryRaw`SELECT 8 AS n`).toEqual([{ n: 8 }])
  await connectionsAreOpen()
})
