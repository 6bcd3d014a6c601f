import { Sql } from '@prisma/client/runtime/client'

/** How often a mutant has met what it was to change. One that changes nothing proves nothing. */
export interface Met {
  count: number
}

/**
 * A database client that sends other SQL than it is told: every `from` becomes `to`, in transactions too. Handed to the product,
 * it takes out the guard that a test is about, and the product stays as it is. Queries by Prisma's models go as they are.
 * @param to nothing, unless given: the guard is left out.
 */
export function mutantOf<Db extends object>(db: Db, from: string, to = ''): { db: Db; met: Met } {
  const met: Met = { count: 0 }
  const edit = (text: string): string => {
    if (text.includes(from)) met.count += 1
    return text.replaceAll(from, to)
  }
  const wrap = <Client extends object>(client: Client): Client =>
    new Proxy(client, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name)
        if (typeof value !== 'function') return value
        if (name === '$queryRaw' || name === '$executeRaw') {
          return (query: TemplateStringsArray | Sql, ...values: unknown[]) => {
            const sql = query instanceof Sql ? query : new Sql(query, values) // parts within parts become one
            return value.call(target, new Sql(sql.strings.map(edit), sql.values))
          }
        }
        if (name === '$transaction') {
          return (run: (tx: object) => unknown, ...rest: unknown[]) =>
            value.call(target, (tx: object) => run(wrap(tx)), ...rest)
        }
        return value.bind(target)
      },
    })
  return { db: wrap(db), met }
}

/** Runs `run` with a mutant as `deps.db`, and puts the product's own client back. @throws Error when it never met its guard. */
export async function withMutant<T>(
  deps: { db: object },
  [from, to]: readonly [from: string, to?: string],
  run: () => Promise<T>,
): Promise<T> {
  const { db } = deps
  const mutant = mutantOf(db, from, to)
  deps.db = mutant.db
  try {
    const result = await run()
    if (mutant.met.count === 0) throw new Error(`the guard was never met: ${from}`)
    return result
  } finally {
    deps.db = db
  }
}
