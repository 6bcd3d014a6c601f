import { type Connection, newestFirst, type PageArgs } from '@karcis/kit/pagination'
import { Prisma } from '../../generated/prisma/client.ts'
import type { Db, Tx } from '../database.ts'

/** What is left in the accounts of an event that was called off, in the smallest unit of `currency`. */
export interface CalledOffBalance {
  /** Of the event. */
  id: string
  organizerId: string
  currency: string
  /** Sales and tax that were not refunded; below zero when more went back than there was. */
  left: number
  /** Whether bookings of it are still to be refunded. */
  refunding: boolean
  /** When an admin has let the organizer have it, and why; null while it is held back. */
  releasedAt: Date | null
  releaseReason: string | null
}

type Row = Omit<CalledOffBalance, 'left'> & { left: bigint }

const toBalance = (row: Row): CalledOffBalance => ({ ...row, left: Number(row.left) })

const CALLED_OFF = Prisma.sql`SELECT event.event_id AS id, event.organizer_id AS "organizerId", balance.currency, balance.amount AS left,
    coalesce(refund.status = 'RUNNING', false) AS refunding, released.released_at AS "releasedAt", released.reason AS "releaseReason"
  FROM event_copies event
  JOIN LATERAL (SELECT account.currency, sum(entry.amount)::bigint AS amount FROM ledger_accounts account
    JOIN ledger_entries entry ON entry.account_id = account.id
    WHERE account.owner_id = event.event_id AND account.kind IN ('EVENT_SALES', 'EVENT_TAX') GROUP BY account.currency) balance ON true
  LEFT JOIN event_refunds refund ON refund.event_id = event.event_id
  LEFT JOIN released_balances released ON released.event_id = event.event_id
  WHERE event.status = 'CANCELLED'`

/** Null when it was not called off, or has never sold anything. */
export async function findCalledOff(db: Db | Tx, eventId: string): Promise<CalledOffBalance | null> {
  const [row] = await db.$queryRaw<Row[]>`${CALLED_OFF} AND event.event_id = ${eventId}::uuid`
  return row ? toBalance(row) : null
}

const BALANCES = newestFirst<CalledOffBalance>('called-off balances')

/**
 * Of events that were called off and have something left, or owe something, the newest first.
 * @param organizerId of whom; null of everybody. @param released whether those that are released, or those held back.
 * @throws BadUserInput for a wrong page.
 */
export function listCalledOff(
  db: Db,
  { organizerId, released }: { organizerId: string | null; released: boolean },
  args: PageArgs,
): Promise<Connection<CalledOffBalance>> {
  const wanted = Prisma.sql`(${CALLED_OFF} AND balance.amount <> 0 AND (released.event_id IS NOT NULL) = ${released}
    AND ${organizerId === null ? Prisma.sql`TRUE` : Prisma.sql`event.organizer_id = ${organizerId}::uuid`}) called_off`
  return BALANCES.read(args, {
    async rows({ where, tail }) {
      const rows = await db.$queryRaw<Row[]>`SELECT * FROM ${wanted} WHERE ${where} ${tail}`
      return rows.map(toBalance)
    },
    async count() {
      const [total] = await db.$queryRaw<{ n: number }[]>`SELECT count(*)::int AS n FROM ${wanted}`
      return total?.n ?? 0
    },
  })
}

/** Lets an organizer have what is left of an event; once, however often it is told. */
export async function insertRelease(
  tx: Tx,
  release: { eventId: string; reason: string; by: string },
): Promise<void> {
  await tx.$executeRaw`INSERT INTO released_balances (event_id, reason, released_by)
    VALUES (${release.eventId}::uuid, ${release.reason}, ${release.by}::uuid) ON CONFLICT DO NOTHING`
}
