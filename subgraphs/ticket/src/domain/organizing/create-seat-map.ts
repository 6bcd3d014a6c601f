import { transaction } from '@karcis/kit/database'
import { BadUserInput, Conflict, type FieldProblem } from '@karcis/kit/errors'
import { idSchema } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { nameSchema, parseInput } from '@karcis/kit/validate'
import { requireRole } from '@karcis/kit/viewer'
import { z } from 'zod'
import { requireOwnEvent } from '../allocation/known-events.ts'
import type { Tx } from '../database.ts'
import type { Deps } from '../deps.ts'
import { lockEventCopy } from '../events/event-copy-store.ts'
import type { TicketType } from '../inventory/ticket-type.ts'
import {
  countPlannedPlaces,
  findTicketTypesOfEvents,
  updateTicketTypeToSeated,
} from '../inventory/ticket-type-store.ts'
import { publishStock } from '../live.ts'
import type { Point, SeatMap } from '../seat-map/seat.ts'
import { findSeatMaps, insertSeatMap, insertSections, type NewSection } from '../seat-map/seat-map-store.ts'
import { readRoomLayout, sectionsOfLayout } from './room-layout.ts'
import { MAX_SEATS } from '../seat-map/seat-store.ts'
import { planProblems, planSeats, type SectionPlan } from './seat-plan.ts'
import { highestPrice } from './ticket-type-plan.ts'

const MAX_SECTIONS = 200
const MAX_ROWS = 500
/** Writing the largest map takes longer than a transaction may otherwise. */
const TRANSACTION_MS = 60_000

const rowLabel = nameSchema(10)
const place = z.object({ row: rowLabel, number: z.int() })
const coordinate = z.int().min(-10_000).max(10_000)
const point = z.object({ x: coordinate, y: coordinate })
const rowCount = z.int().min(1).max(MAX_ROWS)
const seatsOfSection = z.array(place).max(MAX_SEATS).nullish()
const section = z.object({
  name: nameSchema(60),
  ticketTypeId: idSchema,
  rows: rowCount,
  seatsPerRow: rowCount,
  rowLabels: z.array(rowLabel).max(MAX_ROWS).nullish(),
  accessible: seatsOfSection,
  blocked: seatsOfSection,
  origin: point.nullish(),
})
const inputSchema = z.object({
  eventId: idSchema,
  sections: z
    .array(section)
    .min(1, 'must name at least one')
    .max(MAX_SECTIONS, `must name at most ${MAX_SECTIONS}`)
    .nullish(),
  tiers: z
    .array(z.object({ section: nameSchema(60), ticketTypeId: idSchema }))
    .max(MAX_SECTIONS)
    .nullish(),
  focal: point.nullish(),
})

/**
 * Gives an event of the viewer's its seat map, in one transaction: of the sections given, or as its room's seats stand.
 * @throws Forbidden, NotFound, BadUserInput, Conflict (it has a map, or a type was already sold, held or seated);
 *   ServiceUnavailable when the room's seats are asked for and the event subgraph does not answer.
 */
export async function createSeatMap(deps: Deps, viewer: Viewer, input: unknown): Promise<SeatMap | null> {
  const { db, live } = deps
  requireRole({ viewer }, 'ORGANIZER')
  const { eventId, sections: given, tiers, focal } = parseInput(inputSchema, input)
  const { roomId } = await requireOwnEvent(deps, viewer, eventId)
  if (given && tiers)
    throw new BadUserInput([{ path: 'input.tiers', message: 'cannot be given together with sections' }])
  const types = (await findTicketTypesOfEvents(db, [eventId])).get(eventId) ?? []
  const plans = given ?? sectionsOfLayout(await readRoomLayout(deps, roomId), types, tiers ?? [])
  const problems = given
    ? [...foreignTypes(given, types), ...planProblems(given, MAX_SEATS, 'input.sections')]
    : []
  if (problems.length > 0) throw new BadUserInput(problems)
  const map = { eventId, focal: focal ?? null, sections: planSeats(plans) }
  await transaction(db, (tx) => write(tx, map, types), { timeoutMs: TRANSACTION_MS })
  publishStock(live, eventId)
  return (await findSeatMaps(db, [eventId])).get(eventId) ?? null
}

function foreignTypes(sections: readonly SectionPlan[], types: readonly TicketType[]): FieldProblem[] {
  const known = new Set(types.map((type) => type.id))
  return sections.flatMap(({ ticketTypeId }, at) =>
    known.has(ticketTypeId)
      ? []
      : [{ path: `input.sections.${at}.ticketTypeId`, message: 'is not a ticket type of this event' }],
  )
}

interface NewMap {
  eventId: string
  focal: Point | null
  sections: readonly NewSection[]
}

async function write(
  tx: Tx,
  { eventId, focal, sections }: NewMap,
  types: readonly TicketType[],
): Promise<void> {
  const seatsOf = Map.groupBy(
    sections.flatMap(({ ticketTypeId, seats }) => seats.map((seat) => ({ ...seat, ticketTypeId }))),
    (seat) => seat.ticketTypeId,
  )
  await requireRoom(tx, eventId, seatsOf)
  for (const { id, name, price } of types) {
    const seats = seatsOf.get(id)?.length ?? 0
    const message = `has too many seats for the price of ${name}: at most ${highestPrice(seats)}`
    if (price > highestPrice(seats)) throw new BadUserInput([{ path: 'input.sections', message }])
  }
  await insertSeatMap(tx, eventId, focal)
  // In id order, as everybody locks ticket types.
  for (const [ticketTypeId, seats] of [...seatsOf].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const forSale = seats.filter((seat) => !seat.blocked).length
    if (!(await updateTicketTypeToSeated(tx, eventId, ticketTypeId, forSale)))
      throw new Conflict('A ticket type of this map was already sold, held or seated.', { ticketTypeId })
  }
  await insertSections(tx, eventId, sections)
}

/** Until the transaction ends nobody else plans for this event. @throws BadUserInput for more seats than the room has left. */
async function requireRoom(
  tx: Tx,
  eventId: string,
  seatsOf: ReadonlyMap<string, readonly unknown[]>,
): Promise<void> {
  const event = await lockEventCopy(tx, eventId)
  if (event?.capacity == null) return
  const planned = await countPlannedPlaces(tx, eventId, [...seatsOf.keys()])
  const left = Math.max(0, event.capacity - planned)
  const seats = [...seatsOf.values()].reduce((sum, each) => sum + each.length, 0)
  if (seats <= left) return
  const message = `must have at most ${left} seats in all: the room holds ${event.capacity}, and ${planned} are planned already`
  throw new BadUserInput([{ path: 'input.sections', message }])
}
