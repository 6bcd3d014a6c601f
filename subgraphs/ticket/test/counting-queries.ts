import type { Deps } from '../src/domain/deps.ts'
import type { PrismaClient } from '../src/generated/prisma/client.ts'

/** What the background asks every second or minute, whoever else asks what. */
const SWEEPS = /kit\.outbox|WHERE next_moment_at <|FROM queues q JOIN event_copies e/

/** Notes every query that goes to the database from now on, by model and operation. */
export function countingQueries(deps: Deps): string[] {
  const queries: string[] = []
  deps.db = deps.db.$extends({
    query: {
      $allOperations({ model, operation, args, query }) {
        const { strings = [] } = args as { strings?: string[] }
        if (!SWEEPS.test(strings.join('?'))) queries.push(model ? `${model}.${operation}` : operation)
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
