import { newId } from '@karcis/kit/ids'
import { type Connection, newestFirst, type PageArgs } from '@karcis/kit/pagination'
import type { Reads } from '@karcis/kit/reads'
import { Prisma } from '../../generated/prisma/client.ts'
import type { Tx } from '../database.ts'

/** What became of an event, or of its pending changes, that waited for a review. */
export interface Decision {
  id: string
  /** LAPSED: nobody decided in time. */
  outcome: 'APPROVED' | 'REJECTED' | 'LAPSED'
  /** Whether it is about changes of an approved event. */
  ofChanges: boolean
  message: string | null
  /** Null of what lapsed. */
  reviewerId: string | null
  decidedAt: Date
}

export type DecisionPage = Connection<Decision>

/** Notes what became of a review, in the transaction that makes it so. */
export async function insertDecision(
  tx: Tx,
  eventId: string,
  { outcome, ofChanges, message, reviewerId }: Omit<Decision, 'id' | 'decidedAt'>,
): Promise<void> {
  await tx.$executeRaw`INSERT INTO event_decisions (id, event_id, outcome, of_changes, message, reviewer_id)
    VALUES (${newId()}::uuid, ${eventId}::uuid, ${outcome}, ${ofChanges}, ${message}, ${reviewerId}::uuid)`
}

const HISTORY = newestFirst<Decision>('reviewHistory', Prisma.sql`d.id`)

/** A page of what became of the reviews of an event, the newest first. @throws BadUserInput for the page. */
export const listDecisions = (db: Reads, eventId: string, args: PageArgs): Promise<DecisionPage> =>
  HISTORY.read(args, {
    rows: (page) => db.$queryRaw<Decision[]>`
      SELECT d.id, d.outcome, d.of_changes AS "ofChanges", d.message, d.reviewer_id AS "reviewerId", d.decided_at AS "decidedAt"
      FROM event_decisions d WHERE d.event_id = ${eventId}::uuid AND ${page.where} ${page.tail}`,
    count: async () => {
      const [row] = await db.$queryRaw<{ count: number }[]>`
        SELECT count(*)::int AS count FROM event_decisions WHERE event_id = ${eventId}::uuid`
      return row?.count ?? 0
    },
  })
