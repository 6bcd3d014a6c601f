import { mapConstraintError, transaction } from '@karcis/kit/database'
import { LRUCache } from 'lru-cache'
import { Prisma } from '../../generated/prisma/client.ts'
import type { Db, Tx } from '../database.ts'
import { type UsageChange, usageRaised } from '../inventory/allowance-store.ts'
import { type OpenPlacesChange, openPlacesRaised } from '../inventory/open-places-store.ts'
import { type StockMove, stockMoved } from '../inventory/stock-store.ts'
import type { SeatMapChange } from '../seat-map/seat.ts'
import { SEAT_COLUMNS, type SeatRow, toSeat } from '../seat-map/seat-store.ts'
import type { Hold } from './hold.ts'
import { constraintErrorsOf, holdsInserted, type NewHold, type NewItemRow, toNewHolds } from './hold-store.ts'

/** What all requests of a batch come to, when each of them is granted. All of one event. */
export interface Grant {
  eventId: string
  holds: readonly NewHold[]
  /** A user comes at most once. */
  open: readonly OpenPlacesChange[]
  /** A user and type come at most once. */
  usage: readonly UsageChange[]
  moves: readonly StockMove[]
  /** How long the holds last, and how many places one user may have open where the event has no limit of its own. */
  settings: { HOLD_SECONDS: number; MAX_OPEN_PLACES: number }
}

/**
 * Parts of one statement: open places, allowances, the types' counters (`moved`, with their prices of that moment), then holds, their items and
 * jobs. Each is carried out only if the one before it was for all that it was to do, so rows are locked in the order in which everybody locks them.
 * @param first what must be true before anything is written. @param types which ticket types `t` may be moved.
 */
function grantParts(grant: Grant, { first, types }: { first: Prisma.Sql; types: Prisma.Sql }): Prisma.Sql {
  const { eventId, holds, open, usage, moves, settings } = grant
  const isDone = (part: string, rows: number): Prisma.Sql =>
    Prisma.sql`(SELECT count(*) FROM ${Prisma.raw(part)}) = ${rows}::int`
  return Prisma.sql`opened AS (${openPlacesRaised(eventId, open, settings.MAX_OPEN_PLACES, first)}
    ), used AS (${usageRaised(usage, isDone('opened', open.length))}
    ), moved AS (${stockMoved(moves, Prisma.sql`${types} AND ${isDone('used', usage.length)}`)}
      RETURNING t.id, t.price, t.currency
    ), ${holdsInserted(holds, settings.HOLD_SECONDS, Prisma.sql`moved`, isDone('moved', moves.length))}`
}

/**
 * Holds general admission for all requests of a batch, in one statement.
 * @returns the holds in the order given; null when not everybody could have what they want: the caller rolls back.
 * @throws BookingHoldsAlready when a booking of one of them has a hold.
 */
export async function grantPlaces(tx: Tx, grant: Grant): Promise<Hold[] | null> {
  const rows = await tx.$queryRaw<NewItemRow[]>`
    WITH ${grantParts(grant, { first: Prisma.sql`true`, types: Prisma.sql`NOT t.seated` })}
    SELECT a.id, a.expires_at, i.ticket_type_id, i.seat_id, i.quantity, i.unit_price, t.currency
    FROM jobs CROSS JOIN added a JOIN items i ON i.hold_id = a.id JOIN moved t ON t.id = i.ticket_type_id
    ORDER BY i.id`.catch((error: unknown) => mapConstraintError(error, constraintErrorsOf(grant.holds)))
  return rows.length === itemsOf(grant) ? toNewHolds(grant.holds, rows) : null
}

/** A seat of a batch, and the hold that is to have it. */
export interface SeatGrant {
  id: string
  ticketTypeId: string
  holdId: string
}

/**
 * The same for seats, which are locked first, in id order, and moved last, from AVAILABLE and as what they were chosen as; the map and they get
 * the next revision.
 */
export async function grantSeats(
  tx: Tx,
  grant: Grant,
  seats: readonly SeatGrant[],
): Promise<{ holds: Hold[]; change: SeatMapChange } | null> {
  const { eventId, holds, moves } = grant
  const ids = seats.map((seat) => seat.id)
  const rows = await tx.$queryRaw<
    (SeatRow & Omit<NewItemRow, 'id'> & { hold_id: string; revision: number })[]
  >`
    WITH chosen AS MATERIALIZED (
      SELECT id FROM seats WHERE id = ANY(${ids}::uuid[]) AND event_id = ${eventId}::uuid ORDER BY id FOR NO KEY UPDATE
    ), ${grantParts(grant, { first: Prisma.sql`(SELECT count(*) FROM chosen) = ${ids.length}::int`, types: Prisma.sql`true` })},
    bumped AS (
      UPDATE seat_maps m SET revision = m.revision + 1 FROM (SELECT count(*) AS types FROM moved) c, jobs
      WHERE m.event_id = ${eventId}::uuid AND c.types = ${moves.length}::int
      RETURNING m.revision
    ), taken AS (
      UPDATE seats s SET status = 'HELD', hold_id = n.hold_id, held_until = a.expires_at, version = s.version + 1, revision = b.revision
      FROM bumped b, added a, sections x, unnest(${ids}::uuid[], ${seats.map(({ holdId }) => holdId)}::uuid[],
        ${seats.map(({ ticketTypeId }) => ticketTypeId)}::uuid[]) AS n(id, hold_id, type_id)
      WHERE s.id = n.id AND a.id = n.hold_id AND x.id = s.section_id AND s.status = ${'AVAILABLE'} AND s.ticket_type_id = n.type_id
      RETURNING s.revision, ${SEAT_COLUMNS}
    )
    SELECT s.*, a.id AS hold_id, a.expires_at, i.seat_id, i.quantity, i.unit_price, t.currency
    FROM taken s JOIN items i ON i.seat_id = s.id JOIN added a ON a.id = i.hold_id JOIN moved t ON t.id = i.ticket_type_id
    ORDER BY i.id`.catch((error: unknown) => mapConstraintError(error, constraintErrorsOf(holds)))
  const [first] = rows
  if (!first || rows.length !== itemsOf(grant)) return null
  const change = { eventId, since: first.revision - 1, revision: first.revision, snapshot: false }
  return {
    holds: toNewHolds(
      holds,
      rows.map((row) => ({ ...row, id: row.hold_id })),
    ),
    change: { ...change, seats: rows.map(toSeat) },
  }
}

const itemsOf = ({ holds }: Grant): number => holds.reduce((sum, { items }) => sum + items.length, 0)

/** How many batches of a key are served step by step after one that could not be granted as a whole: most of a rush for what is gone are like that. */
const CAREFUL_BATCHES = 8

/** Grants batches as a whole where that can be hoped for. */
export interface WholeGrants {
  /**
   * @param run gives null when not everybody could have what they want.
   * @returns what it gave; null also where it was not tried. Then nothing was done.
   */
  attempt<T>(db: Db, key: string, run: (tx: Tx) => Promise<T | null>): Promise<T | null>
}

export function createWholeGrants(): WholeGrants {
  const careful = new LRUCache<string, number>({ max: 10_000 })
  return {
    async attempt(db, key, run) {
      const left = careful.get(key) ?? 0
      if (left > 0) {
        careful.set(key, left - 1)
        return null
      }
      try {
        return await transaction(db, async (tx) => {
          const granted = await run(tx)
          if (granted === null) throw new NotForAll()
          return granted
        })
      } catch (error) {
        if (!(error instanceof NotForAll)) throw error
        careful.set(key, CAREFUL_BATCHES)
        return null
      }
    },
  }
}

/** Rolls back what was granted to some of a batch only. */
class NotForAll extends Error {}
