import { type Box, boxOf, middleOf, type Point } from './box.ts'
import { GridIndex } from './grid-index.ts'

/** A list, or the numbers from one on at equal steps. */
export type Numbers = readonly number[] | { readonly from: number; readonly step: number }

/** What `SeatMap.layoutUrl` gives: `karcis-seat-geometry/1` of docs/seat-maps.md. */
export interface Geometry {
  format: 'karcis-seat-geometry/1'
  seatSize: number
  seatCount: number
  bounds: Point & { width: number; height: number }
  stage: { outline: readonly Point[]; label: string | null } | null
  floors: readonly { id: string; name: string }[]
  sections: readonly {
    name: string
    floor: string | null
    outline: readonly Point[] | null
    rows: readonly RowGeometry[]
    tables: readonly TableGeometry[]
  }[]
  standing: readonly { name: string; floor: string | null; outline: readonly Point[]; capacity: number }[]
  labels: readonly (Point & { text: string; size: number | null; rotation: number; floor: string | null })[]
}

export interface RowGeometry {
  label: string
  count: number
  x: Numbers
  y: Numbers
  numbers: Numbers
  labels?: readonly string[]
  gaps?: readonly number[]
  accessible?: readonly number[]
  companion?: readonly number[]
  obstructed?: readonly number[]
}

type TableGeometry = Point & {
  label: string
  shape: string
  radius?: number
  width?: number
  height?: number
  rotation?: number
}

/** What is true of a seat for as long as the drawing is; bits of `SeatPlan.flags`. */
export const ACCESSIBLE = 1
export const COMPANION = 2
export const OBSTRUCTED = 4
/** An aisle or a gap is before it: nobody sits side by side across one. */
export const GAP_BEFORE = 8

/** A row: its seats are `first` to `first + count - 1`, from the left. */
export interface Row {
  readonly label: string
  /** Index of its section. */
  readonly section: number
  readonly first: number
  readonly count: number
  readonly numbers: Numbers
  readonly labels: readonly string[] | undefined
}

/** A section: its rows are `firstRow` to `firstRow + rowCount - 1`, its seats `first` to `first + count - 1`. */
export interface Section {
  readonly name: string
  readonly floor: string | null
  readonly firstRow: number
  readonly rowCount: number
  readonly first: number
  readonly count: number
  readonly box: Box
  /** Where its name goes: its middle, or, where it has no seats there, the seat nearest to it. */
  readonly anchor: Point
}

/** A drawing unpacked into flat arrays, one place a seat, in the order of statuses. Nothing of it ever changes. */
export interface SeatPlan {
  readonly geometry: Geometry
  readonly seatCount: number
  readonly x: Float32Array
  readonly y: Float32Array
  readonly flags: Uint8Array
  /** Index of each seat's row. */
  readonly rowOf: Uint32Array
  readonly rows: readonly Row[]
  readonly sections: readonly Section[]
  /** Where anything is drawn, seats' own size included. */
  readonly box: Box
  readonly index: GridIndex
}

/** Value i of a list that may be said as equal steps. */
const at = (numbers: Numbers, i: number): number =>
  'from' in numbers ? numbers.from + i * numbers.step : (numbers[i] ?? 0)

/** Writes the values of a row from a place on. */
function lay(numbers: Numbers, count: number, into: Float32Array, first: number): void {
  if ('from' in numbers) for (let i = 0; i < count; i++) into[first + i] = numbers.from + i * numbers.step
  else into.set(numbers, first)
}

/** Unpacks a drawing. */
export function planOf(geometry: Geometry): SeatPlan {
  const count = geometry.sections.reduce(
    (sum, section) => sum + section.rows.reduce((seats, row) => seats + row.count, 0),
    0,
  )
  const [x, y] = [new Float32Array(count), new Float32Array(count)]
  const [flags, rowOf] = [new Uint8Array(count), new Uint32Array(count)]
  const rows: Row[] = []
  const sections: Section[] = []
  let next = 0
  for (const [sectionAt, { name, floor, rows: drawn }] of geometry.sections.entries()) {
    const [first, firstRow] = [next, rows.length]
    for (const row of drawn) {
      lay(row.x, row.count, x, next)
      lay(row.y, row.count, y, next)
      rowOf.fill(rows.length, next, next + row.count)
      const mark = (list: readonly number[] | undefined, flag: number) => {
        for (const seat of list ?? []) flags[next + seat] = (flags[next + seat] ?? 0) | flag
      }
      mark(row.accessible, ACCESSIBLE)
      mark(row.companion, COMPANION)
      mark(row.obstructed, OBSTRUCTED)
      mark(row.gaps, GAP_BEFORE)
      const { label, numbers, labels } = row
      rows.push({ label, section: sectionAt, first: next, count: row.count, numbers, labels })
      next += row.count
    }
    const [rowCount, seats] = [rows.length - firstRow, next - first]
    const [sectionX, sectionY] = [x.subarray(first, next), y.subarray(first, next)]
    const box = boxOf(sectionX, sectionY)
    const anchor = anchorOf(box, sectionX, sectionY, geometry.seatSize * 3)
    sections.push({ name, floor, firstRow, rowCount, first, count: seats, box, anchor })
  }
  return {
    geometry,
    seatCount: count,
    x,
    y,
    flags,
    rowOf,
    rows,
    sections,
    box: padded(geometry),
    index: new GridIndex(x, y),
  }
}

/** What is written on a seat. */
export function seatLabel(plan: SeatPlan, seat: number): string {
  const row = rowOfSeat(plan, seat)
  return row.labels?.[seat - row.first] ?? String(seatNumber(plan, seat))
}

/** Its number in the row: no other seat's there. */
export function seatNumber(plan: SeatPlan, seat: number): number {
  const row = rowOfSeat(plan, seat)
  return at(row.numbers, seat - row.first)
}

/** Whether one of some flags is true of a seat. */
export const hasFlag = (plan: SeatPlan, seat: number, flags: number): boolean =>
  ((plan.flags[seat] ?? 0) & flags) !== 0

/** The row that a seat is in. @throws RangeError for a seat that the plan does not have. */
export function rowOfSeat(plan: SeatPlan, seat: number): Row {
  const row = plan.rows[plan.rowOf[seat] ?? -1]
  if (!row) throw new RangeError(`there is no seat ${seat}`)
  return row
}

/** The section that a seat is in. */
export const sectionOfSeat = (plan: SeatPlan, seat: number): number => rowOfSeat(plan, seat).section

/** The seat that is called so; -1 when there is none. @param number as `Seat.number` has it. */
export function findSeat(plan: SeatPlan, section: string, row: string, number: number): number {
  for (const each of plan.rows) {
    if (each.label !== row || plan.sections[each.section]?.name !== section) continue
    for (let seat = 0; seat < each.count; seat++)
      if (at(each.numbers, seat) === number) return each.first + seat
  }
  return -1
}

function anchorOf(box: Box, x: Float32Array, y: Float32Array, near: number): Point {
  const middle = middleOf(box)
  let nearest = -1
  let best = Infinity
  for (let seat = 0; seat < x.length; seat++) {
    const distance = ((x[seat] ?? 0) - middle.x) ** 2 + ((y[seat] ?? 0) - middle.y) ** 2
    if (distance >= best) continue
    nearest = seat
    best = distance
  }
  return best <= near ** 2 ? middle : { x: x[nearest] ?? 0, y: y[nearest] ?? 0 }
}

/** Bounds are of the seats' middles: half a seat and a little air around. */
function padded({ bounds: { x, y, width, height }, seatSize }: Geometry): Box {
  const air = seatSize * 1.5
  return { left: x - air, top: y - air, right: x + width + air, bottom: y + height + air }
}
