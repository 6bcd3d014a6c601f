import type { Deps } from '../src/domain/deps.ts'
import { Prisma } from '../src/generated/prisma/client.ts'

/**
 * Takes a guard out of the SQL that the product sends: every `from` in a transaction's queries becomes `to`.
 * Only the database client that is handed to the product is another; the product stays as it is.
 */
export function rewritingSql(deps: Deps, from: string, to: string): void {
  const rewrite = (tx: object): object =>
    new Proxy(tx, {
      get(target, name, receiver) {
        const value = Reflect.get(target, name, receiver)
        if (name !== '$queryRaw') return value
        return (strings: TemplateStringsArray, ...values: unknown[]) => {
          const sql = Prisma.sql(strings, ...values)
          const mutated = new Prisma.Sql(
            sql.strings.map((text) => text.replaceAll(from, to)),
            sql.values,
          )
          return value.call(target, mutated)
        }
      },
    })
  deps.db = new Proxy(deps.db, {
    get(target, name, receiver) {
      const value = Reflect.get(target, name, receiver)
      if (name !== '$transaction') return value
      return (run: (tx: object) => Promise<unknown>) => target.$transaction((tx) => run(rewrite(tx)))
    },
  })
}
