import type { Deps } from '../src/domain/deps.ts'
import { Prisma, type PrismaClient } from '../src/generated/prisma/client.ts'

/**
 * Takes a guard out of the SQL that the product sends: every `from` becomes `to`, in transactions too. Only the database client
 * that is handed to the product is another; the product stays as it is.
 * @returns how often the guard was met and taken out: a mutant that changes nothing proves nothing.
 */
export function rewritingSql(deps: Deps, from: string, to: string): { count: number } {
  const met = { count: 0 }
  const edit = (text: string): string => {
    if (text.includes(from)) met.count += 1
    return text.replaceAll(from, to)
  }
  const wrap = <T extends object>(client: T): T =>
    new Proxy(client, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name)
        if (typeof value !== 'function') return value
        if (name === '$queryRaw' || name === '$executeRaw') {
          return (query: TemplateStringsArray | Prisma.Sql, ...values: unknown[]) => {
            const sql = query instanceof Prisma.Sql ? query : Prisma.sql(query, ...values)
            return value.call(target, new Prisma.Sql(sql.strings.map(edit), sql.values))
          }
        }
        if (name === '$transaction') {
          return (run: (tx: object) => unknown, ...rest: unknown[]) =>
            value.call(target, (tx: object) => run(wrap(tx)), ...rest)
        }
        return value.bind(target)
      },
    })
  deps.db = wrap<PrismaClient>(deps.db)
  return met
}

/** Notes every query that goes to the database from now on, by its first words. */
export function countingQueries(deps: Deps): string[] {
  const queries: string[] = []
  deps.db = deps.db.$extends({
    query: {
      $allOperations({ model, operation, args, query }) {
        queries.push(model ? `${model}.${operation}` : operation)
        return query(args)
      },
    },
  }) as unknown as PrismaClient
  const { reads } = deps
  deps.reads = {
    $queryRaw(strings, ...values) {
      queries.push('$queryRaw')
      return reads.$queryRaw(strings, ...values)
    },
  }
  return queries
}
