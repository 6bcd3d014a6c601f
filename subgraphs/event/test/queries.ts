import type { Deps } from '../src/domain/deps.ts'

/** Records what is sent to the database from here on, outside transactions; jobs that deliver events do not count. */
export function recordQueries(deps: Deps): string[] {
  const sent: string[] = []
  deps.db = deps.db.$extends({
    query: {
      async $allOperations({ model, operation, args, query }) {
        const { strings = [] } = args as { strings?: string[] }
        const text = model ? `${model}.${operation}` : strings.join('?')
        if (!text.includes('kit.outbox')) sent.push(text)
        return query(args)
      },
    },
  }) as unknown as Deps['db']
  const { reads } = deps
  deps.reads = {
    $queryRaw(strings, ...values) {
      sent.push(strings.join('?'))
      return reads.$queryRaw(strings, ...values)
    },
  }
  return sent
}
