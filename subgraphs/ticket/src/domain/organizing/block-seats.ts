import { mapConstraintError, transaction } from '@karcis/kit/database'
import { BadUserInput, NotFound } from '@karcis/kit/errors'
import { idSchema } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { nameSchema, parseInput } from '@karcis/kit/validate'
import { z } from 'zod'
import { expireHolds } from '../allocation/hold-ender.ts'
import { withOffers } from '../allocation/offers.ts'
import { requireDuty } from '../allocation/known-events.ts'
import type { Tx } from '../database.ts'
import type { Deps } from '../deps.ts'
import { SeatsUnavailable } from '../errors.ts'
import { findHeldBack } from '../inventory/contingent-store.ts'
import { moveStockOfSeats, stockMoves } from '../inventory/stock-store.ts'
import { publishChange, publishRedrawn } from '../live.ts'
import {
  mergeSeatChanges,
  missingFrom,
  type Seat,
  type SeatMapChange,
  seatIdsSchema,
} from '../seat-map/seat.ts'
import { findSections } from '../seat-map/seat-map-store.ts'
import { findSeatsOfSections, moveSeats } from '../seat-map/seat-store.ts'
import { MAP_TRANSACTION_MS } from './create-seat-map.ts'
import { requireSeats } from './named-seats.ts'

const MAX_SEATS = 1_000
const MAX_SECTIONS = 200
/** Each statement stays well within its time. */
const SEATS_PER_STATEMENT = 5_000
/** What is told to watchers seat by seat; more than that each of them reads. */
const MOST_TOLD = 1_000

/** Seats of one event, as they are named by whoever organizes it. */
interface SeatsInput {
  eventId: string
  seatIds?: readonly string[] | null | undefined
  /** Names of sections: all their seats. */
  sections?: readonly string[] | null | undefined
}

const inputSchema = z
  .object({
    eventId: idSchema,
    seatIds: seatIdsSchema(MAX_SEATS).nullish(),
    sections: z
      .array(nameSchema(60))
      .min(1, 'must name at least one')
      .max(MAX_SECTIONS, `must name at most ${MAX_SECTIONS}`)
      .nullish(),
  })
  .refine(({ seatIds, sections }) => seatIds != null || sections != null, {
    path: ['seatIds'],
    message: 'must be given, or sections',
  })

/** Refuses, before anything is done, what would be more than one answer carries. */
type AnswerCheck = (seats: readonly Seat[]) => void

/**
 * Takes free seats of an event of the viewer's out of sale, all of them or none; of whole sections, all that are not blocked already.
 * @returns the seats that changed. @throws Forbidden, NotFound, SeatsUnavailable, BadUserInput.
 */
export const blockSeats = (
  deps: Deps,
  viewer: Viewer,
  input: SeatsInput,
  requireOneAnswer: AnswerCheck,
): Promise<Seat[]> => changeSeats(deps, viewer, input, 'block', requireOneAnswer)

/**
 * Puts blocked seats of an event of the viewer's on sale again, all of them or none; of whole sections, those that are blocked and not held
 * back. @returns the seats that changed. @throws Forbidden, NotFound, SeatsUnavailable, BadUserInput.
 */
export const unblockSeats = (
  deps: Deps,
  viewer: Viewer,
  input: SeatsInput,
  requireOneAnswer: AnswerCheck,
): Promise<Seat[]> => changeSeats(deps, viewer, input, 'unblock', requireOneAnswer)

type Action = 'block' | 'unblock'

const PATHS = {
  block: { from: 'AVAILABLE', to: 'BLOCKED' },
  unblock: { from: 'BLOCKED', to: 'AVAILABLE' },
} as const

async function changeSeats(
  deps: Deps,
  viewer: Viewer,
  input: SeatsInput,
  action: Action,
  requireOneAnswer: AnswerCheck,
): Promise<Seat[]> {
  const { eventId, seatIds, sections } = parseInput(inputSchema, input)
  await requireDuty(deps, viewer, eventId, 'EDIT')
  const named = await requireSeats(deps, eventId, seatIds ?? [])
  const ofSections = await seatsOfSections(deps, eventId, sections ?? [])
  const heldBack = new Set(await findHeldBack(deps.db, eventId))
  const wanted = new Map(named.map((seat) => [seat.id, seat]))
  for (const seat of ofSections) {
    const stays =
      action === 'block' ? seat.status === 'BLOCKED' : seat.status !== 'BLOCKED' || heldBack.has(seat.id)
    if (!stays) wanted.set(seat.id, seat)
  }
  const seats = [...wanted.values()]
  const kept = (seatIds ?? []).filter((id) => heldBack.has(id))
  if (kept.length > 0) throw refused(kept, action)
  requireOneAnswer(seats)
  if (seats.length === 0) return []
  if (action === 'block')
    await expireHolds(deps, { eventId, ticketTypeIds: [...new Set(seats.map((seat) => seat.ticketTypeId))] })
  const change = await transaction(deps.db, (tx) => moveInParts(tx, eventId, seats, action), {
    timeoutMs: MAP_TRANSACTION_MS,
  })
  if (seats.length <= MOST_TOLD) publishChange(deps.live, eventId, change)
  else publishRedrawn(deps.live, eventId, change.revision)
  return change.seats
}

/** @throws NotFound for a section that the event's map does not have; BadUserInput for one that people stand in. */
async function seatsOfSections({ db }: Deps, eventId: string, names: readonly string[]): Promise<Seat[]> {
  if (names.length === 0) return []
  const sections = (await findSections(db, [eventId])).get(eventId) ?? []
  const ids = names.map((name, at) => {
    const section = sections.find((each) => each.name === name)
    if (!section) throw new NotFound('section of this event', name)
    if (section.capacity === null) return section.id
    const message = 'has no seats: hold back tickets of its type'
    throw new BadUserInput([{ path: `sections.${at}`, message }])
  })
  return findSeatsOfSections(db, eventId, [...new Set(ids)])
}

const refused = (seatIds: readonly string[], action: Action): SeatsUnavailable =>
  new SeatsUnavailable(
    seatIds,
    `Some of these seats are not ${PATHS[action].from.toLowerCase()}, are held back, or were given another ticket type just now.`,
  )

/** One transaction, however many they are. @returns all of it as one change. */
async function moveInParts(
  tx: Tx,
  eventId: string,
  seats: readonly Seat[],
  action: Action,
): Promise<SeatMapChange> {
  // In the order in which everybody locks them, part after part.
  const inOrder = [...seats].sort((a, b) => (a.id < b.id ? -1 : 1))
  const parts = Array.from({ length: Math.ceil(inOrder.length / SEATS_PER_STATEMENT) }, (_, at) =>
    inOrder.slice(at * SEATS_PER_STATEMENT, (at + 1) * SEATS_PER_STATEMENT),
  )
  for (const part of parts) await move(tx, eventId, part, action)
  let change: SeatMapChange | null = null
  for (const part of parts) {
    const next = await moveStock(tx, eventId, part, action)
    change = change ? mergeSeatChanges(change, next) : next
  }
  if (!change) throw new Error('no seats were to be moved')
  return withOffers(tx, change, [...new Set(seats.map((seat) => seat.ticketTypeId))])
}

async function move(tx: Tx, eventId: string, seats: readonly Seat[], action: Action): Promise<void> {
  const seatIds = seats.map((seat) => seat.id)
  const types = seats.map((seat) => seat.ticketTypeId)
  const moved = await moveSeats(tx, { eventId, seatIds, types, ...PATHS[action] }).catch((error: unknown) =>
    // One that was held back just now: only its contingent puts it on sale.
    mapConstraintError(error, { seats_held_back_are_blocked: () => refused(seatIds, action) }),
  )
  if (moved.length !== seatIds.length) throw refused(missingFrom(seatIds, moved), action)
}

function moveStock(tx: Tx, eventId: string, seats: readonly Seat[], action: Action): Promise<SeatMapChange> {
  const items = seats.map(({ ticketTypeId }) => ({ ticketTypeId, quantity: 1 }))
  // A blocked seat is outside the quota, so the stock of its type adds up without it.
  const moves =
    action === 'block' ? stockMoves(items, 'available', null) : stockMoves(items, null, 'available')
  return moveStockOfSeats(
    tx,
    eventId,
    seats.map((seat) => seat.id),
    moves,
  )
}
