import { Prisma } from '../../generated/prisma/client.ts'
import type { Db, Tx } from '../database.ts'
import { type DisabledReason, MOST_ENDPOINTS, OLD_SECRET_HOURS, type WebhookEndpoint } from './webhook.ts'

const COLUMNS = Prisma.sql`id, organizer_id AS "organizerId", url, events, description, enabled, disabled_reason AS "disabledReason",
  disabled_at AS "disabledAt", failing_since AS "failingSince", old_secret_until AS "oldSecretUntil", created_at AS "createdAt",
  updated_at AS "updatedAt"`

/** An endpoint that was not deleted. */
export async function findEndpoint(db: Db | Tx, id: string): Promise<WebhookEndpoint | null> {
  const [row] = await db.$queryRaw<WebhookEndpoint[]>`
    SELECT ${COLUMNS} FROM webhook_endpoints WHERE id = ${id}::uuid AND deleted_at IS NULL`
  return row ?? null
}

/** All endpoints of an organizer, newest first. */
export const listEndpoints = (db: Db, organizerId: string): Promise<WebhookEndpoint[]> =>
  db.$queryRaw`SELECT ${COLUMNS} FROM webhook_endpoints
    WHERE organizer_id = ${organizerId}::uuid AND deleted_at IS NULL ORDER BY id DESC`

export interface NewEndpoint {
  id: string
  organizerId: string
  url: string
  events: string[]
  description: string | null
  sealedSecret: Uint8Array<ArrayBuffer>
}

/**
 * Writes an endpoint into a slot that is free.
 * @returns null when none is, or when another took the same one at this moment: `countEndpoints` tells which.
 */
export async function insertEndpoint(tx: Tx, endpoint: NewEndpoint): Promise<WebhookEndpoint | null> {
  const { id, organizerId, url, events, description, sealedSecret } = endpoint
  const [row] = await tx.$queryRaw<WebhookEndpoint[]>`
    INSERT INTO webhook_endpoints (id, organizer_id, slot, url, events, description, secret)
    SELECT ${id}::uuid, ${organizerId}::uuid, min(slot), ${url}, ${events}::text[], ${description}, ${sealedSecret}
    FROM generate_series(1, ${MOST_ENDPOINTS}::int) AS slot
    WHERE slot NOT IN (SELECT taken.slot FROM webhook_endpoints taken
      WHERE organizer_id = ${organizerId}::uuid AND deleted_at IS NULL)
    HAVING count(*) > 0
    ON CONFLICT DO NOTHING RETURNING ${COLUMNS}`
  return row ?? null
}

/** How many endpoints an organizer has. */
export async function countEndpoints(db: Db, organizerId: string): Promise<number> {
  const [row] = await db.$queryRaw<{ n: number }[]>`SELECT count(*)::int AS n FROM webhook_endpoints
    WHERE organizer_id = ${organizerId}::uuid AND deleted_at IS NULL`
  return row?.n ?? 0
}

/** A change: what is undefined stays. */
export interface EndpointChange {
  url?: string | undefined
  events?: string[] | undefined
  description?: string | null | undefined
  enabled?: boolean | undefined
}

/** @returns null when there is no such endpoint (any more). One that is enabled begins anew: what it failed at before is forgotten. */
export async function updateEndpoint(
  tx: Tx,
  id: string,
  { url, events, description, enabled }: EndpointChange,
): Promise<WebhookEndpoint | null> {
  const set = [
    ...(url === undefined ? [] : [Prisma.sql`url = ${url}`]),
    ...(events === undefined ? [] : [Prisma.sql`events = ${events}::text[]`]),
    ...(description === undefined ? [] : [Prisma.sql`description = ${description}`]),
    ...(enabled === true
      ? [Prisma.sql`enabled = true, disabled_reason = NULL, disabled_at = NULL, failing_since = NULL`]
      : []),
    ...(enabled === false
      ? [
          Prisma.sql`enabled = false, disabled_reason = coalesce(disabled_reason, 'BY_HAND'), disabled_at = coalesce(disabled_at, now())`,
        ]
      : []),
    Prisma.sql`updated_at = now()`,
  ]
  const [row] = await tx.$queryRaw<WebhookEndpoint[]>`UPDATE webhook_endpoints SET ${Prisma.join(set)}
    WHERE id = ${id}::uuid AND deleted_at IS NULL RETURNING ${COLUMNS}`
  return row ?? null
}

/** Puts another secret in the place of the one there is, which signs as well for a while. @returns null: no such endpoint. */
export async function updateSecret(
  tx: Tx,
  id: string,
  sealedSecret: Uint8Array<ArrayBuffer>,
): Promise<WebhookEndpoint | null> {
  const [row] = await tx.$queryRaw<WebhookEndpoint[]>`UPDATE webhook_endpoints
    SET secret = ${sealedSecret}, old_secret = secret, old_secret_until = now() + make_interval(hours => ${OLD_SECRET_HOURS}::int),
      updated_at = now()
    WHERE id = ${id}::uuid AND deleted_at IS NULL RETURNING ${COLUMNS}`
  return row ?? null
}

const DELETED = Prisma.sql`url = NULL, description = NULL, secret = NULL, old_secret = NULL, old_secret_until = NULL,
  deleted_at = now(), updated_at = now()`

/** @returns whether there was one. What it was still owed is never sent. */
export async function deleteEndpoint(tx: Tx, id: string): Promise<boolean> {
  const deleted = await tx.$executeRaw`UPDATE webhook_endpoints SET ${DELETED}
    WHERE id = ${id}::uuid AND deleted_at IS NULL`
  return deleted === 1
}

/** Deletes whatever endpoints somebody has whose account is gone. */
export async function deleteEndpointsOf(tx: Tx, organizerId: string): Promise<void> {
  await tx.$executeRaw`UPDATE webhook_endpoints SET ${DELETED}
    WHERE organizer_id = ${organizerId}::uuid AND deleted_at IS NULL`
}

/** Notes that an endpoint has taken something. */
export async function updateTaken(tx: Tx, id: string): Promise<void> {
  await tx.$executeRaw`UPDATE webhook_endpoints SET failing_since = NULL
    WHERE id = ${id}::uuid AND failing_since IS NOT NULL`
}

/** Notes that an endpoint has not taken something. */
export async function updateFailing(tx: Tx, id: string): Promise<void> {
  await tx.$executeRaw`UPDATE webhook_endpoints SET failing_since = now()
    WHERE id = ${id}::uuid AND failing_since IS NULL AND deleted_at IS NULL`
}

/** For so long an endpoint may fail, before it is disabled. */
const FAILING_DAYS = 3

/**
 * Disables an endpoint: since it is GONE, or since it has been FAILING for too long.
 * @returns whose it is, and where; null when it is not to be disabled, or is already.
 */
export async function disableEndpoint(
  tx: Tx,
  id: string,
  reason: Exclude<DisabledReason, 'BY_HAND'>,
): Promise<Pick<WebhookEndpoint, 'organizerId' | 'url'> | null> {
  const when =
    reason === 'GONE'
      ? Prisma.sql`TRUE`
      : Prisma.sql`failing_since <= now() - make_interval(days => ${FAILING_DAYS}::int)`
  const [row] = await tx.$queryRaw<Pick<WebhookEndpoint, 'organizerId' | 'url'>[]>`UPDATE webhook_endpoints
    SET enabled = false, disabled_reason = ${reason}, disabled_at = now(), updated_at = now()
    WHERE id = ${id}::uuid AND enabled AND deleted_at IS NULL AND ${when} RETURNING organizer_id AS "organizerId", url`
  return row ?? null
}
