import { transaction } from '@karcis/kit/database'
import { BadUserInput, Conflict } from '@karcis/kit/errors'
import type { Viewer } from '@karcis/kit/service-token'
import { idSchema } from '@karcis/kit/ids'
import { nameSchema, parseInput } from '@karcis/kit/validate'
import { requireRole } from '@karcis/kit/viewer'
import { z } from 'zod'
import type { Tx } from '../database.ts'
import type { Deps } from '../deps.ts'
import { requireOwnEvent } from '../events/event-copy.ts'
import { findTicketTypesOfEvents, updateTicketTypeToSeated } from '../inventory/ticket-type-store.ts'
import { publishStock } from '../live.ts'
import type { Point, SeatMap } from '../seat-map/seat.ts'
import { findSeatMaps, insertSeatMap, insertSections, type NewSection } from '../seat-map/seat-map-store.ts'
import { planProblems, planSeats } from './seat-plan.ts'

const MAX_SEATS = 100_000
const MAX_SECTIONS = 200
const MAX_ROWS = 500
/** Writing the largest map takes longer than a transaction may otherwise. */
const TRANSACTION_MS = 60_000

const place = z.object({ row: z.string(), number: z.number().int() })
const coordinate = z
  .number()
  .int()
  .min(-10_000, 'must be at least -10000')
  .max(10_000, 'must be at most 10000')
const point = z.object({ x: coordinate, y: coordinate })
const rowCount = z.number().int().min(1, 'must be at least 1').max(MAX_ROWS, `must be at most ${MAX_ROWS}`)
const section = z.object({
  name: nameSchema(60),
  ticketTypeId: idSchema,
  rows: rowCount,
  seatsPerRow: rowCount,
  rowLabels: z.array(nameSchema(10)).nullish(),
  accessible: z.array(place).nullish(),
  blocked: z.array(place).nullish(),
  origin: point.nullish(),
})
const inputSchema = z.object({
  eventId: idSchema,
  sections: z
    .array(section)
    .min(1, 'must name at least one')
    .max(MAX_SECTIONS, `must name at most ${MAX_SECTIONS}`),
  focal: point.nullish(),
})

/**
 * Gives an event of the viewer's its seat map, in one transaction.
 * @throws Forbidden, NotFound, BadUserInput, Conflict (it has a map, or a type was already sold, held or seated).
 */
export async function createSeatMap(deps: Deps, viewer: Viewer, input: unknown): Promise<SeatMap | null> {
  const { db, live } = deps
  requireRole({ viewer }, 'ORGANIZER')
  const { eventId, sections: plans, focal } = parseInput(inputSchema, input)
  await requireOwnEvent(deps, viewer, eventId)
  const types = (await findTicketTypesOfEvents(db, [eventId])).get(eventId) ?? []
  const known = new Set(types.map((type) => type.id))
  const foreign = plans.flatMap(({ ticketTypeId }, at) =>
    known.has(ticketTypeId)
      ? []
      : [{ path: `input.sections.${at}.ticketTypeId`, message: 'is not a ticket type of this event' }],
  )
  const problems = [...foreign, ...planProblems(plans, MAX_SEATS, 'input.sections')]
  if (problems.length > 0) throw new BadUserInput(problems)
  const sections = planSeats(plans)
  await transaction(db, (tx) => write(tx, eventId, focal ?? null, sections), { timeoutMs: TRANSACTION_MS })
  publishStock(live, eventId)
  return (await findSeatMaps(db, [eventId])).get(eventId) ?? null
}

async function write(
  tx: Tx,
  eventId: string,
  focal: Point | null,
  sections: readonly NewSection[],
): Promise<void> {
  await insertSeatMap(tx, eventId, focal)
  const seatsForSale = new Map<string, number>()
  for (const { ticketTypeId, seats } of sections) {
    const forSale = seats.filter((seat) => !seat.blocked).length
    seatsForSale.set(ticketTypeId, (seatsForSale.get(ticketTypeId) ?? 0) + forSale)
  }
  // In id order, as everybody locks ticket types.
  for (const [ticketTypeId, count] of [...seatsForSale].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (!(await updateTicketTypeToSeated(tx, eventId, ticketTypeId, count)))
      throw new Conflict('A ticket type of this map was already sold, held or seated.', { ticketTypeId })
  }
  await insertSections(tx, eventId, sections)
}
