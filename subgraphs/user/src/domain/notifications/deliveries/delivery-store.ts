import type { Language } from '../../accounts/account-store.ts'
import { Prisma } from '../../../generated/prisma/client.ts'
import type { Tx } from '../../database.ts'
import type { ChannelName } from '../kinds.ts'

/** Longer than any attempt takes: what is not done by then is anybody's again, for its process has died. */
const LEASE_SECONDS = 60
/**
 * A message waits behind an older one of the same priority to the same address of a person: while that is due, is being sent, or is to be tried again within so long.
 * What is only tried again later has lost its place, and holds up nobody's ticket. Not shorter than the lease.
 */
const HOLD_SECONDS = LEASE_SECONDS
/** So many that are due are looked through for such as need not wait, however many of one person are at the head. */
const LOOKED_THROUGH = 100
/** What a channel has not used of its rate within so long is lost to it. */
const BURST_SECONDS = 1

/** What one attempt needs to know. */
export interface DueDelivery {
  id: string
  userId: string
  address: string
  priority: number
  /** This attempt's number, from 1. */
  attempt: number
  kind: string
  data: unknown
  /** From when on it is of no use. */
  until: Date | null
  secret: Uint8Array | null
  language: Language
  timezone: string
}

/** How much a process can take. */
export interface Room {
  /** Deliveries in all, of what is not urgent, and of campaigns. */
  all: number
  rest: number
  campaigns: number
}

/** Messages a second by one channel, over all processes: in all, and of campaigns. */
export interface Rate {
  all: number
  campaigns: number
}

/**
 * How many deliveries of a channel may leave now, and how many of campaigns, at its rate over all processes. Whoever asks holds the channel's pace until their transaction
 * ends: so deliveries are handed out one after the other, in their order.
 */
export async function lockPace(tx: Tx, channel: ChannelName, rate: Rate): Promise<Rate> {
  const [pace] = await tx.$queryRaw<Rate[]>`
    SELECT ${slots(Prisma.sql`next_at`, rate.all)} AS "all", ${slots(Prisma.sql`coalesce(campaigns_next_at, now())`, rate.campaigns)} AS campaigns
    FROM (SELECT next_at, campaigns_next_at FROM delivery_paces WHERE channel = ${channel}::channel FOR UPDATE) AS pace`
  return pace ?? { all: 0, campaigns: 0 }
}

const slots = (nextAt: Prisma.Sql, perSecond: number): Prisma.Sql =>
  Prisma.sql`CASE WHEN ${nextAt} > clock_timestamp() THEN 0 ELSE 1 + floor(${perSecond}::float8
    * extract(epoch FROM least(clock_timestamp() - ${nextAt}, make_interval(secs => ${BURST_SECONDS}::float8))))::int END`

/** Moves a channel's pace on by what has been taken, in all and of campaigns. */
export async function updatePace(tx: Tx, channel: ChannelName, rate: Rate, taken: Rate): Promise<void> {
  await tx.$executeRaw`UPDATE delivery_paces
    SET next_at = ${movedOn(Prisma.sql`next_at`, rate.all, taken.all)},
      campaigns_next_at = ${movedOn(Prisma.sql`campaigns_next_at`, rate.campaigns, taken.campaigns)}
    WHERE channel = ${channel}::channel`
}

const movedOn = (nextAt: Prisma.Sql, perSecond: number, taken: number): Prisma.Sql =>
  Prisma.sql`greatest(${nextAt}, clock_timestamp() - make_interval(secs => ${BURST_SECONDS}::float8))
    + make_interval(secs => ${taken}::int / ${perSecond}::float8)`

/**
 * Takes what is due by a channel, the most urgent first, then what has been due for longest: nobody else is given it for the length of a lease, after which whoever
 * asks is. Of one person's messages to an address none overtakes an older one (`HOLD_SECONDS`). What can wait and would come in somebody's quiet hours waits for their end; what is of no use any more, or of a campaign that was stopped, is given up. The
 * caller holds the channel's pace.
 * Each priority is the beginning of a range of one index, however much is waiting behind it.
 */
export async function takeDue(tx: Tx, channel: ChannelName, slots: Rate, room: Room): Promise<DueDelivery[]> {
  const [all, rest] = [Math.min(slots.all, room.all), Math.min(slots.all, Math.max(0, room.rest))]
  const campaigns = Math.min(slots.campaigns, rest, Math.max(0, room.campaigns))
  if (all <= 0) return []
  const rows = await tx.$queryRaw<(DueDelivery & { place: bigint; leaves: boolean })[]>`
    WITH due AS (
      SELECT id, row_number() OVER (ORDER BY priority, not_before, seq) AS place FROM (
        SELECT due.* FROM (VALUES (0, ${all}::int), (1, ${rest}::int), (2, ${rest}::int), (3, ${campaigns}::int)) AS wanted (priority, most)
        CROSS JOIN LATERAL (
          SELECT id, priority, not_before, seq FROM (
            SELECT id, user_id, address, priority, not_before, seq FROM deliveries
            WHERE channel = ${channel}::channel AND priority = wanted.priority AND state = 'WAITING' AND not_before <= now()
            ORDER BY not_before, seq LIMIT ${LOOKED_THROUGH}::int) AS head
          WHERE NOT EXISTS (SELECT FROM deliveries older WHERE older.user_id = head.user_id AND older.channel = ${channel}::channel
            AND older.priority = head.priority AND older.state = 'WAITING' AND older.seq < head.seq AND older.address = head.address
            AND older.not_before <= clock_timestamp() + make_interval(secs => ${HOLD_SECONDS}::int))
          ORDER BY not_before, seq LIMIT wanted.most) AS due
      ) AS first
      ORDER BY priority, not_before, seq LIMIT ${all}
    )
    UPDATE deliveries delivery SET
      attempts = attempts + CASE WHEN how.quiet IS NULL AND how.ending IS NULL THEN 1 ELSE 0 END,
      not_before = coalesce(how.quiet, clock_timestamp() + make_interval(secs => ${LEASE_SECONDS}::int)),
      state = CASE WHEN how.ending IS NULL THEN 'WAITING' ELSE 'DEAD' END::delivery_state,
      reason = coalesce(how.ending, reason),
      ended_at = CASE WHEN how.ending IS NOT NULL THEN now() END,
      secret = CASE WHEN how.ending IS NULL THEN secret END
    FROM (
      SELECT due.id, due.place, waiting.secret AS sealed, notice.kind, coalesce(campaign.facts, notice.data) AS data, person.language, person.timezone,
        CASE WHEN campaign.stopped_at IS NOT NULL THEN 'STOPPED' WHEN waiting.not_after <= now() THEN 'TOO_LATE' END AS ending,
        CASE WHEN waiting.priority >= 2 THEN quiet_until(quiet.starts, quiet.ends, person.timezone, now()) END AS quiet
      FROM due JOIN deliveries waiting ON waiting.id = due.id
      JOIN notifications notice ON notice.id = waiting.notification_id
      JOIN users person ON person.id = waiting.user_id
      LEFT JOIN quiet_hours quiet ON quiet.user_id = waiting.user_id
      LEFT JOIN campaigns campaign ON campaign.id = waiting.campaign_id
    ) AS how
    WHERE delivery.id = how.id AND delivery.state = 'WAITING' AND delivery.not_before <= now()
    RETURNING delivery.id, delivery.user_id AS "userId", delivery.address, delivery.priority, delivery.attempts AS attempt,
      how.kind, how.data, delivery.not_after AS until, how.sealed AS secret, how.language::text AS language, how.timezone, how.place,
      how.quiet IS NULL AND how.ending IS NULL AS leaves`
  return rows.filter(({ leaves }) => leaves).toSorted((one, other) => Number(one.place - other.place))
}

/** Notes that it was handed over, whatever another attempt has come to meanwhile, and though its campaign was stopped while it was under way. */
export async function moveToSent(tx: Tx, id: string): Promise<void> {
  await tx.$executeRaw`UPDATE deliveries SET state = 'SENT', ended_at = now(), secret = NULL, reason = NULL
    WHERE id = ${id}::uuid AND (state = 'WAITING' OR reason = 'STOPPED')`
}

/**
 * Notes that an attempt came to nothing, unless another has been made since: the next is due after a while, or it is given up.
 * @param pauseSeconds null gives it up.
 */
export async function updateTried(
  tx: Tx,
  { id, attempt }: Pick<DueDelivery, 'id' | 'attempt'>,
  reason: string,
  pauseSeconds: number | null,
): Promise<void> {
  await tx.$executeRaw`UPDATE deliveries SET reason = ${reason},
      not_before = now() + make_interval(secs => ${pauseSeconds ?? 0}::float8),
      state = CASE WHEN ${pauseSeconds === null} THEN 'DEAD' ELSE 'WAITING' END::delivery_state,
      ended_at = CASE WHEN ${pauseSeconds === null} THEN now() END,
      secret = CASE WHEN ${pauseSeconds === null} THEN NULL ELSE secret END
    WHERE id = ${id}::uuid AND state = 'WAITING' AND attempts = ${attempt}`
}

/** Gives back what was taken, as if it had not been tried. */
export async function updateGivenBack(
  tx: Tx,
  { id, attempt }: Pick<DueDelivery, 'id' | 'attempt'>,
): Promise<void> {
  await tx.$executeRaw`UPDATE deliveries SET attempts = attempts - 1, not_before = now()
    WHERE id = ${id}::uuid AND state = 'WAITING' AND attempts = ${attempt}`
}

/** Whose a delivery is, and where it goes; null when it is not known any more. */
export async function findDeliveryAddress(
  tx: Tx,
  id: string,
  channel: ChannelName,
): Promise<Pick<DueDelivery, 'userId' | 'address'> | null> {
  const [delivery] = await tx.$queryRaw<
    Pick<DueDelivery, 'userId' | 'address'>[]
  >`SELECT user_id AS "userId", address FROM deliveries WHERE id = ${id}::uuid AND channel = ${channel}::channel`
  return delivery ?? null
}

/** Remembers that an address is dead, whoever may have it: only what is most urgent is still written for it. */
export async function insertDeadAddress(tx: Tx, channel: ChannelName, address: string): Promise<void> {
  await tx.$executeRaw`INSERT INTO dead_addresses (channel, address) VALUES (${channel}::channel, ${address}) ON CONFLICT DO NOTHING`
}

/** Gives up all that waits to go to an address that has ended. */
export async function moveToEnded(
  tx: Tx,
  channel: ChannelName,
  { userId, address }: Pick<DueDelivery, 'userId' | 'address'>,
  reason: string,
): Promise<void> {
  await tx.$executeRaw`UPDATE deliveries SET state = 'DEAD', reason = ${reason}, ended_at = now(), secret = NULL
    WHERE user_id = ${userId}::uuid AND channel = ${channel}::channel AND address = ${address} AND state = 'WAITING'`
}
