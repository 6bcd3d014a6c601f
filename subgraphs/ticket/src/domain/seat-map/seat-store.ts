import { BadUserInput } from '@karcis/kit/errors'
import { Prisma } from '../../generated/prisma/client.ts'
import type { Db, Tx } from '../database.ts'
import type { Seat, SeatMapRead, SeatStatus } from './seat.ts'

/**
 * Whether a seat `s` is free although it is held: its hold is past its time, and no booking has bound that. Never null. The hold is
 * looked up only for seats past their time, one by one: as EXISTS it might read all the holds there are for it.
 */
export const SEAT_LAPSED = Prisma.sql`(s.held_until IS NOT NULL AND s.held_until <= now()
  AND (SELECT h.booking_id FROM holds h WHERE h.id = s.hold_id) IS NULL)`

/**
 * Columns of a seat `s` in a section `x`; what is held past its time reads as free. The event is the section's: a seat that was taken
 * off the map has none itself.
 */
export const SEAT_COLUMNS = Prisma.sql`s.id, x.event_id, x.name AS section, s.row_label, s.number, s.label, s.ticket_type_id, s.accessible,
  s.companion, s.obstructed, s.x, s.y,
  CASE WHEN ${SEAT_LAPSED} THEN 'AVAILABLE' ELSE s.status END AS status,
  CASE WHEN ${SEAT_LAPSED} THEN NULL ELSE s.held_until END AS held_until`

export interface SeatRow {
  id: string
  event_id: string
  section: string
  row_label: string
  number: number
  label: string | null
  ticket_type_id: string
  accessible: boolean
  companion: boolean
  obstructed: boolean
  x: number
  y: number
  status: SeatStatus
  held_until: Date | null
}

export const toSeat = (row: SeatRow): Seat => ({
  id: row.id,
  eventId: row.event_id,
  section: row.section,
  row: row.row_label,
  number: row.number,
  label: row.label ?? String(row.number),
  status: row.status,
  heldUntil: row.held_until,
  ticketTypeId: row.ticket_type_id,
  accessible: row.accessible,
  companion: row.companion,
  obstructed: row.obstructed,
  x: row.x,
  y: row.y,
})

/** Seats by id. */
export async function findSeats(db: Db | Tx, ids: readonly string[]): Promise<Map<string, Seat>> {
  const rows = await db.$queryRaw<
    SeatRow[]
  >`SELECT ${SEAT_COLUMNS} FROM seats s JOIN sections x ON x.id = s.section_id
    WHERE s.id = ANY(${ids}::uuid[])`
  return new Map(rows.map((row) => [row.id, toSeat(row)]))
}

/** Seats of an event by what stands on their signs, in any case; those that there are none of are left out. */
export async function findSeatsByLabels(
  db: Db | Tx,
  eventId: string,
  labels: readonly { section: string; row: string; seat: string }[],
): Promise<Seat[]> {
  const lower = (of: 'section' | 'row' | 'seat') => labels.map((label) => label[of].toLowerCase())
  const rows = await db.$queryRaw<
    SeatRow[]
  >`SELECT ${SEAT_COLUMNS} FROM seats s JOIN sections x ON x.id = s.section_id
    WHERE s.event_id = ${eventId}::uuid AND (lower(x.name), lower(s.row_label), lower(coalesce(s.label, s.number::text))) IN (
      SELECT * FROM unnest(${lower('section')}::text[], ${lower('row')}::text[], ${lower('seat')}::text[]))`
  return rows.map(toSeat)
}

/** As many as the largest map has. */
export const MAX_SEATS = 100_000

/**
 * Every seat of events, by event, section by section, row by row. One query, however many events.
 * @throws BadUserInput for more seats together than the largest map has: a list of halls would fill the memory.
 */
export const findSeatsOfEvents = async (
  db: Db | Tx,
  eventIds: readonly string[],
): Promise<Map<string, Seat[]>> =>
  Map.groupBy(
    await selectSeats(db, Prisma.sql`s.event_id = ANY(${eventIds}::uuid[])`),
    (seat) => seat.eventId,
  )

/** Every seat of some sections of an event, as `findSeatsOfEvents` gives all of them; sections of other events have none. */
export const findSeatsOfSections = (
  db: Db | Tx,
  eventId: string,
  sectionIds: readonly string[],
): Promise<Seat[]> =>
  selectSeats(db, Prisma.sql`s.section_id = ANY(${sectionIds}::uuid[]) AND s.event_id = ${eventId}::uuid`)

async function selectSeats(db: Db | Tx, which: Prisma.Sql): Promise<Seat[]> {
  const rows = await db.$queryRaw<
    SeatRow[]
  >`SELECT ${SEAT_COLUMNS} FROM seats s JOIN sections x ON x.id = s.section_id
    WHERE ${which} ORDER BY x.ordinal, s.row_index, s.position LIMIT ${MAX_SEATS + 1}`
  if (rows.length > MAX_SEATS) {
    const message = `are more than ${MAX_SEATS} in all of these maps: ask for fewer maps at once`
    throw new BadUserInput([{ path: 'seats', message }])
  }
  return rows.map(toSeat)
}

/**
 * What changed on a seat map after revision `since`, all of one moment; null when nothing did, or there is no map. Whoever has a
 * revision that the map has not reached, as after a restore, or one from before it was drawn anew, is given all of it.
 */
export async function findSeatChange(
  db: Db | Tx,
  eventId: string,
  since: number,
): Promise<SeatMapRead | null> {
  const rows = await db.$queryRaw<
    (SeatRow & { map_revision: number; since: number; revision: number; drawn_revision: number })[]
  >`SELECT m.revision AS map_revision, m.since, m.drawn_revision, s.revision, ${SEAT_COLUMNS}
    FROM (
      SELECT event_id, revision, drawn_revision,
        CASE WHEN revision < ${since} OR ${since} < drawn_revision THEN 0 ELSE ${since} END AS since
      FROM seat_maps WHERE event_id = ${eventId}::uuid
    ) m JOIN seats s ON s.event_id = m.event_id AND s.revision > m.since JOIN sections x ON x.id = s.section_id
    WHERE m.revision > m.since ORDER BY s.revision`
  const [first] = rows
  if (!first) return null
  // The map and its seats begin at revision 1, so what is asked from 0 is all of it.
  const { map_revision: revision, drawn_revision: drawnRevision, since: from } = first
  const revisions = rows.map((row) => row.revision)
  // Told from before what was asked only to whoever is ahead of the map: others, who share this read, may be not.
  const told = revision < since ? from : since
  return {
    eventId,
    since: told,
    revision,
    snapshot: from < 1,
    seats: rows.map(toSeat),
    revisions,
    drawnRevision,
  }
}

/** Seats of one event that change their status together. */
export interface SeatMove {
  eventId: string
  seatIds: readonly string[]
  from: SeatStatus
  to: SeatStatus
  /** What each of them must still be sold as, seat by seat; for what is free, which may be given another ticket type at any time. */
  types?: readonly string[]
  /** The holds that must have them now; for `from: 'HELD'` only. */
  fromHolds?: readonly string[]
  /** The hold that has each of them next, seat by seat; for `to: 'HELD'` only. Seconds count from the start of the transaction; no hold outlasts its event. */
  holds?: { ids: readonly string[]; seconds: number }
}

/**
 * Moves those of the seats that are in status `from`. They are locked in id order, so two moves that overlap wait for each other
 * and never deadlock. The caller compares what was moved with what it wanted, and rolls back when it wants all or none.
 * @returns ids of the seats that were moved.
 */
export async function moveSeats(tx: Tx, move: SeatMove): Promise<string[]> {
  const { eventId, seatIds, from, to, types = null, fromHolds = null, holds = null } = move
  const rows = await tx.$queryRaw<{ id: string }[]>`
    WITH wanted AS (
      SELECT id FROM seats WHERE id = ANY(${seatIds}::uuid[]) AND event_id = ${eventId}::uuid ORDER BY id FOR NO KEY UPDATE
    )
    UPDATE seats s SET status = ${to}, hold_id = n.hold_id,
      held_until = CASE WHEN ${holds !== null} THEN least(now() + make_interval(secs => ${holds?.seconds ?? null}::int),
        (SELECT e.ends_at FROM event_copies e WHERE e.id = ${eventId}::uuid)) END, version = s.version + 1
    FROM wanted w JOIN unnest(${seatIds}::uuid[], ${holds?.ids ?? []}::uuid[], ${types ?? []}::uuid[]) AS n(id, hold_id, type_id) ON n.id = w.id
    WHERE s.id = w.id AND s.status = ${from} AND (${types === null} OR s.ticket_type_id = n.type_id)
      AND (${fromHolds}::uuid[] IS NULL OR s.hold_id = ANY(${fromHolds}::uuid[]))
    RETURNING s.id`
  return rows.map((row) => row.id)
}

/** Has seats shown as held no longer than the holds that have them. @returns ids of the seats, locked in id order. */
export async function moveHeldUntil(tx: Tx, eventId: string, holdIds: readonly string[]): Promise<string[]> {
  const rows = await tx.$queryRaw<{ id: string }[]>`
    WITH wanted AS (
      SELECT id FROM seats WHERE hold_id = ANY(${holdIds}::uuid[]) AND event_id = ${eventId}::uuid ORDER BY id FOR NO KEY UPDATE
    )
    UPDATE seats s SET held_until = h.expires_at, version = s.version + 1 FROM wanted w, holds h
    WHERE s.id = w.id AND h.id = s.hold_id RETURNING s.id`
  return rows.map((row) => row.id)
}

/** Undoes a move from AVAILABLE to HELD within its own transaction: nobody has seen it, so the version goes back too. */
export async function moveSeatsBack(tx: Tx, seatIds: readonly string[]): Promise<void> {
  await tx.$executeRaw`UPDATE seats SET status = 'AVAILABLE', hold_id = NULL, held_until = NULL, version = version - 1
    WHERE id = ANY(${seatIds}::uuid[])`
}
