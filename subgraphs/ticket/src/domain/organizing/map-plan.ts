import { BadUserInput, Conflict, type FieldProblem, NotFound } from '@karcis/kit/errors'
import { idSchema } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { nameSchema, parseInput } from '@karcis/kit/validate'
import { z } from 'zod'
import { requireDuty } from '../allocation/known-events.ts'
import type { Deps } from '../deps.ts'
import type { EventCopy } from '../events/event-copy-store.ts'
import type { TicketType } from '../inventory/ticket-type.ts'
import { findTicketTypesOfEvents } from '../inventory/ticket-type-store.ts'
import { expandLayout } from '../seat-map/expand-layout.ts'
import { geometryOf } from '../seat-map/geometry.ts'
import { type PackedGeometry, packGeometry } from '../seat-map/geometry-store.ts'
import type { LayoutDocument } from '../seat-map/layout-document.ts'
import { findSeatLayout } from '../seat-map/layout-store.ts'
import type { Point } from '../seat-map/seat.ts'
import type { MapDrawing, NewSection } from '../seat-map/seat-map-store.ts'
import { MAX_SEATS } from '../seat-map/seat-store.ts'
import { readRoomLayout, sectionsOfLayout } from './room-layout.ts'
import { findRoomRights } from './seat-layouts.ts'
import { planProblems, planSeats, type SectionPlan } from './seat-plan.ts'
import { soldAs } from './section-tiers.ts'
import { highestPrice } from './ticket-type-plan.ts'

const MAX_SECTIONS = 200
const MAX_ROWS = 500

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

/** What a map is to be made of. */
const mapSchema = z.object({
  eventId: idSchema,
  layoutId: idSchema.nullish(),
  sections: z
    .array(section)
    .min(1, 'must name at least one')
    .max(MAX_SECTIONS, `must name at most ${MAX_SECTIONS}`)
    .nullish(),
  tiers: z
    .array(z.object({ section: nameSchema(60), ticketTypeId: idSchema }))
    .max(2 * MAX_SECTIONS)
    .nullish(),
  focal: point.nullish(),
})

type MapInput = z.infer<typeof mapSchema>

/** A map as it is to be written. */
export interface MapPlan extends MapDrawing {
  sections: readonly NewSection[]
  geometry: PackedGeometry
}

/** A map that an event of the viewer's is to have, and the event's ticket types. @throws Forbidden, and what `planMap` does. */
export async function planOwnMap(
  deps: Deps,
  viewer: Viewer,
  input: unknown,
): Promise<{ eventId: string; types: readonly TicketType[]; plan: MapPlan }> {
  const wanted = parseInput(mapSchema, input)
  const { eventId } = wanted
  const event = await requireDuty(deps, viewer, eventId, 'EDIT')
  const types = (await findTicketTypesOfEvents(deps.db, [eventId])).get(eventId) ?? []
  return { eventId, types, plan: await planMap(deps, viewer, event, types, wanted) }
}

/**
 * A map as somebody wants it: of given sections, of a published drawing, or as the seats of the event's room stand.
 * @throws BadUserInput with everything that is wrong; NotFound, Conflict (a draft, or no room with fixed seats); ServiceUnavailable
 *   when the event subgraph is asked and does not answer.
 */
async function planMap(
  deps: Deps,
  viewer: Viewer,
  { roomId }: EventCopy,
  types: readonly TicketType[],
  { layoutId, sections: given, tiers, focal }: MapInput,
): Promise<MapPlan> {
  if (given && layoutId)
    throw new BadUserInput([{ path: 'input.layoutId', message: 'cannot be given together with sections' }])
  if (given && tiers)
    throw new BadUserInput([{ path: 'input.tiers', message: 'cannot be given together with sections' }])
  if (layoutId) {
    const layout = await requireLayout(deps, viewer, layoutId, roomId)
    const sections = sectionsOfDrawing(layout, types, tiers ?? [])
    return draw(checkPrices(sections, types), focal ?? focalOf(layout), { id: layoutId, layout })
  }
  const plans = given ?? sectionsOfLayout(await readRoomLayout(deps, roomId), types, tiers ?? [])
  const problems = given
    ? [...foreignTypes(given, types), ...planProblems(given, MAX_SEATS, 'input.sections')]
    : []
  if (problems.length > 0) throw new BadUserInput(problems)
  return draw(checkPrices(planSeats(plans), types), focal ?? null, null)
}

async function draw(
  sections: readonly NewSection[],
  focal: Point | null,
  drawing: { id: string; layout: LayoutDocument } | null,
): Promise<MapPlan> {
  const geometry = await packGeometry(geometryOf(sections, focal, drawing?.layout ?? null))
  return { sections, focal, layoutId: drawing?.id ?? null, geometry, geometryHash: geometry.hash }
}

/** A published drawing of the event's room; while the event has none, of a room in which the viewer may plan events. */
async function requireLayout(
  deps: Deps,
  viewer: Viewer,
  layoutId: string,
  roomId: string | null,
): Promise<LayoutDocument> {
  const found = await findSeatLayout(deps.db, layoutId)
  if (!found) throw new NotFound('seat layout', layoutId)
  if (roomId !== null && found.roomId !== roomId)
    throw new BadUserInput([
      { path: 'input.layoutId', message: "is a drawing of another room than the event's" },
    ])
  if (roomId === null && !(await findRoomRights(deps, viewer, found.roomId))?.mayUse)
    throw new NotFound('seat layout', layoutId)
  if (found.status !== 'PUBLISHED')
    throw new Conflict('This drawing is a draft: publish it first.', { layoutId })
  return found.layout
}

/** The middle of the stage, unless the drawing says otherwise; null when it has none. */
function focalOf({ focal, stage }: LayoutDocument): Point | null {
  if (focal || !stage) return focal ?? null
  const middle = (of: (at: Point) => number): number => {
    const values = stage.outline.map(of)
    return Math.round((Math.min(...values) + Math.max(...values)) / 2)
  }
  return { x: middle((at) => at.x), y: middle((at) => at.y) }
}

function sectionsOfDrawing(
  layout: LayoutDocument,
  types: readonly TicketType[],
  tiers: readonly { section: string; ticketTypeId: string }[],
): NewSection[] {
  const drawn = expandLayout(layout)
  const standing = layout.standing.map((area) => ({ ...area, priceTier: area.priceTier ?? null }))
  const sold = soldAs(drawn, standing, types, tiers)
  const seated = drawn.map(
    ({ name, rows }): NewSection => ({
      name,
      ticketTypeId: sold.get(name) ?? '',
      capacity: null,
      seats: rows.flatMap(({ label, seats }, rowIndex) =>
        seats.map(({ label: sign, ...seat }) => ({ ...seat, label: sign, rowLabel: label, rowIndex })),
      ),
    }),
  )
  const areas = standing.flatMap(({ name, capacity }): NewSection[] => {
    const ticketTypeId = sold.get(name)
    return ticketTypeId === undefined ? [] : [{ name, ticketTypeId, capacity, seats: [] }]
  })
  return [...seated, ...areas]
}

function foreignTypes(sections: readonly SectionPlan[], types: readonly TicketType[]): FieldProblem[] {
  const known = new Set(types.map((type) => type.id))
  return sections.flatMap(({ ticketTypeId }, at) =>
    known.has(ticketTypeId)
      ? []
      : [{ path: `input.sections.${at}.ticketTypeId`, message: 'is not a ticket type of this event' }],
  )
}

/** How many places sections have, by what they are sold as. @param of counts one section. */
export function placesByType(
  sections: readonly NewSection[],
  of: (section: NewSection) => number,
): Map<string, number> {
  const places = new Map<string, number>()
  for (const section of sections) {
    const count = of(section)
    if (count > 0) places.set(section.ticketTypeId, (places.get(section.ticketTypeId) ?? 0) + count)
  }
  return places
}

/** How many people a section takes, standing or sitting. */
export const placesOf = ({ seats, capacity }: NewSection): number => seats.length + (capacity ?? 0)

/** @throws BadUserInput for a type that would come to more money than a number carries exactly. */
function checkPrices(sections: readonly NewSection[], types: readonly TicketType[]): readonly NewSection[] {
  const places = placesByType(sections, placesOf)
  for (const { id, name, price } of types) {
    const highest = highestPrice(places.get(id) ?? 0)
    const message = `has too many seats for the price of ${name}: at most ${highest}`
    if (price > highest) throw new BadUserInput([{ path: 'input.sections', message }])
  }
  return sections
}
