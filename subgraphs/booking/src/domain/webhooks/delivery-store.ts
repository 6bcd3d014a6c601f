import { type Connection, newestFirst, type PageArgs } from '@karcis/kit/pagination'
import { Prisma } from '../../generated/prisma/client.ts'
import type { Db, Tx } from '../database.ts'
import type { Outcome } from '@karcis/kit/outside/post'
import { type DeliveryStatus, PING, type WebhookDelivery } from './webhook.ts'

const COLUMNS = Prisma.sql`id, endpoint_id AS "endpointId", event_id AS "webhookId", type, body, status, attempts,
  CASE WHEN status = 'PENDING' THEN next_try_at END AS "nextTryAt", last_tried_at AS "lastTriedAt",
  response_status AS "responseStatus", response_body AS "responseBody", error, duration_ms AS "durationMs", created_at AS "createdAt"`

/** How many requests to one endpoint are under way at once, by each process; to one that fails, one. */
const AT_ONCE = 4
/** Longer than any attempt takes: what is not done by then is anybody's again, for its process has died. */
const LEASE_SECONDS = 60

/** What one attempt needs to know. */
export interface DueDelivery {
  id: string
  endpointId: string
  webhookId: string
  body: string
  /** This attempt's number, from 1. */
  attempt: number
  url: string
  /** Whether nothing that was sent there lately was taken. */
  failing: boolean
  /** Those that sign, sealed, the newest first. */
  secrets: Uint8Array[]
}

/** How many requests are under way in this process. */
export interface UnderWay {
  /** By endpoint. */
  byEndpoint: ReadonlyMap<string, number>
  /** How many more may be, and how many of these to endpoints that fail. */
  room: number
  roomForFailing: number
}

/**
 * Takes deliveries that are due: nobody else is given them for the length of a lease, after which whoever asks is. An endpoint that is
 * slow, or fails, has only as many under way as it may, whatever it is owed. What is told of one aggregate goes in its order:
 * nothing before what came earlier was taken or given up.
 *
 * The first part hops from one endpoint that is owed something to the next, through an index: what it costs depends on their number, not
 * on how much they are owed. Rows that another process takes at this moment are passed by.
 */
export async function takeDue(
  tx: Tx,
  { byEndpoint, room, roomForFailing }: UnderWay,
): Promise<DueDelivery[]> {
  const [ids, counts] = [[...byEndpoint.keys()], [...byEndpoint.values()]]
  return tx.$queryRaw<DueDelivery[]>`WITH RECURSIVE owed (endpoint_id) AS (
      (SELECT endpoint_id FROM webhook_deliveries WHERE status = 'PENDING' ORDER BY endpoint_id LIMIT 1)
      UNION ALL SELECT (SELECT next.endpoint_id FROM webhook_deliveries next
        WHERE next.status = 'PENDING' AND next.endpoint_id > owed.endpoint_id ORDER BY next.endpoint_id LIMIT 1)
      FROM owed WHERE owed.endpoint_id IS NOT NULL
    ), due AS (
      SELECT delivery.id, endpoint.failing_since IS NOT NULL AS failing,
        row_number() OVER (PARTITION BY endpoint.failing_since IS NULL ORDER BY delivery.next_try_at) AS place
      FROM owed JOIN webhook_endpoints endpoint ON endpoint.id = owed.endpoint_id AND endpoint.enabled AND endpoint.deleted_at IS NULL
      LEFT JOIN unnest(${ids}::uuid[], ${counts}::int[]) AS busy (id, requests) ON busy.id = endpoint.id
      CROSS JOIN LATERAL (
        SELECT one.id, one.next_try_at FROM webhook_deliveries one
        WHERE one.endpoint_id = endpoint.id AND one.status = 'PENDING' AND one.next_try_at <= now() AND one.expires_at > now()
          AND NOT EXISTS (SELECT FROM webhook_deliveries earlier WHERE earlier.endpoint_id = one.endpoint_id
            AND earlier.aggregate_id = one.aggregate_id AND earlier.status = 'PENDING' AND earlier.seq < one.seq)
        ORDER BY one.next_try_at, one.seq
        LIMIT greatest(0, CASE WHEN endpoint.failing_since IS NULL THEN ${AT_ONCE}::int ELSE 1 END - coalesce(busy.requests, 0))
        FOR UPDATE SKIP LOCKED) delivery
    ), taken AS (
      SELECT id FROM due WHERE place <= CASE WHEN failing THEN ${roomForFailing}::int ELSE ${room}::int END
      ORDER BY failing, place LIMIT ${room}
    )
    UPDATE webhook_deliveries delivery SET attempts = attempts + 1, last_tried_at = now(),
      response_status = NULL, response_body = NULL, error = NULL, duration_ms = NULL,
      next_try_at = now() + make_interval(secs => ${LEASE_SECONDS}::int)
    FROM taken, webhook_endpoints endpoint WHERE delivery.id = taken.id AND endpoint.id = delivery.endpoint_id
    RETURNING delivery.id, delivery.endpoint_id AS "endpointId", delivery.event_id AS "webhookId", delivery.body,
      delivery.attempts AS attempt, endpoint.url, endpoint.failing_since IS NOT NULL AS failing,
      array_remove(ARRAY[endpoint.secret, CASE WHEN endpoint.old_secret_until > now() THEN endpoint.old_secret END], NULL) AS secrets`
}

/** Notes that it was taken, whatever another attempt has come to meanwhile. @returns whether that is news. */
export async function moveToDelivered(tx: Tx, id: string, outcome: Outcome): Promise<boolean> {
  const moved =
    await tx.$executeRaw`UPDATE webhook_deliveries SET status = 'DELIVERED', delivered_at = now(), ${outcomeOf(outcome)}
    WHERE id = ${id}::uuid AND status <> 'DELIVERED'`
  return moved === 1
}

/**
 * Notes that an attempt came to nothing, unless another has been made since: the next is due after a while, or it is given up where
 * that would be too late.
 */
export async function updateTried(
  tx: Tx,
  { id, attempt }: Pick<DueDelivery, 'id' | 'attempt'>,
  outcome: Outcome,
  pauseSeconds: number,
): Promise<void> {
  const next = Prisma.sql`now() + make_interval(secs => ${pauseSeconds}::float8)`
  await tx.$executeRaw`UPDATE webhook_deliveries SET next_try_at = ${next}, ${outcomeOf(outcome)},
      status = CASE WHEN ${next} < expires_at THEN 'PENDING' ELSE 'FAILED' END
    WHERE id = ${id}::uuid AND status = 'PENDING' AND attempts = ${attempt}`
}

/** Gives back what was taken, as if it had not been tried. */
export async function updateGivenBack(
  tx: Tx,
  { id, attempt }: Pick<DueDelivery, 'id' | 'attempt'>,
): Promise<void> {
  await tx.$executeRaw`UPDATE webhook_deliveries SET attempts = attempts - 1, next_try_at = now()
    WHERE id = ${id}::uuid AND status = 'PENDING' AND attempts = ${attempt}`
}

const outcomeOf = ({ status, body, error, durationMs }: Outcome): Prisma.Sql =>
  Prisma.sql`response_status = ${status}::int, response_body = ${body}, error = ${error}, duration_ms = ${durationMs}::int`

/** Gives up what could not be delivered in its time, also what is owed to endpoints that are off. @returns how many of up to `limit`. */
export const moveToFailed = (tx: Tx, limit: number): PromiseLike<number> =>
  tx.$executeRaw`UPDATE webhook_deliveries SET status = 'FAILED' WHERE id = ANY(ARRAY(
    SELECT id FROM webhook_deliveries WHERE status = 'PENDING' AND expires_at <= now()
    ORDER BY expires_at LIMIT ${limit} FOR UPDATE SKIP LOCKED))`

/** Has something sent to one endpoint that is about nothing but that. */
export async function insertPing(tx: Tx, id: string, endpointId: string): Promise<WebhookDelivery> {
  const body = JSON.stringify({ type: PING, timestamp: new Date().toISOString(), data: { endpointId } })
  const [row] = await tx.$queryRaw<WebhookDelivery[]>`
    INSERT INTO webhook_deliveries (id, endpoint_id, event_id, type, aggregate_id, body)
    VALUES (${id}::uuid, ${endpointId}::uuid, ${id}::uuid, ${PING}, ${id}::uuid, ${body}) RETURNING ${COLUMNS}`
  return row as WebhookDelivery
}

/** Has something sent once more, at once, under the id that it had. @returns null when there is no such delivery (any more). */
export async function moveToPending(tx: Tx, id: string): Promise<WebhookDelivery | null> {
  const [row] = await tx.$queryRaw<
    WebhookDelivery[]
  >`UPDATE webhook_deliveries SET status = 'PENDING', next_try_at = now(),
      expires_at = now() + interval '3 days', delivered_at = NULL
    WHERE id = ${id}::uuid RETURNING ${COLUMNS}`
  return row ?? null
}

export async function findDelivery(db: Db, id: string): Promise<WebhookDelivery | null> {
  const [row] = await db.$queryRaw<WebhookDelivery[]>`
    SELECT ${COLUMNS} FROM webhook_deliveries WHERE id = ${id}::uuid`
  return row ?? null
}

const DELIVERIES = newestFirst<WebhookDelivery>('webhook-deliveries')

/** What an endpoint was told, or is to be told, newest first. @throws BadUserInput for a wrong page. */
export function listDeliveries(
  db: Db,
  endpointId: string,
  status: DeliveryStatus | null,
  args: PageArgs,
): Promise<Connection<WebhookDelivery>> {
  const wanted = Prisma.sql`endpoint_id = ${endpointId}::uuid AND ${status === null ? Prisma.sql`TRUE` : Prisma.sql`status = ${status}`}`
  return DELIVERIES.read(args, {
    rows: ({ where, tail }) => db.$queryRaw`
      SELECT ${COLUMNS} FROM webhook_deliveries WHERE ${wanted} AND ${where} ${tail}`,
    async count() {
      const [total] = await db.$queryRaw<{ n: number }[]>`
        SELECT count(*)::int AS n FROM webhook_deliveries WHERE ${wanted}`
      return total?.n ?? 0
    },
  })
}
