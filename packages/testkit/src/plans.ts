import { Sql } from '@prisma/client/runtime/client'
import pg from 'pg'

/** One statement that was asked of Postgres, and how it plans it: for its values, or for any. */
export interface AskedStatement {
  query: Sql
  mode: 'force_custom_plan' | 'force_generic_plan'
}

/** What a domain reads through: `db`, whose statements are planned for their values, and `reads`, whose are planned once for any. */
interface Readers {
  // oxlint-disable-next-line typescript/no-explicit-any -- each subgraph has a Prisma client of its own
  db: any
  reads: { $queryRaw<T>(strings: TemplateStringsArray, ...values: unknown[]): PromiseLike<T> }
}

/** The statements that something reads by, in order. @param deps for as long as it runs, these write down what goes through them. */
export async function statementsOf(deps: Readers, run: () => Promise<unknown>): Promise<AskedStatement[]> {
  const { db, reads } = deps
  const asked: AskedStatement[] = []
  deps.db = db.$extends({
    query: {
      $allOperations({ args, query }: { args: unknown; query: (args: unknown) => unknown }) {
        // What only asks for a plan reads nothing.
        if (args instanceof Sql && !/^\s*EXPLAIN\b/.test(args.text))
          asked.push({ query: args, mode: 'force_custom_plan' })
        return query(args)
      },
    },
  })
  deps.reads = {
    $queryRaw<T>(strings: TemplateStringsArray, ...values: unknown[]) {
      asked.push({ query: new Sql(strings, values), mode: 'force_generic_plan' })
      return reads.$queryRaw<T>(strings, ...values)
    },
  }
  try {
    await run()
  } finally {
    Object.assign(deps, { db, reads })
  }
  return asked
}

/** How Postgres goes about a statement. @param settings in force for it, as `enable_seqscan = off`. */
export const explain = (
  db: Readers['db'],
  { query: { text, values }, mode }: AskedStatement,
  settings: readonly string[] = [],
): Promise<string> =>
  db.$transaction(async (tx: Pick<Readers['db'], '$executeRawUnsafe' | '$queryRawUnsafe'>) => {
    for (const setting of [`plan_cache_mode = ${mode}`, ...settings])
      await tx.$executeRawUnsafe(`SET LOCAL ${setting}`)
    await tx.$executeRawUnsafe(`PREPARE listed AS ${text}`)
    const parameters = values.length > 0 ? `(${values.map(literal).join(', ')})` : ''
    const lines: { 'QUERY PLAN': string }[] = await tx.$queryRawUnsafe(`EXPLAIN EXECUTE listed${parameters}`)
    await tx.$executeRawUnsafe('DEALLOCATE listed')
    return lines.map((line) => line['QUERY PLAN']).join('\n')
  })

function literal(value: unknown): string {
  if (Array.isArray(value)) return `ARRAY[${value.map(literal).join(', ')}]`
  if (value instanceof Date) return `'${value.toISOString()}'`
  return typeof value === 'string' ? pg.escapeLiteral(value) : String(value)
}
