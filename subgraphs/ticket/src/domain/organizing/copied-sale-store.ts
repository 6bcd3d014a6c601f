import { newId } from '@karcis/kit/ids'
import { Prisma } from '../../generated/prisma/client.ts'
import type { Tx } from '../database.ts'
import { DRAWN_COLUMNS } from '../seat-map/seat-map-store.ts'

/** Ids of before, and those of the copies, in the same order. */
interface Pairs {
  known: string[]
  copies: string[]
}

const pairsOf = (rows: readonly { id: string }[]): Pairs => ({
  known: rows.map(({ id }) => id),
  copies: rows.map(() => newId()),
})

const asRows = ({ known, copies }: Pairs): Prisma.Sql =>
  Prisma.sql`unnest(${known}::uuid[], ${copies}::uuid[])`

/**
 * Writes what is sold of an event for another one, whose copies of events are locked: ticket types, seat map and questions, with all places free but
 * those that are blocked by hand. Times keep their distance from the start, and none is after the event. Access codes belong to
 * their type and are not copied, so a type that has some is hidden.
 */
export async function insertCopiedSale(tx: Tx, fromEventId: string, toEventId: string): Promise<void> {
  const types = pairsOf(
    await tx.$queryRaw<
      { id: string }[]
    >`SELECT id FROM ticket_types WHERE event_id = ${fromEventId}::uuid ORDER BY id`,
  )
  await insertTypes(tx, fromEventId, toEventId, types)
  await insertMap(tx, fromEventId, toEventId, types)
  await tx.$executeRaw`INSERT INTO questionnaires (event_id, questions, answers_until)
    SELECT o.id, q.questions, q.answers_until + (o.starts_at - f.starts_at)
    FROM questionnaires q JOIN event_copies f ON f.id = q.event_id CROSS JOIN event_copies o
    WHERE q.event_id = ${fromEventId}::uuid AND o.id = ${toEventId}::uuid ON CONFLICT (event_id) DO NOTHING`
  await tx.$executeRaw`UPDATE event_copies o SET resale_hours = f.resale_hours FROM event_copies f
    WHERE o.id = ${toEventId}::uuid AND f.id = ${fromEventId}::uuid`
}

async function insertTypes(tx: Tx, fromEventId: string, toEventId: string, types: Pairs): Promise<void> {
  await tx.$executeRaw`
    INSERT INTO ticket_types (id, event_id, name, description, kind, price, currency, section, seated, quota, available, max_per_user,
      sale_starts_at, sale_ends_at, hidden, hidden_until_sold_out)
    SELECT n.copy, o.id, t.name, t.description, t.kind, t.price, t.currency, t.section, t.seated, places.n, places.n, t.max_per_user,
      CASE WHEN t.sale_starts_at + moved.by < o.ends_at THEN t.sale_starts_at + moved.by
        WHEN t.sale_starts_at IS NOT NULL THEN o.starts_at END,
      CASE WHEN t.sale_ends_at IS NOT NULL THEN least(t.sale_ends_at + moved.by, o.ends_at) END,
      t.hidden OR cardinality(t.access_codes) > 0, hiding.copy
    FROM ticket_types t JOIN ${asRows(types)} AS n(known, copy) ON n.known = t.id
      LEFT JOIN ${asRows(types)} AS hiding(known, copy) ON hiding.known = t.hidden_until_sold_out
      JOIN event_copies f ON f.id = ${fromEventId}::uuid JOIN event_copies o ON o.id = ${toEventId}::uuid
      CROSS JOIN LATERAL (SELECT o.starts_at - f.starts_at AS by) moved
      CROSS JOIN LATERAL (SELECT CASE WHEN t.seated THEN (SELECT count(*)::int FROM seats s
        WHERE s.event_id = f.id AND s.ticket_type_id = t.id AND ${FOR_SALE}) ELSE t.quota END AS n) places`
}

/** A seat `s` that is not kept out of sale by hand. */
const FOR_SALE = Prisma.sql`(s.status <> 'BLOCKED' OR s.contingent_id IS NOT NULL)`

async function insertMap(tx: Tx, fromEventId: string, toEventId: string, types: Pairs): Promise<void> {
  const isMapped =
    await tx.$executeRaw`INSERT INTO seat_maps (event_id, focal_x, focal_y, layout_id, geometry_hash)
    SELECT ${toEventId}::uuid, focal_x, focal_y, layout_id, geometry_hash FROM seat_maps WHERE event_id = ${fromEventId}::uuid`
  if (isMapped === 0) return
  const sections = pairsOf(
    await tx.$queryRaw<
      { id: string }[]
    >`SELECT id FROM sections WHERE event_id = ${fromEventId}::uuid ORDER BY ordinal`,
  )
  await tx.$executeRaw`INSERT INTO sections (id, event_id, ticket_type_id, name, ordinal, capacity)
    SELECT n.copy, ${toEventId}::uuid, type.copy, x.name, x.ordinal, x.capacity
    FROM sections x JOIN ${asRows(sections)} AS n(known, copy) ON n.known = x.id
      JOIN ${asRows(types)} AS type(known, copy) ON type.known = x.ticket_type_id`
  await tx.$executeRaw`INSERT INTO seats (id, event_id, status, ${DRAWN_COLUMNS})
    SELECT uuidv7(), ${toEventId}::uuid, CASE WHEN ${FOR_SALE} THEN 'AVAILABLE' ELSE 'BLOCKED' END, section.copy, type.copy,
      s.row_label, s.row_index, s.number, s.label, s.position, s.x, s.y, s.accessible, s.companion, s.obstructed
    FROM seats s JOIN ${asRows(sections)} AS section(known, copy) ON section.known = s.section_id
      JOIN ${asRows(types)} AS type(known, copy) ON type.known = s.ticket_type_id
    WHERE s.event_id = ${fromEventId}::uuid ORDER BY section.copy, s.row_index, s.position`
}
