import pg from 'pg'
import type { RawSql } from './database.ts'
import { openPipelinedConnection, type PipelinedConnection } from './database/pipelined-connection.ts'

/** Few, so that they meet; several, for Postgres to use more than one core. */
const CONNECTIONS = 3

/** What the kit's quick reads and a Prisma client have in common. */
export type Reads = Pick<RawSql, '$queryRaw'>

/** A part of a statement, as `Prisma.sql` makes it. */
interface Fragment {
  strings: readonly string[]
  values: readonly unknown[]
}

/**
 * Reads that are quick and many, such as those by key, past Prisma: on a few connections of their own, where those of one
 * turn of the event loop go in one write and none waits for the answer of another before it is sent. Each statement is a
 * transaction of its own that can neither write nor lock, planned once for whatever values come: planning a page of events
 * anew took Postgres as long as reading it. Rows are as those of Prisma's `$queryRaw`,
 * but for `numeric`, which comes as text.
 *
 * They are answered in order, so a slow one holds up those behind it: what may be slow belongs to the pool. A connection
 * that is held up all the same takes no more, and when there is none left the pool has to serve.
 */
export function createReads(connection: pg.ClientConfig, pool: Reads): Reads & { close(): Promise<void> } {
  const options = `${connection.options ?? ''} -c default_transaction_read_only=on -c plan_cache_mode=force_generic_plan`
  const connections = Array.from({ length: CONNECTIONS }, () =>
    openPipelinedConnection({ ...connection, options }),
  )
  return {
    $queryRaw<T>(strings: TemplateStringsArray, ...values: unknown[]) {
      const freest = freestOf(connections)
      if (!freest) return pool.$queryRaw<T>(strings, ...values)
      const parameters: unknown[] = []
      const text = textOf({ strings, values }, parameters)
      return freest.ask(text, parameters).catch((error: unknown) => {
        if (error instanceof pg.DatabaseError && error.severity === 'ERROR') throw error
        return pool.$queryRaw<T>(strings, ...values) // the connection was lost; a read may be repeated
      }) as Promise<T>
    },
    async close() {
      await Promise.all(connections.map((open) => open.close()))
    },
  }
}

/** The one with the fewest statements under way; the first of those, so that at quiet times one is enough. */
function freestOf(connections: PipelinedConnection[]): PipelinedConnection | null {
  let best: PipelinedConnection | null = null
  for (const connection of connections) {
    if (connection.isOpen() && (!best || connection.underWay < best.underWay)) best = connection
  }
  return best
}

/** The text with numbered parameters, whose values are added to `parameters`. */
function textOf({ strings, values }: Fragment, parameters: unknown[]): string {
  let text = strings[0] ?? ''
  for (const [index, value] of values.entries()) {
    text += isFragment(value) ? textOf(value, parameters) : `$${parameters.push(value)}`
    text += strings[index + 1] ?? ''
  }
  return text
}

const isFragment = (value: unknown): value is Fragment =>
  typeof value === 'object' && value !== null && 'strings' in value && 'values' in value
