import { Prisma } from '../../generated/prisma/client.ts'
import type { Db, Tx } from '../database.ts'
import type { FeeTerms } from './fee.ts'

/** Under whose id the platform's own fees stand, which events are charged that have none of their own from it. */
export const ALL_EVENTS = '00000000-0000-0000-0000-000000000000'

/** What the bookings of an event are charged at this moment. */
export interface EventFees {
  /** Rises with each change of the event's fees, or of the platform's own. */
  version: number
  /** The platform's first, then the organizer's, then taxes. */
  terms: FeeTerms[]
}

/** The version of an event's fees, as SQL. @param eventId the expression that names the event. */
export const feesVersion = (
  eventId: Prisma.Sql,
): Prisma.Sql => Prisma.sql`(SELECT coalesce(sum(version), 0)::int
  FROM event_fee_sets WHERE event_fee_sets.event_id IN (${eventId}, ${ALL_EVENTS}::uuid))`

/** What bookings are charged, by event id; also of events that there are none of. */
export async function findEventFees(
  db: Db | Tx,
  eventIds: readonly string[],
): Promise<Map<string, EventFees>> {
  const rows = await db.$queryRaw<({ eventId: string } & EventFees)[]>`SELECT event.id AS "eventId",
      (SELECT coalesce(sum(version), 0)::int FROM event_fee_sets
        WHERE event_id IN (event.id, ${ALL_EVENTS}::uuid)) AS version,
      (SELECT coalesce(jsonb_agg(jsonb_build_object('kind', kind, 'name', name, 'basisPoints', basis_points,
          'perPlace', per_place, 'currency', currency, 'inclusive', inclusive, 'taxed', taxed)
          ORDER BY array_position(ARRAY['PLATFORM_FEE', 'ORGANIZER_FEE', 'TAX'], kind), position), '[]')
        FROM event_fees WHERE event_id IN (event.id, ${ALL_EVENTS}::uuid) AND (kind <> 'PLATFORM_FEE'
          OR event_id = CASE WHEN own.own_platform_fees THEN event.id ELSE ${ALL_EVENTS}::uuid END)) AS terms
    FROM unnest(${eventIds}::uuid[]) AS event (id) LEFT JOIN event_fee_sets own ON own.event_id = event.id`
  return new Map(rows.map(({ eventId, ...fees }) => [eventId, fees]))
}

export async function findFees(db: Db | Tx, eventId: string): Promise<EventFees> {
  const fees = (await findEventFees(db, [eventId])).get(eventId)
  if (!fees) throw new Error(`the fees of ${eventId} were not read`)
  return fees
}

/** Some lines of an event's fees as they are to be. What is undefined stays. */
export interface FeeChange {
  /** Null: the platform's own again. */
  platformFees?: FeeTerms[] | null | undefined
  organizerFees?: FeeTerms[] | undefined
  taxes?: FeeTerms[] | undefined
}

/** Changes the fees of an event, or, by `ALL_EVENTS`, the platform's own. Of changes that come at once, one waits for the other. */
export async function updateFees(
  tx: Tx,
  eventId: string,
  { platformFees, organizerFees, taxes }: FeeChange,
  userId: string,
): Promise<void> {
  const own = platformFees === undefined ? null : platformFees !== null
  await tx.$executeRaw`INSERT INTO event_fee_sets AS known (event_id, own_platform_fees, updated_by)
    VALUES (${eventId}::uuid, ${own ?? false}, ${userId}::uuid)
    ON CONFLICT (event_id) DO UPDATE SET version = known.version + 1, updated_at = now(), updated_by = ${userId}::uuid,
      own_platform_fees = coalesce(${own}::boolean, known.own_platform_fees)`
  const given = { PLATFORM_FEE: platformFees, ORGANIZER_FEE: organizerFees, TAX: taxes }
  const kinds = Object.entries(given).flatMap(([kind, lines]) => (lines === undefined ? [] : [kind]))
  await tx.eventFee.deleteMany({ where: { eventId, kind: { in: kinds } } })
  const last = await tx.eventFee.aggregate({ where: { eventId }, _max: { position: true } })
  const first = (last._max.position ?? -1) + 1
  const lines = Object.values(given).flatMap((some) => some ?? [])
  await tx.eventFee.createMany({
    data: lines.map((line, at) => ({ ...line, eventId, position: first + at })),
  })
}
