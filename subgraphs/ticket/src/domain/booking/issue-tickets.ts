import { postgresErrorOf, transaction } from '@karcis/kit/database'
import { faultPoint } from '@karcis/kit/fault-points'
import { idSchema, newId } from '@karcis/kit/ids'
import { parseInput } from '@karcis/kit/validate'
import { findBoundHold, findHoldOfBooking } from '../allocation/bound-hold-store.ts'
import type { Hold } from '../allocation/hold.ts'
import { PlacesGone } from '../allocation/hold-converter.ts'
import { expireHolds } from '../allocation/hold-ender.ts'
import { lockHold, moveActiveHoldsToConverted, moveHoldToConverted } from '../allocation/hold-store.ts'
import { InventoryMismatch, type Tx } from '../database.ts'
import type { Deps } from '../deps.ts'
import { findEventCopy } from '../events/event-copy-store.ts'
import { raiseUsage, usageChanges } from '../inventory/allowance-store.ts'
import { lowerOpenPlaces, openPlacesChanges } from '../inventory/open-places-store.ts'
import { moveStock, moveStockOfSeats, stockMoves } from '../inventory/stock-store.ts'
import { publishChange } from '../live.ts'
import type { SeatMapChange } from '../seat-map/seat.ts'
import { moveSeats } from '../seat-map/seat-store.ts'
import { signTicketCodes } from '../tickets/ticket-code.ts'
import { findTicketIdsOfBooking, insertTickets, type NewTicket } from '../tickets/ticket-store.ts'

/** What became of a paid booking. When it is not issued, its places are gone for good. */
export interface IssueResult {
  issued: boolean
  ticketIds: string[]
}

const NOT_ISSUED: IssueResult = { issued: false, ticketIds: [] }

/**
 * Turns what a paid booking holds into tickets; repeating it gives the same tickets. A hold that has ended in between is taken
 * again if all of it is still free.
 */
export async function issueTickets(deps: Deps, id: string): Promise<IssueResult> {
  const bookingId = parseInput(idSchema, id, 'bookingId')
  const hold = await findHoldOfBooking(deps.reads, bookingId)
  if (!hold) {
    // It may have been forgotten since, but not the tickets that it became.
    const ticketIds = await findTicketIdsOfBooking(deps.db, bookingId)
    return ticketIds.length > 0 ? { issued: true, ticketIds } : NOT_ISSUED
  }
  // Signed before the transaction: what a hold keeps never changes, and no row waits for cryptography.
  const tickets = await draftTickets(deps, hold, bookingId)
  if (!tickets) return NOT_ISSUED // without items: it ended, and its ticket type has been deleted since
  const first = await issue(deps, hold, bookingId, tickets)
  if (first.issued) return first
  const { eventId, items } = hold
  const seatIds = items.flatMap((item) => item.seatId ?? [])
  const covered =
    seatIds.length > 0 ? { seatIds } : { eventId, ticketTypeIds: items.map((item) => item.ticketTypeId) }
  // All that is in the way may be other people's holds that are past their time.
  return (await expireHolds(deps, covered)) > 0 ? issue(deps, hold, bookingId, tickets) : first
}

/** The tickets for what a hold keeps, one per place; null for a hold without items. */
async function draftTickets(
  { db, signingKeys }: Deps,
  { id: holdId, eventId, userId: ownerId, items: held }: Hold,
  bookingId: string,
): Promise<NewTicket[] | null> {
  // Only seats have a name to be looked up.
  const items = held.some(({ seatId }) => seatId !== null)
    ? ((await findBoundHold(db, holdId))?.items ?? [])
    : held.map((item) => ({ ...item, seatLabel: null }))
  if (items.length === 0) return null
  const places = items.flatMap((item) =>
    Array.from({ length: item.quantity }, () => ({ ...item, ticketId: newId() })),
  )
  const codes = await signTicketCodes(
    signingKeys,
    places.map(({ ticketId }) => ({ ticketId, eventId })),
  )
  return places.map(({ ticketId: id, ticketTypeId, seatId, seatLabel }, ordinal) => {
    const code = codes[ordinal] ?? ''
    return { id, code, eventId, ticketTypeId, seatId, seatLabel, ownerId, bookingId, ordinal }
  })
}

async function issue(deps: Deps, hold: Hold, bookingId: string, tickets: NewTicket[]): Promise<IssueResult> {
  const { db, live, seatClaims } = deps
  try {
    // Mostly it is kept, and has no seats.
    const isDone = hold.items.every(({ seatId }) => seatId === null)
      ? await deps.holdConverter.submit(hold.eventId, { hold, tickets })
      : false
    const change = isDone ? null : await transaction(db, (tx) => convert(tx, hold, tickets))
    await faultPoint('convert-hold/converted')
    if (change === 'converted before')
      return { issued: true, ticketIds: await findTicketIdsOfBooking(db, bookingId) }
    publishChange(live, hold.eventId, change)
    if (change) {
      const seatIds = change.seats.map((seat) => seat.id)
      seatClaims.release(hold.eventId, seatIds, hold.id)
    }
    return { issued: true, ticketIds: tickets.map((ticket) => ticket.id) }
  } catch (error) {
    // Also where it was the place of an offered ticket, whose owner has used it after all.
    if (error instanceof PlacesGone || postgresErrorOf(error).constraint === 'tickets_resale_backed')
      return NOT_ISSUED
    throw error
  }
}

async function convert(
  tx: Tx,
  hold: Hold,
  tickets: NewTicket[],
): Promise<SeatMapChange | null | 'converted before'> {
  const { eventId, items, userId } = hold
  const seatIds = items.flatMap((item) => item.seatId ?? [])
  // An active hold remains the booking's even past its time, as long as nobody has ended it.
  const kept = (await moveActiveHoldsToConverted(tx, [hold.id])).has(hold.id)
  if (!kept) {
    const now = await lockHold(tx, hold.id)
    if (now?.status === 'CONVERTED') return 'converted before'
    if (now?.revoked) throw new PlacesGone()
    await requireTakeable(tx, eventId)
  }
  if (seatIds.length > 0) {
    const types = items.flatMap((item) => (item.seatId === null ? [] : item.ticketTypeId))
    const from = kept
      ? ({ from: 'HELD', fromHolds: [hold.id] } as const)
      : ({ from: 'AVAILABLE', types } as const)
    const sold = await moveSeats(tx, { eventId, seatIds, to: 'SOLD', ...from })
    if (sold.length !== seatIds.length)
      throw kept ? new InventoryMismatch(`hold ${hold.id} no longer has its seats`) : new PlacesGone()
  }
  const had = items.map((item) => ({ ...item, userId }))
  if (kept) await lowerOpenPlaces(tx, eventId, openPlacesChanges(had))
  else {
    const wanted = usageChanges(had)
    if ((await raiseUsage(tx, wanted)).length !== wanted.length) throw new PlacesGone()
    await moveHoldToConverted(tx, hold.id)
  }
  await insertTickets(tx, tickets)
  const moves = stockMoves(items, kept ? 'held' : 'available', 'sold')
  if (seatIds.length > 0) return moveStockOfSeats(tx, eventId, seatIds, moves)
  if (!(await moveStock(tx, moves))) throw new PlacesGone()
  return null
}

/**
 * What has ended may be taken again while its event sells: of one that is cancelled, over or paused, it is paid back.
 * @throws PlacesGone.
 */
async function requireTakeable(tx: Tx, eventId: string): Promise<void> {
  const event = await findEventCopy(tx, eventId)
  if (event?.eventStatus !== 'APPROVED' || event.over || event.salesPaused) throw new PlacesGone()
}
