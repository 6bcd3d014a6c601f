import { eventually } from './eventually.ts'

/**
 * Vacuums a table until Postgres knows that everybody sees all of its rows, as it soon does of a table that is in use: what a job has
 * open at this moment would keep it from that, and from reading the index alone.
 * @param sql runs a statement and gives its rows.
 */
export const vacuum = (sql: (text: string) => Promise<unknown[]>, table: string): Promise<void> =>
  eventually(async () => {
    await sql(`VACUUM ANALYZE ${table}`)
    const [row] = await sql(
      `SELECT relallvisible >= relpages AS seen FROM pg_class WHERE oid = '${table}'::regclass`,
    )
    if (!(row as { seen: boolean }).seen) throw new Error(`somebody may not see all of ${table} yet`)
  })
