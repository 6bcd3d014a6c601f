import type { StaffRole } from '@karcis/kit/contracts/event-staff'
import { newestFirst, type PageArgs } from '@karcis/kit/pagination'
import type { Reads } from '@karcis/kit/reads'
import { Prisma } from '../../generated/prisma/client.ts'
import type { Tx } from '../database.ts'
import type { Event } from '../events/event.ts'
import type { EventPage } from '../events/event-list-store.ts'
import { EVENT_COLUMNS } from '../events/event-store.ts'

/** Somebody who works for an event, or was invited to. */
export interface StaffEntry {
  id: string
  eventId: string
  /** Where the invitation was sent. */
  email: string
  roles: StaffRole[]
  /** Null while nobody has accepted. */
  userId: string | null
  invitedAt: Date
  /** Until when it can be accepted. */
  expiresAt: Date
  acceptedAt: Date | null
}

const COLUMNS = Prisma.sql`id, event_id AS "eventId", email, roles, user_id AS "userId", invited_at AS "invitedAt",
  expires_at AS "expiresAt", accepted_at AS "acceptedAt"`

/** Who works for events, and who was invited to and still can, by event; those who came first before the others. */
export async function findStaff(db: Reads, eventIds: readonly string[]): Promise<Map<string, StaffEntry[]>> {
  const rows = await db.$queryRaw<StaffEntry[]>`SELECT ${COLUMNS} FROM event_staff
    WHERE event_id = ANY(${eventIds}::uuid[]) AND (user_id IS NOT NULL OR expires_at > now()) ORDER BY invited_at, id`
  return Map.groupBy(rows, ({ eventId }) => eventId)
}

/** One entry, whether it can still be accepted or not; null when there is none. */
export async function findStaffEntry(db: Reads, id: string): Promise<StaffEntry | null> {
  const [row] = await db.$queryRaw<StaffEntry[]>`SELECT ${COLUMNS} FROM event_staff WHERE id = ${id}::uuid`
  return row ?? null
}

/** How many there are on the staff of an event, with those who were invited. */
export async function countStaff(tx: Tx, eventId: string): Promise<number> {
  const [row] = await tx.$queryRaw<{ count: number }[]>`SELECT count(*)::int AS count FROM event_staff
    WHERE event_id = ${eventId}::uuid AND (user_id IS NOT NULL OR expires_at > now())`
  return row?.count ?? 0
}

/** Gives whoever has accepted an invitation to this address other roles; false when nobody has. */
export async function updateRoles(
  tx: Tx,
  eventId: string,
  email: string,
  roles: readonly StaffRole[],
): Promise<boolean> {
  const changed = await tx.$executeRaw`UPDATE event_staff SET roles = ${[...roles]}::text[]
    WHERE event_id = ${eventId}::uuid AND email = ${email} AND user_id IS NOT NULL`
  return changed === 1
}

/** Invites an address, in the place of an invitation of before, whose link is good for nothing then. @returns until when it can be accepted. */
export async function insertInvitation(
  tx: Tx,
  {
    id,
    eventId,
    email,
    roles,
    invitedBy,
  }: Pick<StaffEntry, 'id' | 'eventId' | 'email' | 'roles'> & { invitedBy: string },
  days: number,
): Promise<Date> {
  await tx.$executeRaw`DELETE FROM event_staff WHERE event_id = ${eventId}::uuid AND email = ${email} AND user_id IS NULL`
  const [row] = await tx.$queryRaw<{ expiresAt: Date }[]>`
    INSERT INTO event_staff (id, event_id, email, roles, invited_by, expires_at)
    VALUES (${id}::uuid, ${eventId}::uuid, ${email}, ${roles}::text[], ${invitedBy}::uuid, now() + make_interval(days => ${days}))
    RETURNING expires_at AS "expiresAt"`
  if (!row) throw new Error('the invitation was not written')
  return row.expiresAt
}

/** Counts an invitation of somebody's. @returns null, or after how many seconds they may invite again: then it is not counted. */
export async function countInvitation(
  tx: Tx,
  userId: string,
  most: number,
  windowSeconds: number,
): Promise<number | null> {
  const counted =
    await tx.$executeRaw`INSERT INTO staff_invitation_counts AS seen (user_id, invitations, window_ends_at)
    VALUES (${userId}::uuid, 1, now() + make_interval(secs => ${windowSeconds}::int))
    ON CONFLICT (user_id) DO UPDATE SET
      invitations = CASE WHEN seen.window_ends_at <= now() THEN 0 ELSE seen.invitations END + 1,
      window_ends_at = CASE WHEN seen.window_ends_at <= now() THEN excluded.window_ends_at ELSE seen.window_ends_at END
    WHERE seen.window_ends_at <= now() OR seen.invitations < ${most}::int`
  if (counted === 1) return null
  const [row] = await tx.$queryRaw<{ seconds: number }[]>`
    SELECT greatest(1, ceil(extract(epoch FROM window_ends_at - now())))::int AS seconds
    FROM staff_invitation_counts WHERE user_id = ${userId}::uuid`
  return row?.seconds ?? windowSeconds
}

/** Makes an invitation that can still be accepted somebody's place, once; null when it cannot, or somebody has it already. */
export async function moveInvitationToMember(tx: Tx, id: string, userId: string): Promise<StaffEntry | null> {
  const [row] = await tx.$queryRaw<
    StaffEntry[]
  >`UPDATE event_staff SET user_id = ${userId}::uuid, accepted_at = now()
    WHERE id = ${id}::uuid AND user_id IS NULL AND expires_at > now() RETURNING ${COLUMNS}`
  return row ?? null
}

/** Takes an invitation back that nobody has accepted; false when there is none (any more). */
export async function deleteInvitation(tx: Tx, id: string): Promise<boolean> {
  const deleted = await tx.$executeRaw`DELETE FROM event_staff WHERE id = ${id}::uuid AND user_id IS NULL`
  return deleted === 1
}

/** Ends what somebody has with an event, by who they are or by the address that was invited. @returns what it was; null for nothing. */
export async function deleteStaff(
  tx: Tx,
  eventId: string,
  who: { userId: string } | { email: string },
): Promise<StaffEntry | null> {
  const which = 'userId' in who ? Prisma.sql`user_id = ${who.userId}::uuid` : Prisma.sql`email = ${who.email}`
  const [row] = await tx.$queryRaw<StaffEntry[]>`DELETE FROM event_staff
    WHERE event_id = ${eventId}::uuid AND ${which} RETURNING ${COLUMNS}`
  return row ?? null
}

/** Events that somebody works for, in the order in which these are locked. */
export async function listEventsOfMember(db: Reads | Tx, userId: string): Promise<string[]> {
  const rows = await db.$queryRaw<{ id: string }[]>`
    SELECT event_id AS id FROM event_staff WHERE user_id = ${userId}::uuid ORDER BY event_id`
  return rows.map(({ id }) => id)
}

const MY_STAFF_EVENTS = newestFirst<Event>('myStaffEvents', Prisma.sql`e.id`)

/** A page of the events that somebody works for, the newest first. */
export function listStaffEvents(db: Reads, userId: string, args: PageArgs): Promise<EventPage> {
  const theirs = Prisma.sql`e.id IN (SELECT event_id FROM event_staff WHERE user_id = ${userId}::uuid)`
  return MY_STAFF_EVENTS.read(args, {
    rows: ({ where, tail }) =>
      db.$queryRaw<Event[]>`SELECT ${EVENT_COLUMNS} FROM events e WHERE ${theirs} AND ${where} ${tail}`,
    count: async () => {
      const [row] = await db.$queryRaw<{ count: number }[]>`
        SELECT count(*)::int AS count FROM event_staff WHERE user_id = ${userId}::uuid`
      return row?.count ?? 0
    },
  })
}
