import type { Attendance } from '@karcis/kit/contracts/attendance'
import type { Db, Tx } from '../database.ts'
import type { TicketStatus } from '../tickets/ticket.ts'
import type { TicketAtDoor } from './admission.ts'
import type { CheckIn, CheckInChange, CheckInOutcome, CheckInRefusal, Direction } from './check-in.ts'

interface DoorRow {
  id: string
  event_id: string
  status: TicketStatus
  frozen: boolean
  inside: boolean
  checked_in_at: Date | null
  event_status: string
  starts_at: Date
  ends_at: Date
  timezone: string
  reentry: boolean
  gates: string[] | null
  days: number[] | null
  now: Date
}

const toTicketAtDoor = (row: DoorRow): TicketAtDoor => ({
  id: row.id,
  eventId: row.event_id,
  status: row.status,
  frozen: row.frozen,
  inside: row.inside,
  checkedInAt: row.checked_in_at,
  eventStatus: row.event_status,
  startsAt: row.starts_at,
  endsAt: row.ends_at,
  timezone: row.timezone,
  reentry: row.reentry,
  gates: row.gates,
  days: row.days,
  now: row.now,
})

/** Tickets as a door judges them, by id. */
export async function findTicketsAtDoor(
  db: Db | Tx,
  ids: readonly string[],
): Promise<Map<string, TicketAtDoor>> {
  const rows = await db.$queryRaw<
    DoorRow[]
  >`SELECT t.id, t.event_id, t.status, t.frozen, t.inside, t.checked_in_at, e.status AS event_status, e.starts_at, e.ends_at, e.timezone,
      coalesce(d.reentry, false) AS reentry, r.gates, r.days, now() AS now
    FROM tickets t JOIN event_copies e ON e.id = t.event_id LEFT JOIN doors d ON d.event_id = t.event_id
    LEFT JOIN admission_rules r ON r.ticket_type_id = t.ticket_type_id
    WHERE t.id = ANY(${ids}::uuid[])`
  return new Map(rows.map((row) => [row.id, toTicketAtDoor(row)]))
}

/** Locks tickets in id order: whoever uses, refunds or hands on one of them waits, or was first. */
export async function lockTicketsAtDoor(tx: Tx, ids: readonly string[]): Promise<void> {
  await tx.$queryRaw`SELECT id FROM tickets WHERE id = ANY(${ids}::uuid[]) ORDER BY id FOR NO KEY UPDATE`
}

/**
 * Lets somebody in with a ticket that admits, unless it has let somebody in already. Of any number who try at once, one is let in.
 * @param reentry whether one who has left may come in again. @returns whether they are in now.
 */
export async function moveTicketIn(tx: Tx, id: string, scannedAt: Date, reentry: boolean): Promise<boolean> {
  const moved = await tx.$executeRaw`UPDATE tickets
    SET status = 'USED', inside = true, checked_in_at = coalesce(checked_in_at, ${scannedAt})
    WHERE id = ${id}::uuid AND NOT frozen AND (status = 'VALID' OR (${reentry} AND status = 'USED' AND NOT inside))`
  return moved === 1
}

/** Lets somebody out. @returns whether they were inside. */
export async function moveTicketOut(tx: Tx, id: string): Promise<boolean> {
  const moved = await tx.$executeRaw`UPDATE tickets SET inside = false
    WHERE id = ${id}::uuid AND status = 'USED' AND inside`
  return moved === 1
}

/** Makes a used ticket one that was not. @returns whether it was used. */
export async function moveTicketBack(tx: Tx, id: string): Promise<boolean> {
  const moved = await tx.$executeRaw`UPDATE tickets SET status = 'VALID', inside = false, checked_in_at = NULL
    WHERE id = ${id}::uuid AND status = 'USED'`
  return moved === 1
}

/** What the scans of a live ticket have come to. */
export interface TicketUse {
  id: string
  checkedInAt: Date | null
  inside: boolean
}

/** Writes what the scans of tickets have come to, where it is otherwise than it was. The caller has locked them. */
export async function updateTicketUse(tx: Tx, uses: readonly TicketUse[]): Promise<void> {
  if (uses.length === 0) return
  await tx.$executeRaw`UPDATE tickets t SET checked_in_at = u.checked_in_at, inside = u.inside,
      status = CASE WHEN u.checked_in_at IS NULL THEN 'VALID' ELSE 'USED' END
    FROM unnest(${uses.map(({ id }) => id)}::uuid[], ${uses.map(({ checkedInAt }) => checkedInAt)}::timestamptz[],
      ${uses.map(({ inside }) => inside)}::boolean[]) AS u(id, checked_in_at, inside)
    WHERE t.id = u.id AND t.status IN ('VALID', 'USED')
      AND (t.checked_in_at, t.inside) IS DISTINCT FROM (u.checked_in_at, u.inside)`
}

/** Raises the revision of an event's door, whose row stays locked until the end: the last that a transaction takes. */
export async function raiseDoorRevision(tx: Tx, eventId: string): Promise<number> {
  const [row] = await tx.$queryRaw<{ revision: number }[]>`INSERT INTO doors AS d (event_id, revision)
    VALUES (${eventId}::uuid, 1) ON CONFLICT (event_id) DO UPDATE SET revision = d.revision + 1 RETURNING revision`
  if (!row) throw new Error(`the door of event ${eventId} has no row`)
  return row.revision
}

/** A scan that is to be kept. */
export type NewCheckIn = Omit<CheckIn, 'recordedAt'>

/** Writes scans; those that are kept already stay as they are. @returns ids of those that were written. */
export async function insertCheckIns(tx: Tx, scans: readonly NewCheckIn[]): Promise<string[]> {
  if (scans.length === 0) return []
  const rows = await tx.$queryRaw<{ id: string }[]>`
    INSERT INTO check_ins (id, event_id, ticket_id, device_id, gate, direction, scanned_at, outcome, reason, revision)
    SELECT * FROM unnest(${scans.map(({ id }) => id)}::uuid[], ${scans.map(({ eventId }) => eventId)}::uuid[],
      ${scans.map(({ ticketId }) => ticketId)}::uuid[], ${scans.map(({ deviceId }) => deviceId)}::text[],
      ${scans.map(({ gate }) => gate)}::text[], ${scans.map(({ direction }) => direction)}::text[],
      ${scans.map(({ scannedAt }) => scannedAt)}::timestamptz[], ${scans.map(({ outcome }) => outcome)}::text[],
      ${scans.map(({ reason }) => reason)}::text[], ${scans.map(({ revision }) => revision)}::int[])
    ON CONFLICT ON CONSTRAINT check_ins_once_per_scan DO NOTHING RETURNING id`
  return rows.map(({ id }) => id)
}

/** Writes what scans are judged to be now. */
export async function updateOutcomes(
  tx: Tx,
  scans: readonly Pick<CheckIn, 'id' | 'outcome' | 'reason'>[],
  revision: number,
): Promise<void> {
  if (scans.length === 0) return
  await tx.$executeRaw`UPDATE check_ins c SET outcome = j.outcome, reason = j.reason, revision = ${revision}::int
    FROM unnest(${scans.map(({ id }) => id)}::uuid[], ${scans.map(({ outcome }) => outcome)}::text[],
      ${scans.map(({ reason }) => reason)}::text[]) AS j(id, outcome, reason)
    WHERE c.id = j.id`
}

/** Takes back all that has counted of the scans of a ticket. */
export async function moveCheckInsToUndone(tx: Tx, ticketId: string, revision: number): Promise<void> {
  await tx.$executeRaw`UPDATE check_ins SET outcome = 'UNDONE', reason = NULL, revision = ${revision}::int
    WHERE ticket_id = ${ticketId}::uuid AND (outcome IN ('ACCEPTED', 'DUPLICATE') OR reason = 'NOT_INSIDE')`
}

interface CheckInRow {
  id: string
  event_id: string
  ticket_id: string
  device_id: string
  gate: string | null
  direction: Direction
  scanned_at: Date
  recorded_at: Date
  outcome: CheckInOutcome
  reason: CheckInRefusal | null
  revision: number
}

const toCheckIn = (row: CheckInRow): CheckIn => ({
  id: row.id,
  eventId: row.event_id,
  ticketId: row.ticket_id,
  deviceId: row.device_id,
  gate: row.gate,
  direction: row.direction,
  scannedAt: row.scanned_at,
  recordedAt: row.recorded_at,
  outcome: row.outcome,
  reason: row.reason,
  revision: row.revision,
})

/** All scans of tickets, by ticket. */
export async function listCheckInsOfTickets(
  db: Db | Tx,
  ticketIds: readonly string[],
): Promise<Map<string, CheckIn[]>> {
  const rows = await db.$queryRaw<
    CheckInRow[]
  >`SELECT id, event_id, ticket_id, device_id, gate, direction, scanned_at, recorded_at, outcome, reason, revision
    FROM check_ins WHERE ticket_id = ANY(${ticketIds}::uuid[]) ORDER BY ticket_id, scanned_at`
  return Map.groupBy(rows.map(toCheckIn), ({ ticketId }) => ticketId)
}

/** So many at a time, and with them all of the same revision. */
const PAGE = 1_000

/**
 * Check-ins of an event after a revision of its door, as of one moment; null when there are none. A revision that the door has not
 * reached, as after a restore, is answered from the first on.
 */
export async function findCheckInChange(
  db: Db | Tx,
  eventId: string,
  since: number,
): Promise<CheckInChange | null> {
  const rows = await db.$queryRaw<
    (CheckInRow & { since: number })[]
  >`SELECT d.since, c.id, c.event_id, c.ticket_id, c.device_id, c.gate, c.direction, c.scanned_at, c.recorded_at, c.outcome, c.reason,
      c.revision
    FROM (
      SELECT event_id, CASE WHEN revision < ${since}::int THEN 0 ELSE ${since}::int END AS since FROM doors
      WHERE event_id = ${eventId}::uuid
    ) d JOIN check_ins c ON c.event_id = d.event_id AND c.revision > d.since
    ORDER BY c.revision FETCH FIRST (${PAGE}::bigint) ROWS WITH TIES`
  const last = rows.at(-1)
  if (!last) return null
  return { eventId, since: last.since, revision: last.revision, checkIns: rows.map(toCheckIn) }
}

/** The revision of an event's door; 0 before the first check-in. */
export async function findDoorRevision(db: Db, eventId: string): Promise<number> {
  const [row] = await db.$queryRaw<
    { revision: number }[]
  >`SELECT revision FROM doors WHERE event_id = ${eventId}::uuid`
  return row?.revision ?? 0
}

/** Whether somebody was at an event, as far as tickets and the door know. What was checked in and refunded since counts: they were there. */
export async function findAttendance(
  db: Db,
  { eventId, userId }: { eventId: string; userId: string },
): Promise<Attendance> {
  const [row] = await db.$queryRaw<Attendance[]>`
    SELECT coalesce(bool_or(checked_in_at IS NOT NULL), false) AS "checkedIn",
      coalesce(bool_or(status IN ('VALID', 'USED') AND NOT frozen), false) AS "hasTicket",
      EXISTS (SELECT FROM check_ins WHERE event_id = ${eventId}::uuid) AS scanned
    FROM tickets WHERE owner_id = ${userId}::uuid AND event_id = ${eventId}::uuid`
  return row ?? { checkedIn: false, hasTicket: false, scanned: false }
}
