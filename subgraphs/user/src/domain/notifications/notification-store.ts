import { type Connection, newestFirst, type PageArgs } from '@karcis/kit/pagination'
import { Prisma } from '../../generated/prisma/client.ts'
import type { Db, Tx } from '../database.ts'
import type { ChannelName } from './kinds.ts'
import { deleteOtherPhones } from './phones/phone-store.ts'
import { deleteSubscriptionsOf } from './push/subscription-store.ts'

/** A notification in a person's list. */
export interface NotificationRow {
  id: string
  userId: string
  kind: string
  data: unknown
  revision: number
  createdAt: Date
  readAt: Date | null
}

/** What a campaign tells is kept in its row. */
const COLUMNS = Prisma.sql`id, user_id AS "userId", kind,
  CASE kind WHEN 'CAMPAIGN' THEN (SELECT facts FROM campaigns WHERE campaigns.id = (data->>'campaignId')::uuid) ELSE data END AS data, revision, created_at AS "createdAt", read_at AS "readAt"`

export type NotificationRows = Connection<NotificationRow>

const ALL = newestFirst<NotificationRow>('notifications')
const UNREAD = newestFirst<NotificationRow>('unread-notifications')

/** A page of somebody's list, newest first. @throws BadUserInput for wrong paging. */
export function listNotifications(
  db: Db,
  userId: string,
  unreadOnly: boolean,
  args: PageArgs,
): Promise<NotificationRows> {
  const which = Prisma.sql`user_id = ${userId}::uuid AND revision IS NOT NULL ${unreadOnly ? Prisma.sql`AND read_at IS NULL` : Prisma.empty}`
  return (unreadOnly ? UNREAD : ALL).read(args, {
    rows: (page) =>
      db.$queryRaw<
        NotificationRow[]
      >`SELECT ${COLUMNS} FROM notifications WHERE ${which} AND ${page.where} ${page.tail}`,
    async count() {
      const [row] = await db.$queryRaw<
        { count: number }[]
      >`SELECT count(*)::int AS count FROM notifications WHERE ${which}`
      return row?.count ?? 0
    },
  })
}

/** How many of somebody's list they have not read. */
export async function countUnread(db: Db, userId: string): Promise<number> {
  const [row] = await db.$queryRaw<{ count: number }[]>`SELECT count(*)::int AS count FROM notifications
    WHERE user_id = ${userId}::uuid AND revision IS NOT NULL AND read_at IS NULL`
  return row?.count ?? 0
}

/** Notes that somebody has read one of their list. @returns it; null when it is not among theirs. */
export async function updateRead(tx: Tx, userId: string, id: string): Promise<NotificationRow | null> {
  const [row] = await tx.$queryRaw<
    NotificationRow[]
  >`UPDATE notifications SET read_at = coalesce(read_at, now())
    WHERE id = ${id}::uuid AND user_id = ${userId}::uuid AND revision IS NOT NULL RETURNING ${COLUMNS}`
  return row ?? null
}

/** The same of up to `limit` that they have not read. @returns of how many. */
export const updateAllRead = (tx: Tx, userId: string, limit: number): PromiseLike<number> =>
  tx.$executeRaw`UPDATE notifications SET read_at = now() WHERE id = ANY(ARRAY(SELECT id FROM notifications
    WHERE user_id = ${userId}::uuid AND revision IS NOT NULL AND read_at IS NULL ORDER BY id LIMIT ${limit}))`

/** How far a person's list has come; 0 of whoever was never told anything. */
export async function findBoxRevision(db: Db, userId: string): Promise<number> {
  const box = await db.notificationBox.findUnique({ where: { userId } })
  return box?.revision ?? 0
}

/** Whoever has missed more reads the list. */
const MOST_NEW = 100

/** What came to a list after one revision, up to another, in order: the newest of it where it is very much. */
export async function findNewNotifications(
  db: Db,
  userId: string,
  since: number,
  until: number,
): Promise<NotificationRow[]> {
  const rows = await db.$queryRaw<NotificationRow[]>`SELECT ${COLUMNS} FROM notifications
    WHERE user_id = ${userId}::uuid AND revision > ${since}::int AND revision <= ${until}::int ORDER BY revision DESC LIMIT ${MOST_NEW}`
  return rows.toReversed()
}

/** A notification as it is written down, with what decides about its deliveries. */
export interface NewNotification {
  id: string
  userId: string
  kind: string
  cause: string
  /** JSON. */
  data: string
  /** Whether it is in the person's list; else it goes by one channel alone. */
  listed: boolean
  group: string
  priority: number
  /** Whether what the person has switched off does not count. */
  fixed: boolean
  /** By which it goes to whoever has said nothing. */
  channels: readonly ChannelName[]
  /** Instead of the account's address, of what goes by one channel alone. */
  to: string | null
  secret: Uint8Array | null
  until: Date | null
  campaignId: string | null
}

/**
 * Writes notifications down, each once per person, kind and cause, with a delivery for every channel that the person wants them by. In one statement: the lists that
 * grow are locked in the order of their people. What can wait waits for the end of a person's quiet hours.
 * @returns the newest revision of each list that has grown.
 */
export async function insertNotifications(
  tx: Tx,
  rows: readonly NewNotification[],
): Promise<Map<string, number>> {
  const wants = (channel: ChannelName) => rows.map(({ channels }) => channels.includes(channel))
  const grown = await tx.$queryRaw<{ userId: string; revision: number }[]>`
    WITH notice AS (
      SELECT new.* FROM unnest(${rows.map(({ id }) => id)}::uuid[], ${rows.map(({ userId }) => userId)}::uuid[], ${rows.map(({ kind }) => kind)}::text[],
        ${rows.map(({ cause }) => cause)}::text[], ${rows.map(({ data }) => data)}::text[], ${rows.map(({ listed }) => listed)}::boolean[],
        ${rows.map(({ group }) => group)}::text[], ${rows.map(({ priority }) => priority)}::smallint[], ${rows.map(({ fixed }) => fixed)}::boolean[],
        ${wants('EMAIL')}::boolean[], ${wants('PUSH')}::boolean[], ${wants('SMS')}::boolean[], ${rows.map(({ to }) => to)}::text[],
        ${rows.map(({ secret }) => secret && Buffer.from(secret).toString('base64'))}::text[], ${rows.map(({ until }) => until)}::timestamptz[],
        ${rows.map(({ campaignId }) => campaignId)}::uuid[])
        AS new (id, user_id, kind, cause, data, listed, kinds, priority, fixed, email, push, sms, address, secret, until, campaign_id)
      JOIN users ON users.id = new.user_id AND users.deleted_at IS NULL
      WHERE NOT EXISTS (SELECT FROM notifications told WHERE told.user_id = new.user_id AND told.kind = new.kind AND told.cause = new.cause)
    ), box AS (
      INSERT INTO notification_boxes AS box (user_id, revision)
      SELECT user_id, count(*)::int FROM notice WHERE listed GROUP BY user_id ORDER BY user_id
      ON CONFLICT (user_id) DO UPDATE SET revision = box.revision + excluded.revision
      RETURNING user_id, revision
    ), added AS (
      INSERT INTO notifications (id, user_id, kind, cause, data, revision)
      SELECT notice.id, notice.user_id, kind, cause, data::jsonb,
        CASE WHEN listed THEN box.revision + 1 - row_number() OVER (PARTITION BY notice.user_id, listed ORDER BY notice.id DESC) END
      FROM notice LEFT JOIN box ON box.user_id = notice.user_id
      ORDER BY notice.user_id, notice.id
      ON CONFLICT DO NOTHING
      RETURNING id, user_id, revision
    ), sent AS (
      INSERT INTO deliveries (id, notification_id, user_id, channel, address, priority, not_before, not_after, secret, campaign_id)
      SELECT uuidv7(), notice.id, notice.user_id, way.channel, way.address, notice.priority,
        CASE WHEN notice.priority < 2 THEN now() ELSE coalesce(quiet_until(quiet.starts, quiet.ends, person.timezone, now()), now()) END,
        notice.until, decode(notice.secret, 'base64'), notice.campaign_id
      FROM added JOIN notice ON notice.id = added.id
      JOIN users person ON person.id = notice.user_id
      LEFT JOIN quiet_hours quiet ON quiet.user_id = notice.user_id
      CROSS JOIN LATERAL (
        SELECT 'EMAIL'::channel, coalesce(notice.address, person.email, person.guest_email), notice.email
        UNION ALL SELECT 'PUSH', browser.id::text, notice.push FROM push_subscriptions browser WHERE browser.user_id = notice.user_id
        UNION ALL SELECT 'SMS', phone.number, notice.sms FROM verified_phones phone WHERE phone.user_id = notice.user_id AND notice.listed
        UNION ALL SELECT 'SMS', notice.address, notice.sms WHERE NOT notice.listed
      ) AS way (channel, address, wanted)
      LEFT JOIN notification_switches said ON said.user_id = notice.user_id AND said.kinds = notice.kinds AND said.channel = way.channel
      LEFT JOIN dead_addresses dead ON dead.channel = way.channel AND dead.address = way.address
      WHERE way.address IS NOT NULL AND (notice.listed OR way.wanted)
        AND CASE WHEN notice.fixed OR said.enabled IS NULL THEN way.wanted ELSE said.enabled END
        AND (dead.address IS NULL OR notice.priority = 0)
      ORDER BY notice.id, way.channel
      ON CONFLICT DO NOTHING
    )
    SELECT user_id AS "userId", max(revision)::int AS revision FROM added WHERE revision IS NOT NULL GROUP BY user_id`
  return new Map(grown.map(({ userId, revision }) => [userId, revision]))
}

/** Forgets everything that somebody was told, or is still to be told, what they have said about it, and where they were told. */
export async function deleteNotificationsOf(tx: Tx, userId: string): Promise<void> {
  await deleteSubscriptionsOf(tx, userId)
  await deleteOtherPhones(tx, userId, null)
  await tx.notification.deleteMany({ where: { userId } })
  await tx.notificationSwitch.deleteMany({ where: { userId } })
  await tx.quietHours.deleteMany({ where: { userId } })
}

/** Forgets how somebody was called in what others were told. Of the kinds whose data names a person (`named` in kinds.ts), as `notifications_naming` has them. */
export async function forgetNameOf(tx: Tx, userId: string, insteadOfIt: string): Promise<void> {
  await tx.$executeRaw`UPDATE notifications SET data = data || jsonb_build_object('name', ${insteadOfIt}::text)
    WHERE kind IN ('TICKET_SENT', 'TICKET_RECEIVED', 'STAFF_JOINED') AND data ->> 'personId' = ${userId}`
}
