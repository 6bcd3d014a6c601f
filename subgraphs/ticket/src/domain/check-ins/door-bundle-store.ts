import { Prisma } from '../../generated/prisma/client.ts'
import type { Db } from '../database.ts'
import type { AdmissionRule } from './admission.ts'

/**
 * Where a door stands in what it has been told of an event's tickets. Changes are numbered by the transactions that made them, which
 * end in another order than they began in: `next` is the lowest that was still under way at the first page, so that whatever could not
 * be seen then comes with the next changes, together with a little that could.
 */
export interface BundleCursor {
  /** Where the changes begin that come after this. */
  next: bigint
  /** Where those that are being told of begin; null while it is all tickets. */
  since: bigint | null
  /** The last that was told of: only what comes after it is left; null at the beginning. */
  after: { changedIn: bigint; id: string } | null
}

/** A ticket type, and those of its tickets that a page tells of. */
export interface TypePage extends AdmissionRule {
  ticketTypeId: string
  name: string
  /** The last 8 bytes of each ticket's id, and one for its state. */
  tickets: Uint8Array
}

export interface BundlePage {
  types: TypePage[]
  /** The lowest transaction that was under way, and the lowest that had not begun. */
  lowestRunning: bigint
  notBegun: bigint
  /** The last ticket of the page, when there may be more. */
  last: BundleCursor['after']
}

/** What the byte of a ticket's state is. Schema and docs/check-in.md say the same. */
const STATE = Prisma.sql`CASE WHEN t.status = 'REFUNDED' THEN '\\x03'::bytea WHEN t.status = 'CANCELLED' THEN '\\x04'::bytea
  WHEN t.status = 'TRANSFERRED' THEN '\\x05'::bytea WHEN t.frozen THEN '\\x06'::bytea WHEN t.status = 'VALID' THEN '\\x00'::bytea
  WHEN t.inside THEN '\\x02'::bytea ELSE '\\x01'::bytea END`

/**
 * A page of the tickets of an event, all of them or those that have changed, with all its ticket types. One statement, so one snapshot:
 * it is put together in Postgres, since a row for each ticket would keep the process busy for longer than all else.
 */
export async function findBundlePage(
  db: Db,
  eventId: string,
  { since, after }: Pick<BundleCursor, 'since' | 'after'>,
  limit: number,
): Promise<BundlePage> {
  const [fromSince, afterLast, order] =
    since === null
      ? [Prisma.sql`TRUE`, after && Prisma.sql`t.id > ${after.id}::uuid`, Prisma.sql`t.id`]
      : [
          Prisma.sql`t.changed_in >= ${since}`,
          after && Prisma.sql`(t.changed_in, t.id) > (${after.changedIn}, ${after.id}::uuid)`,
          Prisma.sql`t.changed_in, t.id`,
        ]
  const rows = await db.$queryRaw<PageRow[]>`
    WITH page AS (
      SELECT t.id, t.ticket_type_id, t.changed_in, substring(uuid_send(t.id) FROM 9) || ${STATE} AS record,
        row_number() OVER (ORDER BY ${order}) AS place
      FROM tickets t WHERE t.event_id = ${eventId}::uuid AND ${fromSince} AND ${afterLast ?? Prisma.sql`TRUE`}
      ORDER BY ${order} LIMIT ${limit}::int
    ), told AS (
      SELECT ticket_type_id, string_agg(record, ''::bytea) AS tickets FROM page GROUP BY ticket_type_id
    )
    SELECT y.id, y.name, r.gates, r.days, told.tickets, last.id AS last_id, coalesce(last.changed_in, 0) AS last_changed_in,
      pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS lowest_running,
      pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS not_begun
    FROM ticket_types y LEFT JOIN told ON told.ticket_type_id = y.id LEFT JOIN admission_rules r ON r.ticket_type_id = y.id
    LEFT JOIN page last ON last.place = ${limit}::int
    WHERE y.event_id = ${eventId}::uuid ORDER BY y.id`
  const [first] = rows
  return {
    types: rows.map(({ id, name, gates, days, tickets }) => ({
      ticketTypeId: id,
      name,
      gates,
      days,
      tickets: tickets ?? new Uint8Array(),
    })),
    lowestRunning: first?.lowest_running ?? 0n,
    notBegun: first?.not_begun ?? 0n,
    last: first?.last_id ? { id: first.last_id, changedIn: first.last_changed_in } : null,
  }
}

interface PageRow {
  id: string
  name: string
  gates: string[] | null
  days: number[] | null
  tickets: Uint8Array | null
  last_id: string | null
  last_changed_in: bigint
  lowest_running: bigint
  not_begun: bigint
}
