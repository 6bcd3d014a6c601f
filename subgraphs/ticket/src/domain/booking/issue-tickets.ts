import { newId } from '@karcis/kit/ids'
import { requireService } from '@karcis/kit/viewer'
import type { Context, Deps } from '../deps.ts'
import { expireHoldsOfSeats, expireHoldsOfTypes } from '../allocation/expire-holds.ts'
import type { Hold, HoldStatus } from '../allocation/hold.ts'
import { boundHold, holdsOfBookings } from '../allocation/hold-store.ts'
import { requireId } from '../input.ts'
import { publishSeats, publishStock } from '../live.ts'
import type { SeatMapChange } from '../seat-map/seat.ts'
import { moveSeats } from '../seat-map/seat-moves.ts'
import { moveStock, raiseAllowances, settleSeats, stockMoves, takings } from '../inventory/stock-store.ts'
import { signTicketCodes } from '../tickets/ticket-code.ts'
import { insertTickets, type NewTicket, ticketIdsOfBooking } from '../tickets/ticket-store.ts'
import { type Tx, transact } from '../database.ts'

/** What became of a paid booking; not issued: its places are gone for good. */
export interface IssueResult {
  issued: boolean
  ticketIds: string[]
}

const NOT_ISSUED: IssueResult = { issued: false, ticketIds: [] }

/** Rolls a transaction back that found less free than it needs. */
class PlacesGone extends Error {}

/**
 * Turns what a paid booking holds into tickets. For booking only; repeating it gives the same tickets. A hold that has ended in
 * between is taken again if all of it is still free.
 */
export async function issueTickets({ deps, ...scope }: Context, bookingId: string): Promise<IssueResult> {
  requireService(scope, 'booking')
  requireId(bookingId, 'bookingId')
  const [hold] = await holdsOfBookings(deps.db, [bookingId])
  if (!hold || hold.items.length === 0) return NOT_ISSUED // no lines: it ended, and its ticket type was deleted since
  // Signed before the transaction: what a hold keeps never changes, and no row waits for cryptography.
  const tickets = await draftTickets(deps, hold, bookingId)
  const first = await issue(deps, hold, bookingId, tickets)
  if (first.issued) return first
  const seatIds = hold.items.flatMap((item) => item.seatId ?? [])
  const typeIds = hold.items.map((item) => item.ticketTypeId)
  // Others' holds past their time may be all that is in the way.
  const freed =
    seatIds.length > 0
      ? await expireHoldsOfSeats(deps, seatIds)
      : await expireHoldsOfTypes(deps, hold.eventId, typeIds)
  return freed > 0 ? issue(deps, hold, bookingId, tickets) : first
}

async function draftTickets(deps: Deps, hold: Hold, bookingId: string): Promise<NewTicket[]> {
  const { eventId, items } = await boundHold(deps.db, hold.id)
  const places = items.flatMap((item) =>
    Array.from({ length: item.quantity }, () => ({ ...item, id: newId() })),
  )
  const codes = await signTicketCodes(
    deps.signingKeys,
    places.map(({ id: ticketId, ticketTypeId, seatLabel }) => ({
      ticketId,
      eventId,
      ticketTypeId,
      seatLabel,
    })),
  )
  return places.map(({ id, ticketTypeId, seatId, seatLabel }, ordinal) => {
    return {
      id,
      code: codes[ordinal] ?? '',
      eventId,
      ticketTypeId,
      seatId,
      seatLabel,
      ownerId: hold.userId,
      bookingId,
      ordinal,
    }
  })
}

async function issue(deps: Deps, hold: Hold, bookingId: string, tickets: NewTicket[]): Promise<IssueResult> {
  try {
    const change = await transact(deps.db, (tx) => convert(tx, hold, tickets))
    if (change === 'converted before')
      return { issued: true, ticketIds: await ticketIdsOfBooking(deps.db, bookingId) }
    if (change) {
      publishSeats(deps, change)
      deps.seatHints.release(
        hold.eventId,
        change.seats.map((seat) => seat.id),
        hold.id,
      )
    } else publishStock(deps.news, hold.eventId)
    return { issued: true, ticketIds: tickets.map((ticket) => ticket.id) }
  } catch (error) {
    if (error instanceof PlacesGone) return NOT_ISSUED
    throw error
  }
}

async function convert(
  tx: Tx,
  hold: Hold,
  tickets: NewTicket[],
): Promise<SeatMapChange | null | 'converted before'> {
  const [locked] = await tx.$queryRaw<
    { status: HoldStatus }[]
  >`SELECT status FROM holds WHERE id = ${hold.id}::uuid FOR NO KEY UPDATE`
  if (locked?.status === 'CONVERTED') return 'converted before'
  const { eventId, items } = hold
  const seatIds = items.flatMap((item) => item.seatId ?? [])
  // An active hold is the booking's also past its time, as long as nobody has ended it.
  const kept = locked?.status === 'ACTIVE'
  if (!kept) await requireTakeable(tx, hold)
  if (seatIds.length > 0) {
    const from = kept ? ({ from: 'HELD', fromHolds: [hold.id] } as const) : ({ from: 'AVAILABLE' } as const)
    const sold = await moveSeats(tx, { eventId, seatIds, to: 'SOLD', ...from })
    if (sold.length !== seatIds.length)
      throw kept ? new Error(`hold ${hold.id} had lost its seats`) : new PlacesGone()
  }
  if (!kept) {
    const wanted = takings(hold.userId, items)
    if ((await raiseAllowances(tx, wanted)).length !== wanted.length) throw new PlacesGone()
  }
  await tx.$executeRaw`UPDATE holds SET status = 'CONVERTED', closed_at = coalesce(closed_at, now())
    WHERE id = ${hold.id}::uuid AND status <> 'CONVERTED'`
  await insertTickets(tx, tickets)
  const moves = stockMoves(items, kept ? 'held' : 'available', 'sold')
  if (seatIds.length > 0) return settleSeats(tx, eventId, seatIds, moves)
  if (!(await moveStock(tx, moves))) throw new PlacesGone()
  return null
}

/** What has ended may be taken again while its event stands: a cancelled one is paid back. @throws PlacesGone */
async function requireTakeable(tx: Tx, hold: Hold): Promise<void> {
  const event = await tx.eventCopy.findUnique({ where: { id: hold.eventId }, select: { status: true } })
  if (event?.status !== 'APPROVED') throw new PlacesGone()
}
