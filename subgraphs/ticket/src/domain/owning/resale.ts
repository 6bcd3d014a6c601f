import { transaction } from '@karcis/kit/database'
import { Conflict, Forbidden, NotFound } from '@karcis/kit/errors'
import { idSchema } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { parseInput } from '@karcis/kit/validate'
import { requireSale } from '../allocation/hold.ts'
import { requireOpenEvent } from '../allocation/known-events.ts'
import { withOffers } from '../allocation/offers.ts'
import { InventoryMismatch, type Tx } from '../database.ts'
import type { Deps } from '../deps.ts'
import { moveStock, moveStockOfSeats, stockMoves } from '../inventory/stock-store.ts'
import { findTicketType } from '../inventory/ticket-type-store.ts'
import { publishChange, publishStock } from '../live.ts'
import type { SeatMapChange } from '../seat-map/seat.ts'
import * as store from '../tickets/resale-store.ts'
import type { Ticket } from '../tickets/ticket.ts'
import { findTickets } from '../tickets/ticket-store.ts'
import { requireAdmitting } from './transfer-ticket.ts'

/**
 * Offers a ticket of the viewer's to whoever buys its place: until then it is valid, and theirs. Repeating it changes nothing.
 * @throws NotFound, Forbidden, BadUserInput, EventNotBookable, SalesPaused, SaleNotOpen, TicketInvalid, AlreadyCheckedIn; Conflict where the
 *   organizer allows none of it (any more), or nobody has paid for it, or somebody else.
 */
export async function offerForResale(deps: Deps, viewer: Viewer, id: string): Promise<Ticket | null> {
  const ticket = await requireOwn(deps, viewer, id)
  if (!ticket.offered) {
    const { eventId, until, late } = ticket
    if (late)
      throw new Conflict('Tickets of this event cannot be given back like that (any more).', {
        until: until?.toISOString() ?? null,
      })
    if (ticket.payerId === null)
      throw new Conflict('Nobody has paid for this ticket, so there is no money to give back.')
    if (ticket.payerId !== ticket.ownerId)
      throw new Conflict('Somebody else has paid for this ticket, and would be given the money.')
    await requireOpenEvent(deps, eventId)
    const type = await findTicketType(deps.db, ticket.ticketTypeId)
    if (type) requireSale(type)
    const { offered, change } = await transaction(deps.db, (tx) => offer(tx, ticket))
    if (!offered) await requireAdmitting(deps.db, ticket.id) // or the same call was made twice at once
    publishChange(deps.live, eventId, change)
  }
  return findOwn(deps, ticket.id)
}

/** Tickets, seats, ticket types, seat map: in this order, as all who lock them do. */
async function offer(
  tx: Tx,
  ticket: store.ResaleTicket,
): Promise<{ offered: boolean; change: SeatMapChange | null }> {
  if (!(await store.moveTicketToOffered(tx, ticket))) return { offered: false, change: null }
  const { eventId, ticketTypeId, seatId } = ticket
  const moves = stockMoves([{ ticketTypeId, quantity: 1 }], null, 'available')
  if (seatId === null) {
    if (!(await moveStock(tx, moves)))
      throw new InventoryMismatch(`ticket ${ticket.id} has no seat, its type has`)
    await store.raiseResale(tx, ticketTypeId)
    return { offered: true, change: null }
  }
  if (!(await store.moveSeatToResale(tx, seatId)))
    throw new InventoryMismatch(`the seat of ticket ${ticket.id} is not sold`)
  const change = await moveStockOfSeats(tx, eventId, [seatId], moves)
  await store.raiseResale(tx, ticketTypeId)
  return { offered: true, change: await withOffers(tx, change, [ticketTypeId]) }
}

/**
 * Offers a ticket of the viewer's no more. Repeating it changes nothing.
 * @throws NotFound, Forbidden, BadUserInput, Conflict while somebody holds its place, who may buy it.
 */
export async function withdrawFromResale(deps: Deps, viewer: Viewer, id: string): Promise<Ticket | null> {
  const ticket = await requireOwn(deps, viewer, id)
  if (ticket.offered) {
    await transaction(deps.db, (tx) => withdraw(tx, ticket))
    publishStock(deps.live, ticket.eventId)
  }
  return findOwn(deps, ticket.id)
}

/** At the end of the transaction its place is on sale once again, and no more than that. */
async function withdraw(tx: Tx, ticket: store.ResaleTicket): Promise<void> {
  if (!(await store.moveTicketFromOffered(tx, ticket))) return
  const isFree =
    ticket.seatId === null
      ? await store.lockSurplus(tx, ticket.ticketTypeId)
      : await store.lockResaleSeat(tx, ticket.seatId)
  if (!isFree) throw new Conflict('Somebody is about to buy this ticket: try again in a while.')
}

/** @throws NotFound, Forbidden, BadUserInput. */
async function requireOwn({ db }: Deps, viewer: Viewer, rawId: string): Promise<store.ResaleTicket> {
  const id = parseInput(idSchema, rawId, 'ticketId')
  const ticket = await store.findResaleTicket(db, id)
  if (!ticket) throw new NotFound('ticket', id)
  if (ticket.ownerId !== viewer.id) throw new Forbidden('This is not your ticket.')
  return ticket
}

const findOwn = async ({ db }: Deps, id: string): Promise<Ticket | null> =>
  (await findTickets(db, [id])).get(id) ?? null
