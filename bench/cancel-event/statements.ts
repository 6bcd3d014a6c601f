import { type Postgres, startPostgres } from '@karcis/infra/postgres'
import pg from 'pg'

const SHOWN = 25
const DATABASES = ['karcis_booking', 'karcis_ticket', 'karcis_user']

/** Has the server that will be started on these data count statements and triggers. */
export async function countStatements(dataDir: string): Promise<void> {
  await using postgres = await startPostgres({ dataDir, durable: true })
  await asking(postgres, 'postgres', async (client) => {
    await client.query("ALTER SYSTEM SET shared_preload_libraries = 'pg_stat_statements'")
    await client.query("ALTER SYSTEM SET track_functions = 'pl'")
  })
}

/** Counts from now on. */
export async function forgetStatements(postgres: Postgres): Promise<void> {
  await asking(postgres, 'postgres', async (client) => {
    await client.query('CREATE EXTENSION IF NOT EXISTS pg_stat_statements')
    await client.query('SELECT pg_stat_statements_reset()')
  })
  for (const database of DATABASES)
    await asking(postgres, database, (client) => client.query('SELECT pg_stat_reset()'))
}

/** Prints what took longest in Postgres since then: statements with all their triggers but those at commit, which are COMMIT's; then functions. */
export async function printStatements(postgres: Postgres, bookings: number): Promise<void> {
  await asking(postgres, 'postgres', async (client) => {
    const { rows } = await client.query<{ ms: number; calls: number; rows: number; query: string }>(
      `SELECT total_exec_time::float8 AS ms, calls::int, rows::int, datname || ': ' || regexp_replace(query, '\\s+', ' ', 'g') AS query
         FROM pg_stat_statements JOIN pg_database ON pg_database.oid = dbid ORDER BY total_exec_time DESC LIMIT $1`,
      [SHOWN],
    )
    console.log('\nµs per booking | calls | rows | statement')
    for (const { ms, calls, rows: count, query } of rows)
      console.log(`${((ms * 1_000) / bookings).toFixed(0)} | ${calls} | ${count} | ${query.slice(0, 150)}`)
  })
  for (const database of DATABASES)
    await asking(postgres, database, async (client) => {
      const { rows } = await client.query<{ name: string; calls: number; ms: number }>(
        `SELECT funcname AS name, calls::int, total_time::float8 AS ms FROM pg_stat_user_functions ORDER BY total_time DESC LIMIT $1`,
        [SHOWN],
      )
      console.log(`\n${database}: µs per booking | calls | function`)
      for (const { name, calls, ms } of rows)
        console.log(`${((ms * 1_000) / bookings).toFixed(0)} | ${calls} | ${name}`)
    })
}

async function asking(
  postgres: Postgres,
  database: string,
  ask: (client: pg.Client) => Promise<unknown>,
): Promise<void> {
  const client = new pg.Client(postgres.url(database))
  await client.connect()
  try {
    await ask(client)
  } finally {
    await client.end()
  }
}
