import { mapConstraintError } from '@karcis/kit/database'
import { newId } from '@karcis/kit/ids'
import { type Connection, newestFirst, type PageArgs } from '@karcis/kit/pagination'
import { Prisma } from '../../../generated/prisma/client.ts'
import type { Db, Tx } from '../../database.ts'
import { OneCampaignADay } from '../../errors.ts'
import type { EventCopy } from '../announcements/event-copy-store.ts'
import type { ChannelName, DataOf } from '../kinds.ts'
import type { CampaignAudience, NewCampaign } from './campaign-input.ts'

/** A campaign, and what has become of it so far. */
export interface Campaign {
  id: string
  eventId: string
  audience: CampaignAudience
  subject: string
  body: string
  status: 'SENDING' | 'SENT' | 'STOPPED'
  /** Who have been told. */
  people: number
  /** Of its messages: what waits, what has left, what was given up, and what was not to be sent any more. */
  queued: number
  sent: number
  failed: number
  dropped: number
  unsubscribed: number
  createdAt: Date
  stoppedAt: Date | null
}

export type CampaignPage = Connection<Campaign>

/** One that is being told. */
export interface TellingCampaign {
  id: string
  eventId: string
  organizerId: string
  audience: CampaignAudience
  facts: DataOf<'CAMPAIGN'>
  until: Date
  /** Up to where its audience has been told. */
  position: string | null
  attempts: number
}

/** Longer than a piece takes, and its rest; whoever goes on renews it with each. */
const LEASE_SECONDS = 60

/** Between two pages, whichever processes tell them: far ahead of the rate that messages leave at, and little for the database beside a sale. */
const PAGE_SECONDS = 1

/** What was not to be sent any more, for other reasons than that it could not be delivered. */
const DROPPED = ['STOPPED', 'UNSUBSCRIBED', 'TOO_LATE']

const CONSTRAINT_ERRORS = { campaigns_one_a_day: () => new OneCampaignADay() }

/** @param facts what its texts are made of. @throws OneCampaignADay: the unique index decides. */
export async function insertCampaign(
  tx: Tx,
  { eventId, audience, subject, body }: NewCampaign,
  { organizerId, timezone, endsAt }: EventCopy,
  facts: DataOf<'CAMPAIGN'>,
): Promise<string> {
  const id = newId()
  await tx.$executeRaw`INSERT INTO campaigns (id, event_id, organizer_id, day, audience, subject, body, facts, not_after)
    VALUES (${id}::uuid, ${eventId}::uuid, ${organizerId}::uuid, (now() AT TIME ZONE ${timezone})::date, ${audience}, ${subject}, ${body},
      ${JSON.stringify(facts)}::jsonb, ${endsAt})`.catch((error: unknown) =>
    mapConstraintError(error, CONSTRAINT_ERRORS),
  )
  return id
}

/** The counts of what is not closed are made when they are read: by the index of its messages. */
const campaignsWhere = (where: Prisma.Sql, tail: Prisma.Sql): Prisma.Sql => Prisma.sql`
  SELECT page.id, event_id AS "eventId", audience, subject, body, people, unsubscribed, created_at AS "createdAt", stopped_at AS "stoppedAt",
    coalesce(counted.queued, 0) AS queued, coalesce(page.sent, counted.sent) AS sent, coalesce(page.failed, counted.failed) AS failed,
    coalesce(page.dropped, counted.dropped) AS dropped,
    CASE WHEN stopped_at IS NOT NULL THEN 'STOPPED' WHEN told_at IS NOT NULL AND coalesce(counted.queued, 0) = 0 THEN 'SENT' ELSE 'SENDING' END AS status
  FROM (SELECT * FROM campaigns WHERE ${where} ${tail}) AS page
  LEFT JOIN LATERAL (${counts(Prisma.sql`page.id`)}) AS counted ON page.closed_at IS NULL`

const counts = (campaignId: Prisma.Sql): Prisma.Sql => Prisma.sql`
  SELECT count(*) FILTER (WHERE state = 'WAITING')::int AS queued, count(*) FILTER (WHERE state = 'SENT')::int AS sent,
    count(*) FILTER (WHERE state = 'DEAD' AND reason <> ALL(${DROPPED}::text[]))::int AS failed,
    count(*) FILTER (WHERE state = 'DEAD' AND reason = ANY(${DROPPED}::text[]))::int AS dropped
  FROM deliveries WHERE campaign_id = ${campaignId}`

export async function findCampaign(db: Db | Tx, id: string): Promise<Campaign | null> {
  const [campaign] = await db.$queryRaw<Campaign[]>(
    campaignsWhere(Prisma.sql`id = ${id}::uuid`, Prisma.empty),
  )
  return campaign ?? null
}

const OF_EVENT = newestFirst<Campaign>('campaigns')

/** A page of an event's campaigns, newest first. @throws BadUserInput for wrong paging. */
export const listCampaigns = (db: Db, eventId: string, args: PageArgs): Promise<CampaignPage> =>
  OF_EVENT.read(args, {
    rows: async (page) => {
      const rows = await db.$queryRaw<Campaign[]>(
        campaignsWhere(Prisma.sql`event_id = ${eventId}::uuid AND ${page.where}`, page.tail),
      )
      return rows.toSorted((one, other) => (one.id < other.id === page.backward ? -1 : 1))
    },
    count: () => db.campaign.count({ where: { eventId } }),
  })

/** Takes the one whose last page is longest ago: nobody else is given it for the length of a lease, after which whoever asks is. */
export async function takeCampaign(tx: Tx): Promise<TellingCampaign | null> {
  const [taken] = await tx.$queryRaw<
    TellingCampaign[]
  >`UPDATE campaigns SET attempts = attempts + 1, not_before = now() + make_interval(secs => ${LEASE_SECONDS}::int)
    WHERE id = (SELECT id FROM campaigns WHERE told_at IS NULL AND stopped_at IS NULL AND not_before <= now()
      ORDER BY not_before, id LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING id, event_id AS "eventId", organizer_id AS "organizerId", audience, facts, not_after AS until, position, attempts`
  return taken ?? null
}

/**
 * Notes that some of the audience are being told, in the transaction that tells them.
 * @param to the last place of these; null when they are the last.
 * @param isEnd of a page: the next is anybody's after a pause.
 * @returns whether whoever asks is still the one to do so: it was not stopped, and nobody else has told that page.
 */
export async function moveCampaign(
  tx: Tx,
  { id, position }: Pick<TellingCampaign, 'id' | 'position'>,
  to: string | null,
  isEnd: boolean,
): Promise<boolean> {
  const next =
    to === null
      ? Prisma.sql`told_at = now()`
      : Prisma.sql`position = ${to}::uuid, attempts = 0,
          not_before = now() + make_interval(secs => ${isEnd ? PAGE_SECONDS : LEASE_SECONDS}::int)`
  const moved = await tx.$executeRaw`UPDATE campaigns SET ${next}
    WHERE id = ${id}::uuid AND told_at IS NULL AND stopped_at IS NULL AND position IS NOT DISTINCT FROM ${position}::uuid`
  return moved === 1
}

/** Counts who were told. The caller has moved it on. */
export async function updatePeople(tx: Tx, id: string, more: number): Promise<void> {
  await tx.$executeRaw`UPDATE campaigns SET people = people + ${more}::int WHERE id = ${id}::uuid`
}

/** Gives one back, to go on with after a while. */
export async function updateLater(tx: Tx, id: string, pauseSeconds: number): Promise<void> {
  await tx.$executeRaw`UPDATE campaigns SET not_before = now() + make_interval(secs => ${pauseSeconds}::float8)
    WHERE id = ${id}::uuid AND told_at IS NULL`
}

/** Stops it, unless nothing of it waits any more: nothing that waits is handed out from the commit on. @returns whether it was this that stopped it. */
export async function moveToStopped(tx: Tx, id: string): Promise<boolean> {
  // Whoever tells a page of it just now is waited for, so that the next statement sees what that has written.
  await tx.$queryRaw`SELECT id FROM campaigns WHERE id = ${id}::uuid FOR UPDATE`
  const moved = await tx.$executeRaw`UPDATE campaigns SET stopped_at = now()
    WHERE id = ${id}::uuid AND stopped_at IS NULL AND closed_at IS NULL
      AND (told_at IS NULL OR EXISTS (SELECT FROM deliveries WHERE campaign_id = campaigns.id AND state = 'WAITING'))`
  return moved === 1
}

/** Those of an event that can still be stopped. */
export async function listStoppable(tx: Tx, eventId: string): Promise<string[]> {
  const rows = await tx.$queryRaw<{ id: string }[]>`SELECT id FROM campaigns
    WHERE event_id = ${eventId}::uuid AND stopped_at IS NULL AND closed_at IS NULL ORDER BY id`
  return rows.map(({ id }) => id)
}

/** Gives up what waits of it. What somebody is handing out at this moment is on its way; comes that back, it is given up then (`takeDue`). */
export async function moveQueuedToStopped(tx: Tx, id: string): Promise<void> {
  await tx.$executeRaw`UPDATE deliveries SET state = 'DEAD', reason = 'STOPPED', ended_at = now()
    WHERE id = ANY(ARRAY(SELECT id FROM deliveries WHERE campaign_id = ${id}::uuid AND state = 'WAITING' FOR UPDATE SKIP LOCKED))`
}

/** Counts, for good, what has become of campaigns of which nothing waits any more. @returns of how many. */
export const closeAll = (tx: Tx): PromiseLike<number> =>
  tx.$executeRaw`UPDATE campaigns SET closed_at = now(), sent = counted.sent, failed = counted.failed, dropped = counted.dropped
    FROM campaigns open CROSS JOIN LATERAL (${counts(Prisma.sql`open.id`)}) AS counted
    WHERE campaigns.id = open.id AND open.closed_at IS NULL AND counted.queued = 0
      AND (open.told_at IS NOT NULL OR open.stopped_at < now() - make_interval(secs => ${LEASE_SECONDS}::int))`

/** Notes that somebody has switched such messages off by a channel: of the campaign that it brought them last. */
export async function updateUnsubscribed(tx: Tx, userId: string, channel: ChannelName): Promise<void> {
  await tx.$executeRaw`UPDATE campaigns SET unsubscribed = unsubscribed + 1 WHERE id = (
    SELECT campaign_id FROM deliveries WHERE user_id = ${userId}::uuid AND channel = ${channel}::channel
      AND campaign_id IS NOT NULL AND state = 'SENT' ORDER BY ended_at DESC LIMIT 1)`
}
