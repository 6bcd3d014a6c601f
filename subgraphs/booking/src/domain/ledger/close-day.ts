import { setTimeout as sleep } from 'node:timers/promises'
import { transaction } from '@karcis/kit/database'
import { ServiceUnavailable } from '@karcis/kit/errors'
import type { Logger } from '@karcis/kit/log'
import type { Db } from '../database.ts'
import { findDayToClose, findHorizon, insertClose, listWriters } from './close-store.ts'

/** A posting is under way for some seconds at most. */
const PATIENCE_MS = 60_000
const PAUSE_MS = 50

/**
 * Closes every day (UTC) that is over and not closed yet, one after the other. However many processes do it at once, each day is closed
 * once. Safe to run again.
 * @throws ServiceUnavailable where postings are under way for a minute and more.
 */
export async function closeLedger({ db, log }: { db: Db; log: Logger }): Promise<void> {
  let day = await findDayToClose(db)
  if (day === null) return
  // Of postings from those days that begin only now, the next close will tell.
  const horizon = await settledHorizon(db)
  for (; day !== null; day = await findDayToClose(db)) {
    const closed = day
    const hash = await transaction(db, (tx) => insertClose(tx, closed, horizon), { timeoutMs: 600_000 })
    if (hash !== null) log.info({ day: closed, hash }, 'ledger closed')
  }
}

/**
 * A number of which everything is known: of the postings up to it, all that will ever be there is there. Whoever has drawn a number holds
 * a lock on the table until their transaction ends, so those who hold one now are waited for, and nobody waits for this.
 */
async function settledHorizon(db: Db): Promise<bigint> {
  const horizon = await findHorizon(db)
  const until = Date.now() + PATIENCE_MS
  let writers = await listWriters(db)
  while (writers.length > 0) {
    if (Date.now() > until) throw new ServiceUnavailable('Postings are under way for too long.')
    await sleep(PAUSE_MS)
    const now = new Set(await listWriters(db))
    writers = writers.filter((writer) => now.has(writer))
  }
  return horizon
}
