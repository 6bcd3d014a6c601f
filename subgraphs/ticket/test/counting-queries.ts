import type { Deps } from '../src/domain/deps.ts'
import type { PrismaClient } from '../src/generated/prisma/client.ts'

/** Notes every query that goes to the database from now on, by model and operation. */
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
