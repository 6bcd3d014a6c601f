import { untilBlocked } from '@karcis/testkit/blocked-sessions'
import type { Db, Tx } from '../src/domain/database.ts'

/** The database as the product sees it, with parts of its SQL left out: the guard that a test is about. */
export function withoutSql(db: Db, ...fragments: string[]): Db {
  const edit = (strings: TemplateStringsArray): TemplateStringsArray => {
    const edited = strings.map((text) =>
      fragments.reduce((rest, fragment) => rest.replaceAll(fragment, ''), text),
    )
    return Object.assign(edited, { raw: edited })
  }
  const wrap = <Client extends object>(client: Client): Client =>
    new Proxy(client, {
      get(target, key) {
        const value: unknown = Reflect.get(target, key)
        if (typeof value !== 'function') return value
        if (key === '$queryRaw' || key === '$executeRaw') {
          return (strings: TemplateStringsArray, ...values: unknown[]) =>
            value.call(target, edit(strings), ...values)
        }
        if (key === '$transaction') {
          return (run: (tx: Tx) => unknown) => value.call(target, (tx: Tx) => run(wrap(tx)))
        }
        return value.bind(target)
      },
    })
  return wrap(db)
}

/** Takes triggers off their tables, given as `table.trigger`. */
export async function dropTriggers(db: Db, ...triggers: string[]): Promise<void> {
  for (const [table, trigger] of triggers.map((name) => name.split('.'))) {
    await db.$executeRawUnsafe(`DROP TRIGGER ${trigger} ON ${table}`)
  }
}

/**
 * Runs `fn` while writes to a table wait, until `waiting` sessions wait for each other; then lets them all go.
 * What follows is as close a race as there can be.
 * @param last what to change at the last moment before they go.
 */
export async function pileUp<T>(
  db: Db,
  table: string,
  waiting: number,
  fn: () => Promise<T>,
  last?: (tx: Tx) => Promise<unknown>,
): Promise<T> {
  let running: Promise<T> | undefined
  await db.$transaction(
    async (tx) => {
      await tx.$executeRawUnsafe(`LOCK TABLE ${table} IN EXCLUSIVE MODE`)
      running = fn()
      await untilBlocked(tx, waiting)
      await last?.(tx)
    },
    { timeout: 8_000 },
  )
  return running as Promise<T>
}
