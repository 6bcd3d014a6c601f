import type { LayoutDocument, Table } from './layout-document.ts'
import { placing } from './expand-layout.ts'
import type { Point } from './seat.ts'
import type { NewSeat, NewSection } from './seat-map-store.ts'

/** A list, or the numbers from one on at equal steps. */
type Numbers = number[] | { from: number; step: number }

/** A row as a renderer needs it. Indices count its seats from 0, from the left. */
interface RowGeometry {
  label: string
  count: number
  x: Numbers
  y: Numbers
  numbers: Numbers
  /** What is written on its seats, where that is not their number. */
  labels?: string[]
  /** Seats before which an aisle or a gap is. */
  gaps?: number[]
  accessible?: number[]
  companion?: number[]
  obstructed?: number[]
}

type TableGeometry = Pick<Table, 'label' | 'shape'> &
  Point &
  Partial<Record<'radius' | 'width' | 'height' | 'rotation', number>>

/** Everything of a map that stays while it is sold, as docs/seat-maps.md documents it: the order of its seats is that of their statuses. */
export interface Geometry {
  format: 'karcis-seat-geometry/1'
  seatSize: number
  seatCount: number
  bounds: Point & { width: number; height: number }
  focal: Point | null
  stage: { outline: Point[]; label: string | null } | null
  floors: LayoutDocument['floors']
  sections: {
    name: string
    floor: string | null
    outline: Point[] | null
    rows: RowGeometry[]
    tables: TableGeometry[]
  }[]
  standing: { name: string; floor: string | null; outline: Point[]; capacity: number }[]
  labels: {
    text: string
    x: number
    y: number
    size: number | null
    rotation: number
    floor: string | null
  }[]
}

type Seated = Pick<NewSection, 'name'> & { seats: readonly Omit<NewSeat, 'blocked'>[] }

/**
 * The geometry of a map.
 * @param sections with their seats, in order; those without any are left out. @param layout what they were drawn by; null for given sections.
 */
export function geometryOf(
  sections: readonly Seated[],
  focal: Point | null,
  layout: LayoutDocument | null,
): Geometry {
  const drawn = new Map((layout?.sections ?? []).map((section) => [section.name, section]))
  const seated = sections.filter(({ seats }) => seats.length > 0)
  const geometry = {
    seatSize: layout?.seatSize ?? 1,
    stage: layout?.stage ? { outline: layout.stage.outline, label: layout.stage.label ?? null } : null,
    floors: layout?.floors ?? [],
    sections: seated.map(({ name, seats }) => {
      const section = drawn.get(name)
      const toRoom = section && placing(section)
      return {
        name,
        floor: section?.floor ?? null,
        outline: (toRoom && section.outline?.map(toRoom)) ?? null,
        rows: [...Map.groupBy(seats, (seat) => seat.rowIndex).values()].map(rowGeometry),
        tables: (section?.tables ?? []).map((table) => ({
          label: table.label,
          shape: table.shape,
          ...(toRoom?.(table) ?? { x: table.x, y: table.y }),
          ...(table.radius != null && { radius: table.radius }),
          ...(table.width != null && { width: table.width }),
          ...(table.height != null && { height: table.height }),
          rotation: (table.rotation + (section?.rotation ?? 0)) % 360,
        })),
      }
    }),
    standing: (layout?.standing ?? []).map(({ name, floor, outline, capacity }) => ({
      name,
      floor: floor ?? null,
      outline,
      capacity,
    })),
    labels: (layout?.labels ?? []).map(({ text, x, y, size, rotation, floor }) => ({
      text,
      x,
      y,
      size: size ?? null,
      rotation,
      floor: floor ?? null,
    })),
  }
  const outlines = [geometry.stage, ...geometry.sections, ...geometry.standing].map(
    (each) => each?.outline ?? [],
  )
  const points: Iterable<Point>[] = [...seated.map(({ seats }) => seats), ...outlines, geometry.labels]
  return {
    format: 'karcis-seat-geometry/1',
    seatSize: geometry.seatSize,
    seatCount: seated.reduce((sum, { seats }) => sum + seats.length, 0),
    bounds: boundsOf(points),
    focal,
    stage: geometry.stage,
    floors: geometry.floors,
    sections: geometry.sections,
    standing: geometry.standing,
    labels: geometry.labels,
  }
}

function rowGeometry(seats: Seated['seats'][number][]): RowGeometry {
  const labels = seats.map(({ label, number }) => label ?? String(number))
  const where = (is: (seat: Seated['seats'][number], at: number) => boolean): number[] =>
    seats.flatMap((seat, at) => (is(seat, at) ? at : []))
  const parts = {
    gaps: where(({ position }, at) => at > 0 && position !== (seats[at - 1]?.position ?? 0) + 1),
    accessible: where((seat) => seat.accessible),
    companion: where((seat) => seat.companion),
    obstructed: where((seat) => seat.obstructed),
  }
  return {
    label: seats[0]?.rowLabel ?? '',
    count: seats.length,
    x: numbers(seats.map((seat) => seat.x)),
    y: numbers(seats.map((seat) => seat.y)),
    numbers: numbers(seats.map((seat) => seat.number)),
    ...(seats.some(({ label }) => label !== null) && { labels }),
    ...Object.fromEntries(Object.entries(parts).filter(([, list]) => list.length > 0)),
  }
}

/** As short as it can be said. */
function numbers(list: number[]): Numbers {
  const from = list[0] ?? 0
  const step = (list[1] ?? from) - from
  return list.every((value, at) => value === from + at * step) ? { from, step } : list
}

function boundsOf(lists: readonly Iterable<Point>[]): Geometry['bounds'] {
  let [left, right, front, back] = [Infinity, -Infinity, Infinity, -Infinity]
  for (const list of lists)
    for (const { x, y } of list) {
      left = Math.min(left, x)
      right = Math.max(right, x)
      front = Math.min(front, y)
      back = Math.max(back, y)
    }
  return left > right
    ? { x: 0, y: 0, width: 0, height: 0 }
    : { x: left, y: front, width: right - left, height: back - front }
}
