import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { createTestDatabase } from '@karcis/testkit/database'
import { eventually } from '@karcis/testkit/eventually'
import { ownPostgres } from '@karcis/testkit/own-postgres'
import pg from 'pg'
import { describe, expect, it, onTestFinished } from 'vitest'

const JOBS = 500

/** A process of its own that works off jobs; killed when the test is over. `said` is what it has written. */
function startProcess(url: string): { child: ChildProcess; said(): string } {
  const child = fork(new URL('./job-process.ts', import.meta.url), [url], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  let text = ''
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => (text += chunk.toString()))
  onTestFinished(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  })
  return { child, said: () => text }
}

/** Runs SQL on a connection of its own, which survives nothing. */
async function ask<Row extends pg.QueryResultRow>(url: string, sql: string): Promise<Row[]> {
  const client = new pg.Client(url)
  client.on('error', () => undefined)
  await client.connect()
  try {
    return (await client.query<Row>(sql)).rows
  } finally {
    await client.end().catch(() => undefined)
  }
}

async function addJobs(url: string): Promise<void> {
  await ask(url, 'CREATE TABLE notes (n int NOT NULL)')
  await ask(
    url,
    `SET synchronous_commit = on; SELECT count(graphile_worker.add_job('note', json_build_object('n', n))) FROM generate_series(1, ${JOBS}) n`,
  )
}

/** All are done, once at least, and nothing of them is left. */
const allDone = (url: string) =>
  eventually(async () => {
    const [row] = await ask<{ done: number; left: number }>(
      url,
      `SELECT (SELECT count(DISTINCT n)::int FROM notes) AS done, (SELECT count(*)::int FROM graphile_worker.jobs) AS left`,
    )
    expect(row).toEqual({ done: JOBS, left: 0 })
  })

const lives = ({ exitCode, signalCode }: ChildProcess) =>
  expect({ exitCode, signalCode }).toEqual({ exitCode: null, signalCode: null })

/**
 * The log has one line when an outage of the database begins and one when it is over, not one for each connection or job. What is not
 * of the log, graphile-worker has written to the console past it: the trace of a worker that ended.
 */
function tellsOnlyOfOutages(said: string): void {
  const lines = said
    .split('\n')
    .filter((line) => line.startsWith('{"level":'))
    .map((line) => JSON.parse(line) as { level: number; msg: string })
  const told = lines.filter(({ level }) => level >= 40).map(({ msg }) => msg)
  expect(told.length).toBeGreaterThan(0)
  for (const [at, msg] of told.entries())
    expect(msg).toBe(at % 2 === 0 ? 'outage of database begins' : 'outage of database is over')
}

describe('line 26: a lost database connection', () => {
  it('ends no process and loses no job, at whatever moment', async () => {
    await using database = await createTestDatabase('user')
    await addJobs(database.url)
    const { child, said } = startProcess(database.url)
    await once(child, 'message')
    const killer = new pg.Client(database.url)
    killer.on('error', () => undefined)
    await killer.connect()
    for (let cut = 0, left = JOBS; left > 0 && cut < 100; cut++) {
      lives(child)
      await killer.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE application_name = 'karcis-jobs' AND datname = current_database()`)
      await sleep(30)
      left = Number((await killer.query('SELECT count(*) FROM graphile_worker.jobs')).rows[0].count)
    }
    await allDone(database.url)
    lives(child)
    tellsOnlyOfOutages(said())
    await killer.end()
    child.kill('SIGTERM')
    expect(await once(child, 'exit')).toEqual([0, null])
  })

  it('does not leave a process without jobs when it comes at the first look for them', async () => {
    await using database = await createTestDatabase('user')
    await addJobs(database.url)
    const beside = new pg.Client(database.url)
    await beside.connect()
    await beside.query('BEGIN; LOCK TABLE graphile_worker._private_tasks')
    const { child, said } = startProcess(database.url)
    await eventually(async () => {
      const rows = await ask(
        database.url,
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE wait_event_type = 'Lock' AND application_name = 'karcis-jobs' AND datname = current_database()`,
      )
      expect(rows).not.toEqual([])
    })
    await beside.end()
    await allDone(database.url)
    lives(child)
    tellsOnlyOfOutages(said())
  })

  it('is waited out by a process that was there before its database, and by one whose database crashes', async () => {
    await using postgres = await ownPostgres('user')
    const { child, said } = startProcess(postgres.url)
    expect(await once(child, 'message')).toEqual([expect.stringContaining('away'), undefined])
    await postgres.start()
    await addJobs(postgres.url)
    await eventually(async () => {
      const [row] = await ask<{ n: number }>(postgres.url, 'SELECT count(*)::int AS n FROM notes')
      expect(row?.n).toBeGreaterThan(20)
    })
    await postgres.crash()
    await sleep(1_000)
    lives(child)
    await postgres.start()
    await allDone(postgres.url)
    lives(child)
    // Known with the next heartbeat.
    await eventually(async () => {
      child.send('?')
      expect(await once(child, 'message')).toEqual([null, undefined])
    })
    expect(said()).not.toContain('"err"') // nothing is told with a stack
  })
})
