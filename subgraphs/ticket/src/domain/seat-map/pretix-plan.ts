import { z } from 'zod'
import type { LayoutDocument, layoutDocument } from './layout-document.ts'
import type { Point } from './seat.ts'

/*
 * pretix's seating plan, as its own schema describes it (pretix/static/seating/seating-plan.schema.json) and its editor writes it:
 * zones of rows of seats, each placed relative to what it is in, and areas, which are only drawn. What is not needed is let pass.
 */

const MAX_ZONES = 200
const text = z.string().max(1_000)
const position = z.object({ x: z.number(), y: z.number() })
const seat = z.object({
  seat_guid: text.min(1),
  seat_number: text,
  position,
  category: text.nullish(),
})
const row = z.object({
  row_number: text,
  position: position.nullish(),
  seats: z.array(seat).max(100_000),
})
const caption = z.object({ text: text.nullish(), position: position.nullish(), size: z.number().nullish() })
const area = z.object({
  shape: text.nullish(),
  position,
  rotation: z.number().nullish(),
  width: z.number().nullish(),
  height: z.number().nullish(),
  rectangle: z.object({ width: z.number(), height: z.number() }).nullish(),
  polygon: z.object({ points: z.array(position).max(1_000) }).nullish(),
  text: z.union([text, caption]).nullish(),
})
const zone = z.object({
  name: text.nullish(),
  position,
  rows: z.array(row).max(10_000),
  areas: z.array(area).max(1_000).nullish(),
})

/** A seating plan of pretix, well-formed field by field. */
export const pretixPlan = z.object({
  name: text,
  categories: z.array(z.object({ name: text })).max(1_000),
  zones: z.array(zone).min(1).max(MAX_ZONES),
})

type PretixPlan = z.infer<typeof pretixPlan>
type PretixZone = PretixPlan['zones'][number]
type PretixRow = PretixZone['rows'][number]

/** A row further than so many times the usual distance from its neighbour has an aisle in between. */
const AISLE = 1.6

/** What an area is called that is the stage. */
const STAGE = /stage|bühne|podium|panggung|screen|leinwand|layar/i

const add = (a: Point, b: Point | null | undefined): Point => ({ x: a.x + (b?.x ?? 0), y: a.y + (b?.y ?? 0) })
const whole = ({ x, y }: Point): Point => ({ x: Math.round(x) + 0, y: Math.round(y) + 0 })
const distance = (a: Point, b: Point): number => Math.hypot(a.x - b.x, a.y - b.y)

/**
 * A seating plan of pretix as a drawing of ours, not checked yet. A zone becomes a section for each category that its seats have,
 * sold by default as the ticket type of that name; seats keep their order, their numbers and their places.
 */
export function layoutOfPretix(plan: PretixPlan): z.input<typeof layoutDocument> {
  const seatSize = Math.max(1, Math.round(usualDistance(plan)))
  const areas = plan.zones.flatMap((each) =>
    (each.areas ?? []).map((drawn) => ({ ...drawn, position: add(each.position, drawn.position) })),
  )
  const stage = areas.find((drawn) => STAGE.test(captionOf(drawn).text) && outlineOf(drawn) !== null)
  const stageOutline = stage && outlineOf(stage)
  return {
    format: 'karcis-seat-layout/1',
    seatSize,
    ...(stage &&
      stageOutline && { stage: { outline: stageOutline, label: captionOf(stage).text.slice(0, 60) } }),
    sections: sectionsOf(plan, seatSize),
    labels: areas
      .filter((drawn) => drawn !== stage && captionOf(drawn).text.trim() !== '')
      .map((drawn) => {
        const { text: words, at } = captionOf(drawn)
        return {
          text: words.slice(0, 120),
          ...whole(add(drawn.position, at)),
          rotation: (drawn.rotation ?? 0) % 360,
        }
      }),
  }
}

function sectionsOf({ zones }: PretixPlan, seatSize: number): LayoutDocument['sections'] {
  const names = new Set<string>()
  return zones.flatMap((zone, at) => {
    const categories = [
      ...new Set(zone.rows.flatMap((each) => each.seats.map((seat) => seat.category ?? ''))),
    ]
    return categories.map((category) => {
      const zoneName = zone.name?.trim() || `Zone ${at + 1}`
      const wanted = categories.length > 1 && category !== '' ? `${zoneName} ${category}` : zoneName
      const name = unused(wanted.slice(0, 56), names)
      const placedRows = rowsOf(zone, category, seatSize)
      const priceTier = category.trim().slice(0, 120) || null
      return { name, priceTier, origin: { x: 0, y: 0 }, rotation: 0, rows: [], placedRows, tables: [] }
    })
  })
}

/** The rows of a zone, as far as they are of a category. Plans may have rows without a number, and several with the same. */
function rowsOf(
  zone: PretixZone,
  category: string,
  seatSize: number,
): LayoutDocument['sections'][number]['placedRows'] {
  const labels = new Set<string>()
  return zone.rows.flatMap((each, at) => {
    const seats = each.seats.filter((seat) => (seat.category ?? '') === category)
    if (seats.length === 0) return []
    const label = unused(each.row_number.trim().slice(0, 6) || String(at + 1), labels)
    const origin = add(zone.position, each.position)
    return [{ label, seats: seatsOf(seats, origin, seatSize) }]
  })
}

function seatsOf(seats: PretixRow['seats'], origin: Point, seatSize: number) {
  const numbers = seats.map(({ seat_number: sign }) => (/^\d{1,5}$/.test(sign.trim()) ? Number(sign) : null))
  const areNumbers = !numbers.includes(null) && new Set(numbers).size === numbers.length
  const signs = new Set<string>()
  return seats.map(({ seat_number: sign, position: at }, index) => {
    const before = seats[index - 1]
    const gap = before !== undefined && distance(at, before.position) > AISLE * seatSize
    const label = areNumbers ? null : unused(sign.trim().slice(0, 6) || String(index + 1), signs)
    return { ...whole(add(origin, at)), number: areNumbers ? numbers[index] : null, label, gap }
  })
}

/** A name that is not taken yet, and is from now on: `Balcony`, `Balcony 2`. */
function unused(wanted: string, taken: Set<string>): string {
  let name = wanted
  for (let count = 2; taken.has(name); count++) name = `${wanted} ${count}`
  taken.add(name)
  return name
}

/** How far neighbours in a row usually are from each other: the median. */
function usualDistance({ zones }: PretixPlan): number {
  const distances = zones.flatMap((zone) =>
    zone.rows.flatMap(({ seats }) =>
      seats.slice(1).map((seat, at) => distance(seat.position, (seats[at] ?? seat).position)),
    ),
  )
  return distances.sort((a, b) => a - b)[Math.floor(distances.length / 2)] ?? 20
}

type PretixArea = z.infer<typeof area>

const captionOf = ({ text: words }: PretixArea): { text: string; at: Point | null } =>
  typeof words === 'string'
    ? { text: words, at: null }
    : { text: words?.text ?? '', at: words?.position ?? null }

/** Corners of a rectangle or polygon, turned as it is; null for other shapes. */
function outlineOf({
  position: at,
  rotation,
  rectangle,
  width,
  height,
  polygon,
}: PretixArea): Point[] | null {
  const size = rectangle ?? (width != null && height != null ? { width, height } : null)
  const corners =
    polygon?.points ??
    (size && [
      { x: 0, y: 0 },
      { x: size.width, y: 0 },
      { x: size.width, y: size.height },
      { x: 0, y: size.height },
    ])
  if (!corners || corners.length < 3) return null
  const angle = ((rotation ?? 0) * Math.PI) / 180
  return corners.map(({ x, y }) =>
    whole(
      add(at, {
        x: x * Math.cos(angle) - y * Math.sin(angle),
        y: x * Math.sin(angle) + y * Math.cos(angle),
      }),
    ),
  )
}
