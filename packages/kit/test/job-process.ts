import pg from 'pg'
import { z } from 'zod'
import { defineJob, startJobs } from '../src/jobs.ts'
import { createLog } from '../src/log.ts'

/**
 * A process that works off jobs as a subgraph does: `node job-process.ts <url>`. The job `note` writes its number into the
 * table `notes`. Each message from its parent is answered with what prevents it from running jobs; it closes on SIGTERM.
 */
const [, , url = ''] = process.argv
const log = createLog('job-process', 'info')
const pool = new pg.Pool({
  connectionString: url,
  max: 5,
  connectionTimeoutMillis: 1_000,
  options: '-c synchronous_commit=on', // the servers of tests have it off: a crash would lose what was done
})
pool.on('error', () => undefined)
pool.on('connect', (client) => client.on('error', () => undefined))

const note = defineJob({
  name: 'note',
  schema: z.object({ n: z.number() }),
  async run(_deps: object, { n }) {
    await pool.query('INSERT INTO notes (n) VALUES ($1)', [n])
  },
})
const jobs = await startJobs({ connectionString: url, log, deps: {}, jobs: [note] })
process.on('message', () => process.send?.(jobs.problem()))
process.on('SIGTERM', () => {
  jobs.close().then(
    () => process.exit(0),
    () => process.exit(1),
  )
})
process.send?.(jobs.problem())
