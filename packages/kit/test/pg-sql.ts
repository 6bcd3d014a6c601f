import { createTestDatabase } from '@karcis/testkit/database'
import pg from 'pg'
import type { RawSql } from '../src/database.ts'

/** Raw SQL over bare pg, in the shape in which the kit meets a Prisma client. */
export interface PgSql extends RawSql {
  url: string
  $transaction<T>(run: (tx: RawSql) => Promise<T>): Promise<T>
  [Symbol.asyncDispose](): Promise<void>
}

/** A database of the test's own that holds what the kit needs. */
export async function openKitDatabase(): Promise<PgSql> {
  const database = await createTestDatabase('user')
  const pool = new pg.Pool({ connectionString: database.url })
  pool.on('error', () => undefined)
  return {
    url: database.url,
    ...rawSql(pool),
    async $transaction(run) {
      const client = await pool.connect()
      try {
        await client.query('BEGIN')
        const result = await run(rawSql(client))
        await client.query('COMMIT')
        return result
      } catch (error) {
        await client.query('ROLLBACK')
        throw error
      } finally {
        client.release()
      }
    },
    async [Symbol.asyncDispose]() {
      await pool.end()
      await database[Symbol.asyncDispose]()
    },
  }
}

function rawSql(client: pg.Pool | pg.PoolClient): RawSql {
  const query = (strings: TemplateStringsArray, values: unknown[]) =>
    client.query(
      strings.reduce((text, part, index) => `${text}$${index}${part}`),
      values,
    )
  return {
    $executeRaw: async (strings, ...values) => (await query(strings, values)).rowCount ?? 0,
    $queryRaw: async <T>(strings: TemplateStringsArray, ...values: unknown[]) =>
      (await query(strings, values)).rows as T,
  }
}
