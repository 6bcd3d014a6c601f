import type { FieldProblem } from '@karcis/kit/errors'
import { labelsFrom } from '../seat-map/row-labels.ts'
import type { Point } from '../seat-map/seat.ts'
import type { NewSection } from '../seat-map/seat-map-store.ts'

/** A section as an organizer describes it. */
export interface SectionPlan {
  name: string
  ticketTypeId: string
  rows: number
  seatsPerRow: number
  rowLabels?: string[] | null | undefined
  accessible?: SeatPlace[] | null | undefined
  blocked?: SeatPlace[] | null | undefined
  origin?: Point | null | undefined
}

/** A seat by its row and number. */
interface SeatPlace {
  row: string
  number: number
}

/** Rows left free between two sections that are placed one behind the other. */
const GAP = 2

/** Everything wrong with sections that are well-formed one by one. @param path of the list, as `input.sections`. */
export function planProblems(
  sections: readonly SectionPlan[],
  maxSeats: number,
  path: string,
): FieldProblem[] {
  const problems: FieldProblem[] = []
  const names = new Set<string>()
  let total = 0
  for (const [at, section] of sections.entries()) {
    const here = `${path}.${at}`
    total += section.rows * section.seatsPerRow
    if (names.has(section.name))
      problems.push({ path: `${here}.name`, message: 'is the name of a section before it' })
    names.add(section.name)
    const labels = new Set(rowLabels(section))
    if (labels.size !== section.rows)
      problems.push({ path: `${here}.rowLabels`, message: 'must name every row, each differently' })
    for (const kind of ['accessible', 'blocked'] as const) {
      for (const [index, { row, number }] of (section[kind] ?? []).entries()) {
        const exists = labels.has(row) && number >= 1 && number <= section.seatsPerRow
        if (!exists)
          problems.push({ path: `${here}.${kind}.${index}`, message: 'is not a seat of this section' })
      }
    }
  }
  for (const [at, other] of overlaps(sections)) {
    const message = `puts seats where ${sections[other]?.name} has some`
    problems.push({ path: `${path}.${at}.origin`, message })
  }
  if (total > maxSeats) problems.push({ path, message: `must have at most ${maxSeats} seats in all` })
  return problems
}

/** Sections that stand where one before them stands, with the first of those. */
function overlaps(sections: readonly SectionPlan[]): [at: number, other: number][] {
  const origins = originsOf(sections)
  const meet = (a: number, b: number, of: 'x' | 'y', length: (section: SectionPlan) => number): boolean => {
    const [first, second] = [origins[a]?.[of] ?? 0, origins[b]?.[of] ?? 0]
    return (
      first < second + length(sections[b] as SectionPlan) &&
      second < first + length(sections[a] as SectionPlan)
    )
  }
  return sections.flatMap((_, at): [number, number][] => {
    const other = sections
      .slice(0, at)
      .findIndex(
        (__, before) => meet(at, before, 'x', (s) => s.seatsPerRow) && meet(at, before, 'y', (s) => s.rows),
      )
    return other < 0 ? [] : [[at, other]]
  })
}

/** Where each section's first seat stands. Those without an origin stand one behind the other, centred. */
function originsOf(sections: readonly SectionPlan[]): Point[] {
  let nextY = 0
  return sections.map(({ origin, rows, seatsPerRow }) => {
    const at = origin ?? { x: -Math.floor(seatsPerRow / 2), y: nextY }
    nextY = Math.max(nextY, at.y + rows + GAP)
    return at
  })
}

/** The sections with their seats, in order. */
export function planSeats(sections: readonly SectionPlan[]): NewSection[] {
  const origins = originsOf(sections)
  return sections.map((section, at) => {
    const origin = origins[at] as Point
    const accessible = new Set((section.accessible ?? []).map(placeKey))
    const blocked = new Set((section.blocked ?? []).map(placeKey))
    const seats = rowLabels(section).flatMap((row, rowIndex) =>
      Array.from({ length: section.seatsPerRow }, (_, index) => {
        const number = index + 1
        const key = placeKey({ row, number })
        return {
          rowLabel: row,
          rowIndex,
          number,
          label: null,
          position: number,
          x: origin.x + index,
          y: origin.y + rowIndex,
          accessible: accessible.has(key),
          companion: false,
          obstructed: false,
          blocked: blocked.has(key),
        }
      }),
    )
    return { name: section.name, ticketTypeId: section.ticketTypeId, capacity: null, seats }
  })
}

/** Labels of a section's rows from the front: as given, or A to Z, AA, AB and so on. */
const rowLabels = ({ rows, rowLabels: given }: SectionPlan): string[] => given ?? labelsFrom('A', rows)

const placeKey = ({ row, number }: SeatPlace): string => `${row} ${number}`
