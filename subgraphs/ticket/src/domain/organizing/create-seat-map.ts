import { refusalOf, retryTransient } from '@karcis/kit/database'
import { BadUserInput, Conflict } from '@karcis/kit/errors'
import { newId } from '@karcis/kit/ids'
import { idSchema, nameSchema, parseInput } from '@karcis/kit/validate'
import { requireRole } from '@karcis/kit/viewer'
import { z } from 'zod'
import type { Context } from '../deps.ts'
import { publishStock } from '../live.ts'
import { requireOrganizer } from './require-organizer.ts'
import type { Point, SeatMap } from '../seat-map/seat.ts'
import { type PlannedSeat, planProblems, planSeats, type SectionPlan } from './seat-plan.ts'
import { seatMapsOf } from '../seat-map/seat-store.ts'
import type { Tx } from '../database.ts'

const MAX_SEATS = 100_000
const MAX_SECTIONS = 200
const MAX_ROWS = 500
/** Seats of one INSERT: its arrays stay small, and each statement well within its time. */
const SEATS_PER_INSERT = 10_000
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
 * Gives an event of the viewer its seat map, in one transaction.
 * @throws Forbidden, NotFound, BadUserInput, Conflict (it has a map, or a type was already sold, held or seated).
 */
export async function createSeatMap({ deps, ...scope }: Context, input: unknown): Promise<SeatMap | null> {
  requireRole(scope, 'ORGANIZER')
  const { eventId, sections, focal } = parseInput(inputSchema, input)
  await requireOrganizer(deps, scope, eventId)
  const types = await deps.db.ticketType.findMany({ where: { eventId }, select: { id: true } })
  const known = new Set(types.map((type) => type.id))
  const foreign = sections.flatMap(({ ticketTypeId }, at) =>
    known.has(ticketTypeId)
      ? []
      : [{ path: `input.sections.${at}.ticketTypeId`, message: 'is not a ticket type of this event' }],
  )
  const problems = [...foreign, ...planProblems(sections, MAX_SEATS, 'input.sections')]
  if (problems.length > 0) throw new BadUserInput(problems)
  const seats = planSeats(sections)
  try {
    await retryTransient(() =>
      deps.db.$transaction((tx) => insertMap(tx, eventId, sections, seats, focal ?? null), {
        timeout: TRANSACTION_MS,
      }),
    )
  } catch (error) {
    if (refusalOf(error).constraint !== 'seat_maps_pkey') throw error
    throw new Conflict('This event has a seat map already.', { eventId })
  }
  publishStock(deps.news, eventId)
  const [map] = await seatMapsOf(deps.db, [eventId])
  return map ?? null
}

async function insertMap(
  tx: Tx,
  eventId: string,
  sections: SectionPlan[],
  seats: PlannedSeat[][],
  focal: Point | null,
): Promise<void> {
  await tx.$executeRaw`INSERT INTO seat_maps (event_id, focal_x, focal_y)
    VALUES (${eventId}::uuid, ${focal?.x ?? null}::int, ${focal?.y ?? null}::int)`
  const counts = new Map<string, number>()
  for (const [at, { ticketTypeId }] of sections.entries()) {
    const forSale = seats[at]?.filter((seat) => !seat.blocked).length ?? 0
    counts.set(ticketTypeId, (counts.get(ticketTypeId) ?? 0) + forSale)
  }
  for (const [ticketTypeId, count] of [...counts].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const { count: seated } = await tx.ticketType.updateMany({
      where: { id: ticketTypeId, eventId, seated: false, sold: 0, held: 0 },
      data: { seated: true, quota: count, available: count, version: { increment: 1 } },
    })
    if (seated !== 1)
      throw new Conflict('A ticket type of this map was already sold, held or seated.', { ticketTypeId })
  }
  const ids = sections.map(() => newId())
  await tx.section.createMany({
    data: sections.map(({ name, ticketTypeId }, ordinal) => ({
      id: ids[ordinal] ?? newId(),
      eventId,
      ticketTypeId,
      name,
      ordinal,
    })),
  })
  const rows = seats.flatMap((planned, at) =>
    planned.map((seat) => ({
      ...seat,
      id: newId(),
      sectionId: ids[at] ?? '',
      ticketTypeId: sections[at]?.ticketTypeId ?? '',
    })),
  )
  for (let at = 0; at < rows.length; at += SEATS_PER_INSERT)
    await insertSeats(tx, eventId, rows.slice(at, at + SEATS_PER_INSERT))
}

type NewSeat = PlannedSeat & { id: string; sectionId: string; ticketTypeId: string }

async function insertSeats(tx: Tx, eventId: string, seats: NewSeat[]): Promise<void> {
  const column = <K extends keyof NewSeat>(key: K): NewSeat[K][] => seats.map((seat) => seat[key])
  await tx.$executeRaw`INSERT INTO seats
      (id, event_id, section_id, ticket_type_id, row_label, row_index, number, position, x, y, accessible, status)
    SELECT n.id, ${eventId}::uuid, n.section_id, n.type_id, n.row_label, n.row_index, n.number, n.position, n.x, n.y, n.accessible,
      CASE WHEN n.blocked THEN 'BLOCKED' ELSE 'AVAILABLE' END
    FROM unnest(${column('id')}::uuid[], ${column('sectionId')}::uuid[], ${column('ticketTypeId')}::uuid[],
      ${column('rowLabel')}::text[], ${column('rowIndex')}::int[], ${column('number')}::int[], ${column('position')}::int[],
      ${column('x')}::int[], ${column('y')}::int[], ${column('accessible')}::bool[], ${column('blocked')}::bool[])
      AS n(id, section_id, type_id, row_label, row_index, number, position, x, y, accessible, blocked)`
}
