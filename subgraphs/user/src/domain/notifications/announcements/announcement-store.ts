import { newId } from '@karcis/kit/ids'
import { Prisma } from '../../../generated/prisma/client.ts'
import type { Tx } from '../../database.ts'
import type { NotificationKind } from '../kinds.ts'

/** Who is told: people by id, or all who have tickets, wish for it, follow its organizer, organize it; or the admins. */
export type Audience = 'USERS' | 'HOLDERS' | 'WISHERS' | 'FOLLOWERS' | 'ORGANIZER' | 'ADMINS'

/** Something that is to be told. */
export interface NewAnnouncement {
  kind: NotificationKind
  /** As of a notice; of one kind and cause there is one announcement. */
  cause: string
  audience: Audience
  /** What it is about; null for what is about no event. */
  eventId: string | null
  /** For USERS. */
  userIds?: readonly string[]
  /** What the texts need beside the event. */
  data: object
  /** From when on it is of no use. */
  until?: Date
  /** It waits so long before it is told; not at all unless given. */
  afterSeconds?: number
}

/** One that is due. */
export interface Announcement {
  id: string
  kind: string
  cause: string
  audience: Audience
  eventId: string | null
  userIds: string[]
  data: Record<string, unknown>
  /** Up to where its audience has been told. */
  position: string | null
  attempts: number
  until: Date | null
}

/** Longer than a piece takes, and its rest; whoever goes on renews it with each. */
const LEASE_SECONDS = 60

/** Writes announcements down; of one kind and cause the first. */
export async function insertAnnouncements(tx: Tx, all: readonly NewAnnouncement[]): Promise<void> {
  for (const { kind, cause, audience, eventId, userIds = [], data, until, afterSeconds = 0 } of all)
    await tx.$executeRaw`INSERT INTO announcements (id, kind, cause, audience, event_id, user_ids, data, not_after, not_before)
      VALUES (${newId()}::uuid, ${kind}, ${cause}, ${audience}, ${eventId}::uuid, ${userIds}::uuid[], ${JSON.stringify(data)}::jsonb, ${until ?? null},
        now() + make_interval(secs => ${afterSeconds}::float8))
      ON CONFLICT DO NOTHING`
}

/** The change of an event that still waits, with which nobody has begun: locked, so that nobody does. */
export async function lockWaitingChange(
  tx: Tx,
  eventId: string,
): Promise<Pick<Announcement, 'id' | 'data'> | null> {
  const [waiting] = await tx.$queryRaw<Pick<Announcement, 'id' | 'data'>[]>`SELECT id, data FROM announcements
    WHERE kind = 'EVENT_CHANGED' AND event_id = ${eventId}::uuid AND done_at IS NULL AND attempts = 0
    ORDER BY id DESC LIMIT 1 FOR UPDATE`
  return waiting ?? null
}

/** So many pauses are the longest that a change waits for those after it. */
const MOST_PAUSES = 5

/** Has a waiting change tell another one with it, after another pause. The caller has locked it. */
export async function updateWaitingChange(
  tx: Tx,
  id: string,
  { cause, data, afterSeconds = 0 }: NewAnnouncement,
): Promise<void> {
  await tx.$executeRaw`UPDATE announcements SET cause = ${cause}, data = ${JSON.stringify(data)}::jsonb,
      not_before = least(now() + make_interval(secs => ${afterSeconds}::float8), created_at + make_interval(secs => ${MOST_PAUSES * afterSeconds}::float8))
    WHERE id = ${id}::uuid`
}

/** Takes back what nobody has begun to tell. The caller has locked it. */
export async function deleteWaitingChange(tx: Tx, id: string): Promise<void> {
  await tx.announcement.delete({ where: { id } })
}

/**
 * Takes what is due of some audiences, the oldest first: nobody else is given it for the length of a lease, after which whoever asks is. Who have tickets hear of one
 * thing after the other: what is newer waits while what is older is told to them, or is to be tried again within a lease.
 */
export async function takeDueAnnouncements(
  tx: Tx,
  audiences: readonly Audience[],
  limit: number,
): Promise<Announcement[]> {
  const taken = await tx.$queryRaw<Announcement[]>`UPDATE announcements SET attempts = attempts + 1,
      not_before = now() + make_interval(secs => ${LEASE_SECONDS}::int)
    WHERE id = ANY(ARRAY(SELECT id FROM announcements due WHERE done_at IS NULL AND not_before <= now() AND audience = ANY(${audiences}::text[])
      AND NOT (audience = 'HOLDERS' AND EXISTS (SELECT FROM announcements older WHERE older.event_id = due.event_id AND older.audience = 'HOLDERS'
        AND older.id < due.id AND older.done_at IS NULL AND older.not_before <= clock_timestamp() + make_interval(secs => ${LEASE_SECONDS}::int)))
      ORDER BY not_before, id LIMIT ${limit} FOR UPDATE OF due SKIP LOCKED))
    RETURNING id, kind, cause, audience, event_id AS "eventId", user_ids AS "userIds", data, position, attempts, not_after AS until`
  return taken.toSorted((one, other) => (one.id < other.id ? -1 : 1)) // they rise with time
}

/**
 * Notes that some of the audience are being told, in the transaction that tells it.
 * @param to the last place of these; null when they are the last.
 * @returns whether whoever asks is still the one to do so.
 */
export async function moveAnnouncement(
  tx: Tx,
  { id, position }: Pick<Announcement, 'id' | 'position'>,
  to: string | null,
): Promise<boolean> {
  const next = to === null ? Prisma.sql`done_at = now()` : Prisma.sql`position = ${to}::uuid, attempts = 1`
  const moved =
    await tx.$executeRaw`UPDATE announcements SET ${next}, not_before = now() + make_interval(secs => ${LEASE_SECONDS}::int)
    WHERE id = ${id}::uuid AND done_at IS NULL AND position IS NOT DISTINCT FROM ${position}::uuid`
  return moved === 1
}

/** Gives one back, to go on with after a while. */
export async function updateLater(
  tx: Tx,
  { id }: Pick<Announcement, 'id'>,
  pauseSeconds: number,
): Promise<void> {
  await tx.$executeRaw`UPDATE announcements SET not_before = now() + make_interval(secs => ${pauseSeconds}::float8)
    WHERE id = ${id}::uuid AND done_at IS NULL`
}

/** Announces what events that begin soon are to remind of, each time once: of an event that is moved, the new time is another. */
export async function insertReminders(tx: Tx): Promise<number> {
  return tx.$executeRaw`INSERT INTO announcements (id, kind, cause, audience, event_id, data, not_after)
    SELECT uuidv7(), soon.kind, soon.cause, 'HOLDERS', soon.id, '{}', soon.starts_at
    FROM (
      SELECT copy.id, copy.starts_at, due.kind, copy.id || ' ' || to_char(copy.starts_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS cause
      FROM (VALUES ('REMINDER_DAY', interval '3 hours', interval '24 hours'), ('REMINDER_SOON', interval '0', interval '2 hours')) AS due (kind, latest, ahead)
      JOIN event_copies copy ON copy.status = 'APPROVED' AND copy.starts_at > now() + due.latest AND copy.starts_at <= now() + due.ahead
    ) AS soon
    WHERE NOT EXISTS (SELECT FROM announcements told WHERE told.kind = soon.kind AND told.cause = soon.cause)
    ON CONFLICT DO NOTHING`
}
