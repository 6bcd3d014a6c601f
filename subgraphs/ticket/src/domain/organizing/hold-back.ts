import { transaction } from '@karcis/kit/database'
import { BadUserInput, Conflict, NotFound } from '@karcis/kit/errors'
import { idSchema } from '@karcis/kit/ids'
import type { PageArgs } from '@karcis/kit/pagination'
import type { Viewer } from '@karcis/kit/service-token'
import { nameSchema, parseInput } from '@karcis/kit/validate'
import { z } from 'zod'
import { expireHolds } from '../allocation/hold-ender.ts'
import { withOffers } from '../allocation/offers.ts'
import { requireDuty } from '../allocation/known-events.ts'
import type { Tx } from '../database.ts'
import type { Deps } from '../deps.ts'
import { SeatsUnavailable, SoldOut } from '../errors.ts'
import * as store from '../inventory/contingent-store.ts'
import { lockAvailable, moveStock, moveStockOfSeats, stockMoves } from '../inventory/stock-store.ts'
import { findTicketType } from '../inventory/ticket-type-store.ts'
import { publishChange } from '../live.ts'
import { missingFrom, seatIdsSchema, type SeatMapChange } from '../seat-map/seat.ts'
import { requireSeats } from './named-seats.ts'

const MAX_SEATS = 1_000
const quantitySchema = z.int().min(1).max(10_000_000)

const seatsInput = z.object({ eventId: idSchema, seatIds: seatIdsSchema(MAX_SEATS), name: nameSchema() })

/**
 * Keeps free seats of an event of the viewer's out of public sale, all of them or none.
 * @throws Forbidden, NotFound, BadUserInput; SeatsUnavailable with those that are not free.
 */
export async function holdBackSeats(deps: Deps, viewer: Viewer, input: unknown): Promise<store.Contingent> {
  const { eventId, seatIds, name } = parseInput(seatsInput, input)
  await requireDuty(deps, viewer, eventId, 'EDIT')
  await requireSeats(deps, eventId, seatIds)
  await expireHolds(deps, { seatIds })
  const { id, change } = await transaction(deps.db, async (tx) => {
    const contingentId = await store.insertContingent(tx, {
      eventId,
      ticketTypeId: null,
      name,
      count: seatIds.length,
    })
    const moved = await store.moveSeatsToContingent(tx, eventId, contingentId, seatIds)
    const taken = missingFrom(
      seatIds,
      moved.map((seat) => seat.id),
    )
    if (taken.length > 0) throw new SeatsUnavailable(taken) // and nothing has changed
    return { id: contingentId, change: await moveSeatStock(tx, eventId, moved, 'hold back') }
  })
  publishChange(deps.live, eventId, change)
  return requireContingent(deps, id)
}

const ticketsInput = z.object({ ticketTypeId: idSchema, quantity: quantitySchema, name: nameSchema() })

/**
 * Keeps general admission of an event of the viewer's out of public sale, all of it or none.
 * @throws Forbidden, NotFound, BadUserInput; SoldOut when fewer are left.
 */
export async function holdBackTickets(deps: Deps, viewer: Viewer, input: unknown): Promise<store.Contingent> {
  const { ticketTypeId, quantity, name } = parseInput(ticketsInput, input)
  const type = await findTicketType(deps.db, ticketTypeId)
  if (!type) throw new NotFound('ticket type', ticketTypeId)
  const { eventId } = type
  await requireDuty(deps, viewer, eventId, 'EDIT')
  if (type.seated)
    throw new BadUserInput([{ path: 'input.ticketTypeId', message: 'has seats: use holdBackSeats' }])
  await expireHolds(deps, { eventId, ticketTypeIds: [ticketTypeId] })
  const id = await transaction(deps.db, async (tx) => {
    const moves = stockMoves([{ ticketTypeId, quantity }], 'available', 'held')
    if (!(await moveStock(tx, moves)))
      throw new SoldOut(ticketTypeId, (await lockAvailable(tx, [ticketTypeId])).get(ticketTypeId) ?? 0)
    await store.moveHeldBack(tx, moves)
    return store.insertContingent(tx, { eventId, ticketTypeId, name, count: quantity })
  })
  publishChange(deps.live, eventId, null)
  return requireContingent(deps, id)
}

const releaseInput = z
  .object({
    id: idSchema,
    quantity: quantitySchema.nullish(),
    seatIds: seatIdsSchema(MAX_SEATS).nullish(),
  })
  .refine(({ quantity, seatIds }) => quantity == null || seatIds == null, {
    path: ['seatIds'],
    message: 'cannot be given together with quantity',
  })

/** What of a contingent is released. */
interface ReleaseInput {
  id: string
  quantity?: number | null | undefined
  seatIds?: readonly string[] | null | undefined
}

/**
 * Puts what a contingent of an event of the viewer's keeps on public sale: all of it, so many, or some of its seats.
 * @throws Forbidden, NotFound, BadUserInput; Conflict when it keeps fewer; SeatsUnavailable with those that it does not keep.
 */
export async function releaseHeldBack(
  deps: Deps,
  viewer: Viewer,
  input: ReleaseInput,
): Promise<store.Contingent> {
  const { id, quantity = null, seatIds = null } = parseInput(releaseInput, input)
  const contingent = await requireContingent(deps, id)
  const { eventId, ticketTypeId } = contingent
  await requireDuty(deps, viewer, eventId, 'EDIT')
  if (ticketTypeId === null && quantity !== null)
    throw new BadUserInput([{ path: 'quantity', message: 'is for general admission: name seats' }])
  if (ticketTypeId !== null && seatIds !== null)
    throw new BadUserInput([{ path: 'seatIds', message: 'is for seats: say how many by quantity' }])
  const change = await transaction(deps.db, (tx) =>
    ticketTypeId === null
      ? releaseSeats(tx, contingent, seatIds)
      : releaseTickets(tx, { id, ticketTypeId }, quantity),
  )
  publishChange(deps.live, eventId, change)
  return requireContingent(deps, id)
}

async function releaseSeats(
  tx: Tx,
  { id, eventId }: store.Contingent,
  seatIds: readonly string[] | null,
): Promise<SeatMapChange | null> {
  await store.lockContingent(tx, id)
  const freed = await store.moveSeatsFromContingent(tx, id, seatIds)
  const strange = missingFrom(
    seatIds ?? [],
    freed.map((seat) => seat.id),
  )
  if (strange.length > 0)
    throw new SeatsUnavailable(strange, 'Some of these seats are not held back by this.')
  if (freed.length === 0) return null
  await store.lowerContingent(tx, id, freed.length)
  return moveSeatStock(tx, eventId, freed, 'release')
}

async function releaseTickets(
  tx: Tx,
  { id, ticketTypeId }: { id: string; ticketTypeId: string },
  quantity: number | null,
): Promise<null> {
  const left = (await store.lockContingent(tx, id)) ?? 0
  const released = quantity ?? left
  if (released === 0) return null
  if (!(await store.lowerContingent(tx, id, released)))
    throw new Conflict(`Only ${left} of these are held back still.`, { left })
  const moves = stockMoves([{ ticketTypeId, quantity: released }], 'held', 'available')
  await store.moveHeldBack(tx, moves)
  await moveStock(tx, moves)
  return null
}

/** Has stock and map follow seats that are held back or released. */
async function moveSeatStock(
  tx: Tx,
  eventId: string,
  seats: readonly store.TypedSeat[],
  direction: 'hold back' | 'release',
): Promise<SeatMapChange> {
  const ids = seats.map((seat) => seat.id)
  const items = seats.map(({ ticketTypeId }) => ({ ticketTypeId, quantity: 1 }))
  if (direction === 'hold back') {
    const moves = stockMoves(items, 'available', 'held')
    const change = await moveStockOfSeats(tx, eventId, ids, moves)
    await store.moveHeldBack(tx, moves)
    return change
  }
  const moves = stockMoves(items, 'held', 'available')
  await store.moveHeldBack(tx, moves)
  return withOffers(
    tx,
    await moveStockOfSeats(tx, eventId, ids, moves),
    moves.map((move) => move.ticketTypeId),
  )
}

async function requireContingent({ db }: Deps, id: string): Promise<store.Contingent> {
  const contingent = await store.findContingent(db, id)
  if (!contingent) throw new NotFound('contingent', id)
  return contingent
}

/** The contingents of an event of the viewer's, newest first. @throws Forbidden, NotFound, BadUserInput, ServiceUnavailable. */
export async function readContingents(
  deps: Deps,
  viewer: Viewer,
  { eventId: rawId, ...args }: PageArgs & { eventId: string },
): Promise<store.ContingentPage> {
  const eventId = parseInput(idSchema, rawId, 'eventId')
  await requireDuty(deps, viewer, eventId, 'EDIT')
  return store.CONTINGENTS_OF_EVENT.read(args, {
    rows: (page) => store.listContingents(deps.db, eventId, page),
    count: () => store.countContingents(deps.db, eventId),
  })
}
