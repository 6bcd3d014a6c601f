import { transaction } from '@karcis/kit/database'
import type { Db } from '../database.ts'
import type { Line } from './line.ts'
import { insertAdmissions, lockDueQueue, updateEpoch, useUpRate } from './queue-store.ts'

/** How many are admitted in one transaction at most. */
const MAX_ADMITTED = 1_000

/** How long nobody is admitted once Redis has lost a line: those who are still there are put back into it meanwhile. */
const SETTLE_SECONDS = 10

/** What it takes to admit. */
export interface AdmitDeps {
  db: Db
  line: Line
  settings: { QUEUE_PASS_SECONDS: number }
}

/** People who were admitted together. */
export interface Admitted {
  userIds: string[]
  /** Until when they may take places. */
  expiresAt: Date
  /** Whether there may be more whose turn it is. */
  more: boolean
}

/**
 * Admits those whose turn it is, by the database's clock alone: whoever calls it, and however often, nobody is admitted ahead of the rate,
 * out of turn, or twice.
 *
 * - Any number of processes call it. The lock on the queue's row lets one of them in, the others pass by. It stays until what was admitted
 *   has used up the rate.
 * - Who is at the head of the line is read, not taken. They leave it once their admission is durable; if that comes to nothing, or this
 *   process dies in between, they are still at the head, and their place, which has admitted them, does so no second time.
 * - A line of another name than last time is one that Redis has lost, wholly or in part: it is given time to form again.
 *
 * @returns null when nobody was admitted. @throws what Redis or the database fail with; then nobody was.
 */
export async function admitNext(
  deps: AdmitDeps,
  queue: { id: string; eventId: string },
): Promise<Admitted | null> {
  const { db, line, settings } = deps
  const { first, admitted } = await transaction(db, async (tx) => {
    const nobody = { first: [], admitted: [] }
    const due = await lockDueQueue(tx, queue.id, MAX_ADMITTED)
    if (!due || due.due === 0) return nobody
    const head = await line.head(queue, due.due)
    if (head.epoch !== null && head.epoch !== due.epoch) {
      await updateEpoch(tx, queue.id, head.epoch, due.epoch === null ? 0 : SETTLE_SECONDS)
      if (due.epoch !== null) return nobody
    }
    if (head.first.length === 0) return nobody
    const people = await insertAdmissions(tx, queue.id, head.first, settings.QUEUE_PASS_SECONDS)
    if (people.length > 0) await useUpRate(tx, queue.id, people.length)
    return { first: head.first, admitted: people }
  })
  if (first.length > 0) await line.remove(queue, first)
  const [one] = admitted
  if (!one) return null
  return {
    userIds: admitted.map(({ userId }) => userId),
    expiresAt: one.expiresAt,
    more: first.length === MAX_ADMITTED,
  }
}
