import { NotFound } from '@karcis/kit/errors'
import { createGroupCommit } from '@karcis/kit/group-commit'
import type { Reads } from '@karcis/kit/reads'
import { EventNotBookable, SalesPaused } from '../errors.ts'
import { type EventSources, refreshIfAnswered } from './known-events.ts'
import type { TicketType } from '../inventory/ticket-type.ts'
import { findTicketTypes } from '../inventory/ticket-type-store.ts'
import { ORPHAN_REACH } from '../seat-map/orphan-rule.ts'
import { type ChosenSeat, findNeighbourhoods } from '../seat-map/row-store.ts'
import type { Buyer, Gate } from '../waiting-room/gate.ts'

const MAX_BATCH = 100

/**
 * What every buyer of a rush reads before taking anything. Those who come while one read is under way share the next: it begins
 * after all of them have come, so each sees what they would have seen alone.
 */
export interface SaleReads {
  /** Ticket types by id, as far as they exist. */
  ticketTypes(ids: readonly string[]): Promise<Map<string, TicketType>>
  /** Seats of an event and those beside them, row by row in order: as far as it takes to see whether somebody would be left alone. */
  neighbourhoods(eventId: string, seatIds: readonly string[]): Promise<ChosenSeat[][]>
}

/** @param deps asked for at each read. */
export function createSaleReads(deps: () => { reads: Reads }): SaleReads {
  const types = createGroupCommit<readonly string[], Map<string, TicketType>>({
    maxBatch: MAX_BATCH,
    gather: true,
    async run(_, requests) {
      const found = await findTicketTypes(deps().reads, [...new Set(requests.flat())])
      return requests.map(() => found)
    },
  })
  const seats = createGroupCommit<readonly string[], ChosenSeat[][]>({
    maxBatch: MAX_BATCH,
    gather: true,
    async run(eventId, requests) {
      const around = await findNeighbourhoods(deps().reads, eventId, requests.flat(), ORPHAN_REACH)
      const rowOf = new Map(around.flatMap((row) => row.map((seat) => [seat.id, row])))
      return requests.map((ids) =>
        [...new Set(ids.map((id) => rowOf.get(id)))].filter((row) => row !== undefined),
      )
    },
  })
  return {
    ticketTypes: (ids) => types.submit('', ids),
    neighbourhoods: (eventId, seatIds) => seats.submit(eventId, seatIds),
  }
}

/** What it takes to know whether somebody may take places now. */
interface SaleSources extends EventSources {
  saleReads: SaleReads
  waitingRoom: { gate: Gate }
}

/**
 * Ticket types of events that take bookings, for somebody who has passed their waiting rooms. What the local copy of an event would refuse is
 * first asked of its owner, because the copy may be a moment behind.
 * @throws NotFound for an unknown type; EventNotBookable when an event is not approved, or over; SalesPaused; QueueRequired.
 */
export async function requireOpenTypes(
  deps: SaleSources,
  buyer: Buyer,
  ticketTypeIds: readonly string[],
): Promise<Map<string, TicketType>> {
  const types = await requireSellingTypes(deps, ticketTypeIds)
  const gated = new Map([...types.values()].map((type) => [type.eventId, type]))
  for (const type of gated.values()) await deps.waitingRoom.gate.requirePass(buyer, type)
  return types
}

async function requireSellingTypes(
  deps: SaleSources,
  ticketTypeIds: readonly string[],
): Promise<Map<string, TicketType>> {
  const types = await requireTypes(deps.saleReads, ticketTypeIds)
  const closed = [...types.values()].find((type) => !type.eventOpen || type.salesPaused)
  if (!closed) return types
  await refreshIfAnswered(deps, closed.eventId)
  const refreshed = await requireTypes(deps.saleReads, ticketTypeIds)
  for (const { eventId, eventOpen, salesPaused, salesPausedReason } of refreshed.values()) {
    if (!eventOpen) throw new EventNotBookable(eventId)
    if (salesPaused) throw new SalesPaused(eventId, salesPausedReason)
  }
  return refreshed
}

/** One ticket type, as `requireOpenTypes` gives several. */
export async function requireOpenType(
  deps: SaleSources,
  buyer: Buyer,
  ticketTypeId: string,
): Promise<TicketType> {
  const type = (await requireOpenTypes(deps, buyer, [ticketTypeId])).get(ticketTypeId)
  if (!type) throw new NotFound('ticket type', ticketTypeId)
  return type
}

async function requireTypes(reads: SaleReads, ids: readonly string[]): Promise<Map<string, TicketType>> {
  const known = await reads.ticketTypes(ids)
  return new Map(
    ids.map((id) => {
      const type = known.get(id)
      if (!type) throw new NotFound('ticket type', id)
      return [id, type]
    }),
  )
}
