import type { Deps } from '../deps.ts'
import { Prisma } from '../../generated/prisma/client.ts'
import { endHolds } from './hold-ender.ts'

/** How many holds end in one transaction: enough to sweep fast, few enough to keep its locks short. */
const PER_TRANSACTION = 50
const PER_SWEEP = 5_000

/** Ends one hold if its time is up, as its job does at that time. */
export const expireHold = (deps: Deps, holdId: string): Promise<number> =>
  expire(deps, Prisma.sql`h.id = ${holdId}::uuid`)

/** Ends holds past their time that still cover one of these seats, so that the next taker finds them free. */
export const expireHoldsOfSeats = (deps: Deps, seatIds: readonly string[]): Promise<number> =>
  expire(deps, Prisma.sql`h.id IN (SELECT s.hold_id FROM seats s WHERE s.id = ANY(${seatIds}::uuid[]))`)

/** Ends holds past their time that still cover stock of one of these ticket types of an event. */
export const expireHoldsOfTypes = (
  deps: Deps,
  eventId: string,
  ticketTypeIds: readonly string[],
): Promise<number> =>
  expire(
    deps,
    Prisma.sql`h.event_id = ${eventId}::uuid AND h.id IN (
      SELECT i.hold_id FROM hold_items i WHERE i.ticket_type_id = ANY(${ticketTypeIds}::uuid[]))`,
  )

/** Ends every hold past its time: what a lost job left. */
export const sweepHolds = (deps: Deps): Promise<number> => expire(deps, Prisma.sql`true`)

/** @returns how many ended now. Others may have ended some of them first: that is as good. */
async function expire(deps: Deps, which: Prisma.Sql): Promise<number> {
  const lapsed = await deps.db.$queryRaw<
    { id: string; event_id: string }[]
  >`SELECT h.id, h.event_id FROM holds h
    WHERE h.status = 'ACTIVE' AND h.expires_at <= now() AND ${which} ORDER BY h.expires_at LIMIT ${PER_SWEEP}`
  let ended = 0
  for (const [eventId, holds] of Map.groupBy(lapsed, (hold) => hold.event_id)) {
    for (let at = 0; at < holds.length; at += PER_TRANSACTION) {
      const holdIds = holds.slice(at, at + PER_TRANSACTION).map((hold) => hold.id)
      ended += (await endHolds(deps, { eventId, holdIds, to: 'EXPIRED' })).length
    }
  }
  return ended
}
