import type { LayoutDocument, LayoutSection, PlacedRow, RowGroup, Table } from './layout-document.ts'
import { labelsFrom } from './row-labels.ts'
import type { Point } from './seat.ts'

/** A seat of a drawing, where it stands in the room. */
export interface DrawnSeat extends Point {
  number: number
  /** What is written on it; null: its number. */
  label: string | null
  /** In its row from the left; neighbours differ by 1. */
  position: number
  accessible: boolean
  /** Beside an accessible one, for whoever comes along. */
  companion: boolean
  /** Whether not everything is seen from it. */
  obstructed: boolean
  /** Whether it is not for sale. */
  blocked: boolean
}

export interface DrawnRow {
  label: string
  seats: DrawnSeat[]
}

export interface DrawnSection {
  name: string
  floor: string | null
  priceTier: string | null
  outline: Point[] | null
  rows: DrawnRow[]
}

/** A seat as rows and tables place it: in the coordinates of its section, not rounded yet. */
type PlacedSeat = Pick<DrawnSeat, 'number' | 'label' | 'position'> & Point

/** What is written on a seat. */
export const writtenOn = ({ label, number }: Pick<DrawnSeat, 'label' | 'number'>): string =>
  label ?? String(number)

/**
 * Every seat of a drawing, section by section, row by row from the front, each row from the left: the same for the same drawing,
 * always. The drawing has no problems (layout-problems.ts).
 */
export const expandLayout = (layout: LayoutDocument): DrawnSection[] =>
  layout.sections.map((section) => expandSection(section, layout.seatSize))

function expandSection(section: LayoutSection, seatSize: number): DrawnSection {
  const toRoom = placing(section)
  const marked = (list: LayoutSection['accessible']): Set<string> =>
    new Set((list ?? []).flatMap(({ row, seats }) => seats.map((seat) => `${row}\n${seat}`)))
  const [accessible, companion, obstructed, blocked] = [
    marked(section.accessible),
    marked(section.companion),
    marked(section.obstructed),
    marked(section.blocked),
  ]
  const drawn = (label: string, seats: readonly PlacedSeat[]): DrawnRow => ({
    label,
    seats: seats.map((seat) => {
      const key = `${label}\n${writtenOn(seat)}`
      return {
        number: seat.number,
        label: seat.label === String(seat.number) ? null : seat.label,
        position: seat.position,
        ...toRoom(seat),
        accessible: accessible.has(key),
        companion: companion.has(key),
        obstructed: obstructed.has(key),
        blocked: blocked.has(key),
      }
    }),
  })
  return {
    name: section.name,
    floor: section.floor ?? null,
    priceTier: section.priceTier ?? null,
    outline: section.outline?.map(toRoom) ?? null,
    rows: [
      ...section.rows.flatMap((group) =>
        rowLabelsOf(group).map((label, index) => drawn(label, seatsOfRow(group, index, seatSize))),
      ),
      ...section.placedRows.map((row) => drawn(row.label, seatsOfPlacedRow(row))),
      ...section.tables.map((table) => drawn(table.label, seatsOfTable(table, seatSize))),
    ],
  }
}

/** From the coordinates of a section to those of the room, in whole units. */
export function placing({ origin, rotation }: LayoutSection): (at: Point) => Point {
  const turn = turning(rotation)
  return (at) => {
    const { x, y } = turn(at)
    return { x: round(origin.x + x), y: round(origin.y + y) }
  }
}

/** Clockwise as it is seen, because y grows downwards. */
function turning(degrees: number): (at: Point) => Point {
  const angle = (degrees * Math.PI) / 180
  const [sin, cos] = [Math.sin(angle), Math.cos(angle)]
  return ({ x, y }) => ({ x: x * cos - y * sin, y: x * sin + y * cos })
}

/** Never -0, which JSON does not have. */
const round = (value: number): number => Math.round(value) + 0

/** Labels of a group's rows, from the front. */
export const rowLabelsOf = ({ labels, rows, seatsByRow, firstLabel, skip }: RowGroup): string[] =>
  labels ?? labelsFrom(firstLabel ?? 'A', rows ?? seatsByRow?.length ?? 1, skip ?? [])

/** How many seats the row at `index` has. */
export const seatCountOfRow = ({ seats, seatsByRow }: RowGroup, index: number): number =>
  seatsByRow?.[index] ?? seats ?? 0

function seatsOfRow(group: RowGroup, index: number, seatSize: number): PlacedSeat[] {
  const count = seatCountOfRow(group, index)
  const numbers = numbersOf(group, count)
  const { offsets, positions } = offsetsOf(group, count, seatSize)
  const length = offsets.at(-1) ?? 0
  const start = { left: 0, centre: -length / 2, right: -length }[group.align]
  const depth = index * (group.pitch ?? seatSize)
  return offsets.map((offset, at) => ({
    number: numbers[at] ?? at + 1,
    label: group.seatLabels?.[at] ?? null,
    position: positions[at] ?? at + 1,
    ...alongRow(group, start + offset, depth),
  }))
}

/** Where the seats of a row are along it, from its left end: as lengths, and as positions, of which gaps leave one out. */
export function offsetsOf(
  { spacing, gaps }: RowGroup,
  count: number,
  seatSize: number,
): { offsets: number[]; positions: number[] } {
  const step = spacing ?? seatSize
  const gapAfter = new Map((gaps ?? []).map(({ after, width }) => [after, width ?? step]))
  const offsets: number[] = []
  const positions: number[] = []
  let [offset, position] = [0, 1]
  for (let at = 1; at <= count; at++) {
    offsets.push(offset)
    positions.push(position)
    const gap = gapAfter.get(at)
    offset += step + (gap ?? 0)
    position += gap === undefined ? 1 : 2
  }
  return { offsets, positions }
}

/** A place so far to the right of a group's anchor, and so far behind its first row: on a line, or on an arc around its centre. */
function alongRow({ x, y, radius }: RowGroup, along: number, depth: number): Point {
  if (radius == null) return { x: x + along, y: y + depth }
  const distance = radius + depth
  const angle = along / distance
  return { x: x + distance * Math.sin(angle), y: y - radius + distance * Math.cos(angle) }
}

/** Numbers of a row's seats, from the left. */
function numbersOf({ numbering, seatLabels }: RowGroup, count: number): number[] {
  const { from, start, numbers } = numbering ?? { from: 'left', start: 1, numbers: 'all' }
  const isOff = numbers !== 'all' && start % 2 === (numbers === 'odd' ? 0 : 1)
  const [first, step] = [start + (isOff ? 1 : 0), numbers === 'all' ? 1 : 2]
  const fromLeft = Array.from({ length: count }, (_, at) => (seatLabels ? at + 1 : first + at * step))
  return from === 'left' || seatLabels ? fromLeft : fromLeft.reverse()
}

function seatsOfPlacedRow({ seats }: PlacedRow): PlacedSeat[] {
  let position = 0
  return seats.map(({ x, y, label, number, gap }, at) => {
    position += gap && at > 0 ? 2 : 1
    return { x, y, number: number ?? at + 1, label: label ?? null, position }
  })
}

/** Clockwise from the front. */
function seatsOfTable(table: Table, seatSize: number): PlacedSeat[] {
  const turn = turning(table.rotation)
  const places = table.shape === 'round' ? aroundCircle(table, seatSize) : aroundRectangle(table, seatSize)
  return places.map((at, index) => {
    const { x, y } = turn(at)
    const label = table.seatLabels?.[index] ?? null
    return { x: table.x + x, y: table.y + y, number: index + 1, label, position: index + 1 }
  })
}

function aroundCircle({ seats, radius }: Table, seatSize: number): Point[] {
  const distance = radius ?? Math.max(seatSize, Math.ceil((seats * seatSize * 1.2) / (2 * Math.PI)))
  return Array.from({ length: seats }, (_, at) => {
    const angle = (2 * Math.PI * at) / seats
    return { x: distance * Math.sin(angle), y: -distance * Math.cos(angle) }
  })
}

function aroundRectangle(table: Table, seatSize: number): Point[] {
  const [front = 0, right = 0, behind = 0, left = 0] = sidesOf(table)
  const width = table.width ?? Math.max(front, behind, 1) * seatSize * 1.2
  const height = table.height ?? Math.max(right, left, 1) * seatSize * 1.2
  const across = spread(front, width).map((x) => ({ x, y: -height / 2 }))
  const down = spread(right, height).map((y) => ({ x: width / 2, y }))
  const back = spread(behind, width).map((x) => ({ x: -x, y: height / 2 }))
  const up = spread(left, height).map((y) => ({ x: -width / 2, y: -y }))
  return [...across, ...down, ...back, ...up]
}

/** How many seats each side of a rectangular table has, clockwise from the front. */
export const sidesOf = ({ sides, seats }: Table): number[] =>
  sides ?? [Math.ceil(seats / 2), 0, Math.floor(seats / 2), 0]

/** So many places evenly along a length, around its middle. */
const spread = (count: number, length: number): number[] =>
  Array.from({ length: count }, (_, at) => ((at + 0.5) / count - 0.5) * length)
