import { newToken, tokenHash } from '@karcis/kit/secret-tokens'
import type { Sealer } from '@karcis/kit/sealing'
import type { Db, Tx } from '../database.ts'

/** By which link somebody subscribes to what they hold tickets for. */
export interface CalendarFeed {
  token: string
  createdAt: Date
}

interface FeedRow {
  sealedToken: Uint8Array
  createdAt: Date
}

/** The one that somebody has; else a new one. Of any number who ask at once, all have the same. */
export async function ensureCalendarFeed(tx: Tx, sealer: Sealer, userId: string): Promise<CalendarFeed> {
  const { token, hash, sealed } = newLink(sealer)
  await tx.$executeRaw`INSERT INTO calendar_feeds (user_id, token_hash, sealed_token) VALUES (${userId}::uuid, ${hash}, ${sealed})
    ON CONFLICT (user_id) DO NOTHING`
  const [row] = await tx.$queryRaw<FeedRow[]>`SELECT sealed_token AS "sealedToken", created_at AS "createdAt"
    FROM calendar_feeds WHERE user_id = ${userId}::uuid`
  return row
    ? { token: sealer.unseal(row.sealedToken), createdAt: row.createdAt }
    : replace(tx, userId, { token, hash, sealed })
}

/** Another one in place of whatever there was, which is no link any more. */
export const replaceCalendarFeed = (tx: Tx, sealer: Sealer, userId: string): Promise<CalendarFeed> =>
  replace(tx, userId, newLink(sealer))

async function replace(
  tx: Tx,
  userId: string,
  { token, hash, sealed }: ReturnType<typeof newLink>,
): Promise<CalendarFeed> {
  const [row] = await tx.$queryRaw<
    { createdAt: Date }[]
  >`INSERT INTO calendar_feeds (user_id, token_hash, sealed_token)
    VALUES (${userId}::uuid, ${hash}, ${sealed})
    ON CONFLICT (user_id) DO UPDATE SET token_hash = excluded.token_hash, sealed_token = excluded.sealed_token, created_at = now()
    RETURNING created_at AS "createdAt"`
  return { token, createdAt: row?.createdAt ?? new Date() }
}

function newLink(sealer: Sealer) {
  const token = newToken()
  return { token, hash: tokenHash(token), sealed: sealer.seal(token) }
}

/** Whose feed a token opens; null for none. */
export async function findCalendarFeedOwner(db: Db, token: string): Promise<string | null> {
  const [row] = await db.$queryRaw<{ userId: string }[]>`SELECT user_id AS "userId" FROM calendar_feeds
    WHERE token_hash = ${tokenHash(token)}`
  return row?.userId ?? null
}

/** Ends the feed of somebody whose account is gone. */
export async function deleteCalendarFeedOf(tx: Tx, userId: string): Promise<void> {
  await tx.$executeRaw`DELETE FROM calendar_feeds WHERE user_id = ${userId}::uuid`
}

/** A ticket in the calendar of its owner. */
export interface HeldTicket {
  eventId: string
  typeName: string
  seat: { section: string; row: string; label: string } | null
  attendee: string | null
  /** When anything last changed of what they have, or had, of this event. */
  changedAt: Date
}

/**
 * What somebody has tickets for, by event, the latest events first, so many at most: tickets that admit, and of an event that was called off
 * those that it has ended.
 */
export async function listHeldTickets(db: Db, ownerId: string, mostEvents: number): Promise<HeldTicket[]> {
  const rows = await db.$queryRaw<HeldRow[]>`
    WITH theirs AS (
      SELECT t.id, t.event_id, t.ticket_type_id, t.seat_id, t.attendee_name, e.starts_at,
        max(t.updated_at) OVER (PARTITION BY t.event_id) AS changed_at,
        NOT t.frozen AND (t.status IN ('VALID', 'USED') OR e.status = 'CANCELLED' AND t.status IN ('REFUNDED', 'CANCELLED')) AS held
      FROM tickets t JOIN event_copies e ON e.id = t.event_id WHERE t.owner_id = ${ownerId}::uuid
    ), newest AS (
      SELECT *, dense_rank() OVER (ORDER BY starts_at DESC, event_id) AS place FROM theirs WHERE held
    )
    SELECT n.event_id, type.name AS type_name, section.name AS section, s.row_label, coalesce(s.label, s.number::text) AS seat,
      n.attendee_name, n.changed_at
    FROM newest n JOIN ticket_types type ON type.id = n.ticket_type_id
      LEFT JOIN seats s ON s.id = n.seat_id LEFT JOIN sections section ON section.id = s.section_id
    WHERE n.place <= ${mostEvents}::int
    ORDER BY n.place, type.name, section.name, s.row_label, s.number, n.id`
  return rows.map(({ section, row_label: row, seat, ...of }) => ({
    eventId: of.event_id,
    typeName: of.type_name,
    seat: section === null || row === null || seat === null ? null : { section, row, label: seat },
    attendee: of.attendee_name,
    changedAt: of.changed_at,
  }))
}

interface HeldRow {
  event_id: string
  type_name: string
  section: string | null
  row_label: string | null
  seat: string | null
  attendee_name: string | null
  changed_at: Date
}
