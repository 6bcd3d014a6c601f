import type { FieldProblem } from '@karcis/kit/errors'
import {
  type DrawnSection,
  expandLayout,
  offsetsOf,
  rowLabelsOf,
  seatCountOfRow,
  sidesOf,
  writtenOn,
} from './expand-layout.ts'
import {
  FARTHEST,
  type LayoutDocument,
  type LayoutSection,
  type RowGroup,
  type Table,
} from './layout-document.ts'
import { MAX_SEATS } from './seat-store.ts'

/** More of one kind say nothing new, and an answer has room for so many. */
const MAX_PROBLEMS = 200

/** Seats of all sections together, counted without drawing them. */
export const countSeats = (layout: LayoutDocument): number =>
  layout.sections.reduce((sum, section) => sum + countSeatsOfSection(section), 0)

function countSeatsOfSection({ rows, placedRows, tables }: LayoutSection): number {
  let count = 0
  for (const { seats, seatsByRow, ...group } of rows)
    count +=
      seatsByRow?.reduce((sum, each) => sum + each, 0) ?? rowCountOf({ ...group, seatsByRow }) * (seats ?? 0)
  for (const { seats } of placedRows) count += seats.length
  for (const { seats } of tables) count += seats
  return count
}

const rowCountOf = ({ labels, rows, seatsByRow }: Pick<RowGroup, 'labels' | 'rows' | 'seatsByRow'>): number =>
  labels?.length ?? rows ?? seatsByRow?.length ?? 1

/** Everything wrong with a drawing that is well-formed field by field. @param path of it, as `input.layout`. */
export function layoutProblems(layout: LayoutDocument, path: string): FieldProblem[] {
  const problems: FieldProblem[] = []
  const report = (at: string, message: string): void => {
    problems.push({ path: at === '' ? path : `${path}.${at}`, message })
  }
  const count = countSeats(layout)
  // What is too large is not looked at any further: its rows are not even named.
  if (count > MAX_SEATS)
    return [
      { path: `${path}.sections`, message: `must have at most ${MAX_SEATS} seats in all, not ${count}` },
    ]
  if (layout.sections.length + layout.standing.length === 0)
    report('sections', 'needs at least one, or some standing')
  checkNames(layout, report)
  for (const [at, section] of layout.sections.entries())
    checkSection(section, layout.seatSize, (below, message) => report(`sections.${at}.${below}`, message))
  // What does not hold together cannot be drawn.
  if (problems.length === 0) checkSeats(layout, expandLayout(layout), report)
  return problems.slice(0, MAX_PROBLEMS)
}

type Report = (path: string, message: string) => void

function checkNames({ floors, sections, standing, labels }: LayoutDocument, report: Report): void {
  const ids = new Set<string>()
  for (const [at, { id }] of floors.entries()) {
    if (ids.has(id)) report(`floors.${at}.id`, 'is the id of a floor before it')
    ids.add(id)
  }
  const names = new Set<string>()
  for (const [kind, list] of Object.entries({ sections, standing })) {
    for (const [at, { name, floor }] of list.entries()) {
      if (names.has(name)) report(`${kind}.${at}.name`, 'is the name of a section or standing area before it')
      names.add(name)
      if (floor != null && !ids.has(floor)) report(`${kind}.${at}.floor`, 'is not the id of a floor')
    }
  }
  for (const [at, { floor }] of labels.entries())
    if (floor != null && !ids.has(floor)) report(`labels.${at}.floor`, 'is not the id of a floor')
}

function checkSection(section: LayoutSection, seatSize: number, report: Report): void {
  if (countSeatsOfSection(section) === 0) report('rows', 'must have a seat; what has none is standing')
  const labels = new Set<string>()
  const take = (label: string, at: string): void => {
    if (labels.has(label)) report(at, `must not be ${label} again: a row before it has this label`)
    labels.add(label)
  }
  for (const [at, group] of section.rows.entries()) {
    const here = `rows.${at}`
    checkGroup(group, seatSize, (below, message) => report(`${here}.${below}`, message))
    for (const label of rowLabelsOf(group))
      take(label, group.labels ? `${here}.labels` : `${here}.firstLabel`)
  }
  for (const [at, { label }] of section.placedRows.entries()) take(label, `placedRows.${at}.label`)
  for (const [at, table] of section.tables.entries()) {
    take(table.label, `tables.${at}.label`)
    checkTable(table, (below, message) => report(`tables.${at}.${below}`, message))
  }
}

function checkGroup(group: RowGroup, seatSize: number, report: Report): void {
  const { labels, rows, seats, seatsByRow, seatLabels, numbering, radius } = group
  const rowCount = rowCountOf(group)
  if (labels && rows != null && rows !== labels.length)
    report('rows', `must be as many as labels (${labels.length}), or left out`)
  if (seats == null && !seatsByRow) report('seats', 'is needed, or seatsByRow')
  if (seats != null && seatsByRow) report('seatsByRow', 'cannot be given together with seats')
  if (seatsByRow && seatsByRow.length !== rowCount)
    report('seatsByRow', `must be as many as there are rows (${rowCount})`)
  if (seatLabels) {
    if (new Set(seatLabels).size !== seatLabels.length) report('seatLabels', 'must be distinct')
    if (seats !== seatLabels.length) report('seatLabels', 'must be as many as seats, the same in each row')
    if (numbering) report('numbering', 'cannot be given together with seatLabels')
  }
  const after = (group.gaps ?? []).map((gap) => gap.after)
  if (new Set(after).size !== after.length) report('gaps', 'must be after different seats')
  if (radius == null) return
  for (let index = 0; index < rowCount; index++) {
    const { offsets } = offsetsOf(group, seatCountOfRow(group, index), seatSize)
    const around = Math.PI * (radius + index * (group.pitch ?? seatSize))
    if ((offsets.at(-1) ?? 0) <= around) continue
    return report('radius', 'is too small: a row would be longer than half of its circle')
  }
}

function checkTable(table: Table, report: Report): void {
  const { seats, seatLabels, shape, sides, radius, width, height } = table
  if (seatLabels && new Set(seatLabels).size !== seatLabels.length) report('seatLabels', 'must be distinct')
  if (seatLabels && seatLabels.length !== seats) report('seatLabels', `must be as many as seats (${seats})`)
  if (shape === 'round' && (sides || width != null || height != null))
    report('shape', 'must be rectangle for a table with sides, width or height')
  if (shape === 'rectangle' && radius != null) report('radius', 'is for round tables')
  if (sidesOf(table).reduce((sum, side) => sum + side, 0) !== seats)
    report('sides', `must come to ${seats} seats`)
}

/** Whether each seat has a number and a sign of its own in its row, a place of its own on its floor, and is what marks name. */
function checkSeats(layout: LayoutDocument, sections: readonly DrawnSection[], report: Report): void {
  const takenBy = new Map<string, string>()
  for (const [at, section] of sections.entries()) {
    const here = `sections.${at}`
    const signs = new Map<string, Set<string>>()
    let [meets, isFar] = ['', false]
    for (const [index, { label, seats }] of section.rows.entries()) {
      const ofRow = new Set(seats.map(writtenOn))
      signs.set(label, ofRow)
      if (ofRow.size !== seats.length || new Set(seats.map((seat) => seat.number)).size !== seats.length)
        report(
          placeOfRow(layout.sections[at] as LayoutSection, here, index),
          `has a number or label twice in row ${label}`,
        )
      for (const { x, y } of seats) {
        const place = `${section.floor ?? ''}\n${x}\n${y}`
        const other = takenBy.get(place)
        if (other !== undefined && !meets) meets = other
        takenBy.set(place, section.name)
        isFar ||= Math.abs(x) > FARTHEST || Math.abs(y) > FARTHEST
      }
    }
    if (meets) report(here, `puts a seat where ${meets} has one`)
    if (isFar) report(here, `must stay within ${FARTHEST} units of the origin`)
    for (const kind of ['accessible', 'companion', 'obstructed', 'blocked'] as const)
      for (const [index, { row, seats }] of (layout.sections[at]?.[kind] ?? []).entries()) {
        const unknown = seats.find((seat) => !signs.get(row)?.has(seat))
        if (unknown !== undefined)
          report(`${here}.${kind}.${index}`, `names ${row}-${unknown}, which is not a seat of this section`)
      }
  }
}

/** Path of the row at `index` among all rows of a section. */
function placeOfRow({ rows, placedRows }: LayoutSection, path: string, index: number): string {
  let left = index
  for (const [at, group] of rows.entries()) {
    const count = rowCountOf(group)
    if (left < count) return `${path}.rows.${at}`
    left -= count
  }
  return left < placedRows.length
    ? `${path}.placedRows.${left}`
    : `${path}.tables.${left - placedRows.length}`
}
