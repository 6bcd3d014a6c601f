import { MOST_CANCELLED } from '@karcis/kit/contracts/cancelled-tickets'
import { transaction } from '@karcis/kit/database'
import { faultPoint } from '@karcis/kit/fault-points'
import { idSchema } from '@karcis/kit/ids'
import { parseInput } from '@karcis/kit/validate'
import { z } from 'zod'
import { lockHoldsOfBookings, updateHoldsRevoked } from '../allocation/bound-hold-store.ts'
import { freePlaces } from '../allocation/hold-ender.ts'
import { InventoryMismatch, type Tx } from '../database.ts'
import type { Deps } from '../deps.ts'
import { lowerUsage, usageChanges } from '../inventory/allowance-store.ts'
import { publishChange } from '../live.ts'
import type { SeatMapChange } from '../seat-map/seat.ts'
import { countRefundedWith, keepResaleSeats } from '../tickets/resale-store.ts'
import { type EndedTicket, lockTickets, moveTickets, moveTicketsToRefunded } from '../tickets/ticket-store.ts'

type Reason = 'REFUNDED' | 'CANCELLED'

/** Ends the live tickets of a booking and frees their places; its hold becomes none after that. There may be none (left) to end. */
export const cancelTickets = (deps: Deps, id: string, reason: Reason): Promise<true> =>
  cancelAll(deps, [parseInput(idSchema, id, 'bookingId')], reason)

const bookingIdsSchema = z
  .array(idSchema)
  .min(1, 'must name a booking')
  .max(MOST_CANCELLED, `must name at most ${MOST_CANCELLED}`)

/**
 * The same for several bookings in one transaction: of an event that was called off, all of whose tickets end, each of its counters is moved once
 * for all of them.
 */
export const cancelTicketsOf = (deps: Deps, ids: unknown, reason: Reason): Promise<true> =>
  cancelAll(deps, parseInput(bookingIdsSchema, ids, 'bookingIds'), reason)

async function cancelAll({ db, live }: Deps, bookingIds: readonly string[], reason: Reason): Promise<true> {
  const ended = await transaction(db, async (tx) => {
    await lockHoldsOfBookings(tx, bookingIds)
    await updateHoldsRevoked(tx, bookingIds)
    const ofEvents = Map.groupBy(await moveTickets(tx, bookingIds, reason), ({ eventId }) => eventId)
    const freed: (Ended | null)[] = []
    for (const eventId of [...ofEvents.keys()].sort())
      freed.push(await freeTickets(tx, ofEvents.get(eventId) ?? []))
    return freed
  })
  await publishEnded(live, ended)
  return true
}

/** What became of tickets that were to be taken out of use for a refund. */
export interface RefundedTickets {
  refunded: boolean
  /** Those in the way, when they were not. */
  refused: string[]
}

const refundTicketsInput = z.object({
  bookingId: idSchema,
  refundId: idSchema,
  ticketIds: z.array(idSchema).min(1, 'must name a ticket').max(100, 'must name at most 100'),
})

/**
 * Takes tickets of a booking out of use for a refund, all or none, and frees their places: before any money moves. Of a check-in and a
 * refund at the same moment the one that has the ticket's row first wins, and the other finds it USED, or REFUNDED. Repeating it for the same
 * refund gives the same, and frees nothing twice.
 * @throws BadUserInput
 */
export async function refundTickets({ db, live }: Deps, args: unknown): Promise<RefundedTickets> {
  const { bookingId, refundId, ticketIds } = parseInput(refundTicketsInput, args, 'refundTickets')
  const { refused, ended } = await transaction(db, async (tx) => {
    await lockHoldsOfBookings(tx, [bookingId])
    const tickets = new Map(
      (await lockTickets(tx, bookingId, ticketIds)).map((ticket) => [ticket.id, ticket]),
    )
    // Those of a ticket that was sold to somebody else ended by that, with this refund's id, whatever their own is by now.
    if ((await countRefundedWith(tx, bookingId, refundId)) === ticketIds.length)
      return { refused: [], ended: null }
    const wanted = ticketIds.filter((id) => tickets.get(id)?.refundId !== refundId)
    const inTheWay = wanted.filter((id) => tickets.get(id)?.status !== 'VALID')
    if (inTheWay.length > 0) return { refused: inTheWay, ended: null }
    const moved = await moveTicketsToRefunded(tx, bookingId, refundId, wanted)
    if (moved.length !== new Set(wanted).size)
      throw new InventoryMismatch(`tickets of booking ${bookingId} moved under their locks`)
    return { refused: [], ended: await freeTickets(tx, moved) }
  })
  await publishEnded(live, [ended])
  return { refunded: refused.length === 0, refused }
}

/** To be called after the commit. */
async function publishEnded(live: Deps['live'], ended: readonly (Ended | null)[]): Promise<void> {
  await faultPoint('end-tickets/ended')
  for (const one of ended) if (one) publishChange(live, one.eventId, one.change)
}

/** What has changed of an event's seat map because tickets of it ended. */
interface Ended {
  eventId: string
  change: SeatMapChange | null
}

/** Frees the places of tickets of one event that have just ended; null when there are none. */
async function freeTickets(tx: Tx, tickets: readonly EndedTicket[]): Promise<Ended | null> {
  const [first] = tickets
  if (!first) return null
  const onSale = await keepResaleSeats(
    tx,
    tickets.flatMap(({ seatId }) => seatId ?? []),
  )
  const isOnSale = ({ seatId }: EndedTicket): boolean => seatId !== null && onSale.has(seatId)
  const change = await freePlaces(
    tx,
    first.eventId,
    'sold',
    tickets.filter((ticket) => !isOnSale(ticket)),
  )
  // What was offered is on sale already, or somebody else holds it by now.
  if (onSale.size > 0) await lowerUsage(tx, usageChanges(tickets.filter(isOnSale)))
  return { eventId: first.eventId, change }
}
