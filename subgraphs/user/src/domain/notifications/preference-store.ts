import type { Db, Tx } from '../database.ts'
import type { ChannelName, GroupName } from './kinds.ts'

/** What somebody has said of one group of kinds and one channel. */
export interface Switch {
  group: GroupName
  channel: ChannelName
  enabled: boolean
}

/** Times of the day, as `22:00`. */
export interface QuietHours {
  starts: string
  ends: string
}

export async function findSwitches(db: Db, userId: string): Promise<Switch[]> {
  return db.$queryRaw<
    Switch[]
  >`SELECT kinds AS "group", channel::text AS channel, enabled FROM notification_switches
    WHERE user_id = ${userId}::uuid`
}

export async function findQuietHours(db: Db, userId: string): Promise<QuietHours | null> {
  const [hours] = await db.$queryRaw<
    QuietHours[]
  >`SELECT to_char(starts, 'HH24:MI') AS starts, to_char(ends, 'HH24:MI') AS ends
    FROM quiet_hours WHERE user_id = ${userId}::uuid`
  return hours ?? null
}

export async function upsertSwitches(tx: Tx, userId: string, switches: readonly Switch[]): Promise<void> {
  await tx.$executeRaw`INSERT INTO notification_switches (user_id, kinds, channel, enabled)
    SELECT ${userId}::uuid, said.kinds, said.channel::channel, said.enabled
    FROM unnest(${switches.map(({ group }) => group)}::text[], ${switches.map(({ channel }) => channel)}::text[],
      ${switches.map(({ enabled }) => enabled)}::boolean[]) AS said (kinds, channel, enabled)
    ON CONFLICT (user_id, kinds, channel) DO UPDATE SET enabled = excluded.enabled`
}

/** @param hours null for none. */
export async function replaceQuietHours(tx: Tx, userId: string, hours: QuietHours | null): Promise<void> {
  if (!hours) await tx.quietHours.deleteMany({ where: { userId } })
  else
    await tx.$executeRaw`INSERT INTO quiet_hours (user_id, starts, ends) VALUES (${userId}::uuid, ${hours.starts}::time, ${hours.ends}::time)
      ON CONFLICT (user_id) DO UPDATE SET starts = excluded.starts, ends = excluded.ends`
}
