import { transaction } from '@karcis/kit/database'
import { untilBlocked } from '@karcis/testkit/blocked-sessions'
import type { Db, Tx } from '../src/domain/database.ts'

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
  await transaction(db, async (tx) => {
    await tx.$executeRawUnsafe(`LOCK TABLE ${table} IN EXCLUSIVE MODE`)
    running = fn()
    await untilBlocked(tx, waiting)
    await last?.(tx)
  })
  return running as Promise<T>
}
