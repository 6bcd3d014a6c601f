import { blocksFor, type FacingRow, middleOf, type Party, type SeatBlock, squared } from './best-seats.ts'
import { blocksOf, cleanChoice, freeRuns, orphansOf, type RankedSeat } from './orphan-rule.ts'
import type { Point } from './seat.ts'

/** A row, and which one of its section it is from the front. */
export interface PlacedFacingRow<T extends RankedSeat> extends FacingRow<T> {
  sectionId: string
  rowIndex: number
}

/** Two groups of a party, and how good they are: compared from the left, less is better. */
interface Pair<T extends RankedSeat> {
  groups: [T[], T[]]
  score: readonly number[]
}

/** So many places for the first group are tried with those of the second, where no two are one behind the other. */
const MOST_APART = 20
const ROWS_AT_ONCE = 64

/**
 * A party in two groups, as near to each other as there are any: over an aisle of one row, in rows one behind the other, or else in any two
 * rows. Nobody sits alone where that can be, and people in wheelchairs stay in one group, with somebody beside them. Only choices that the
 * no-orphan rule lets pass.
 * @param rows with their free seats. @returns the groups, the larger or that of the wheelchairs first; null when there are no such two.
 */
export function splitParty<T extends RankedSeat>(
  rows: readonly PlacedFacingRow<T>[],
  { quantity, wheelchairs }: Party,
): [T[], T[]] | null {
  const behind = Map.groupBy(rows, keyOf)
  const around = (row: PlacedFacingRow<T>) =>
    [-1, 0, 1].flatMap((step) => behind.get(keyOf({ ...row, rowIndex: row.rowIndex + step })) ?? [])
  const divisions = sizes(quantity, wheelchairs).map(([first, second]) => ({
    second,
    blocks: rows
      .flatMap((row) => bestOf(row, { quantity: first, wheelchairs }))
      .sort((a, b) => a.block.distance - b.block.distance),
  }))
  // Of a large hall only as many rows are looked through as there must be, from the focal point outwards.
  for (let at = 0; at < rows.length; at += ROWS_AT_ONCE) {
    const near = divisions.flatMap(({ second, blocks }) =>
      blocks
        .slice(at, at + ROWS_AT_ONCE)
        .flatMap(({ row, block }) => pairsOf(row, block, around(row), second)),
    )
    if (near.length > 0) return leastOf(near)?.groups ?? null
  }
  const far = divisions.flatMap(({ second, blocks }) =>
    blocks.slice(0, MOST_APART).flatMap(({ row, block }) => pairsOf(row, block, rows, second)),
  )
  return leastOf(far)?.groups ?? null
}

const keyOf = ({ sectionId, rowIndex }: { sectionId: string; rowIndex: number }): string =>
  `${sectionId} ${rowIndex}`

/** How a party can be divided in two, the larger group first; that of the wheelchairs, where there are some. */
function sizes(quantity: number, wheelchairs: number): [number, number][] {
  const least = wheelchairs === 0 ? Math.ceil(quantity / 2) : Math.min(wheelchairs + 1, quantity - 1)
  const count = Math.max(0, quantity - least)
  const firsts = Array.from({ length: count }, (_, at) => least + at).filter((first) => first >= wheelchairs)
  return firsts.map((first) => [first, quantity - first])
}

/** The best block of a row; none where it has no room. */
function bestOf<T extends RankedSeat>(
  row: PlacedFacingRow<T>,
  party: Party,
): { row: PlacedFacingRow<T>; block: SeatBlock<T> }[] {
  const [block] = blocksFor(row, party).sort((a, b) => a.drawback - b.drawback || a.distance - b.distance)
  return block ? [{ row, block }] : []
}

/** A block together with the nearest one to it of each of some rows. */
function pairsOf<T extends RankedSeat>(
  row: PlacedFacingRow<T>,
  first: SeatBlock<T>,
  others: readonly PlacedFacingRow<T>[],
  quantity: number,
): Pair<T>[] {
  const middle = middleOf(first.seats)
  return others.flatMap((other) => {
    if (other === row) return inOneRow(row, first, middle, quantity)
    const blocks = blocksFor(other, { quantity, wheelchairs: 0 })
    const second = leastOf(
      blocks.map((block) => ({ block, score: [block.drawback, squared(middleOf(block.seats), middle)] })),
    )
    return second ? [pairOf(first, second.block, middle)] : []
  })
}

/** Two blocks of one row leave nobody alone only if they are chosen as one: the first second one that does not. */
function inOneRow<T extends RankedSeat>(
  row: PlacedFacingRow<T>,
  first: SeatBlock<T>,
  middle: Point,
  quantity: number,
): Pair<T>[] {
  const taken = new Set(first.seats.map((seat) => seat.id))
  const left = row.seats.map((seat) => (taken.has(seat.id) ? { ...seat, free: false } : seat))
  const pairs = blocksFor({ ...row, seats: left }, { quantity, wheelchairs: 0 })
    .map((second) => pairOf(first, second, middle))
    .sort((a, b) => (isLess(a.score, b.score) ? -1 : 1))
  const found = pairs.find(({ groups }) => {
    const both = new Set(groups.flat().map((seat) => seat.id))
    return orphansOf(row.seats, both).length === 0
  })
  return found ? [found] : []
}

/** Somebody alone is worst, unless they are two or three in all; then what speaks against either; then how far apart they are. */
const pairOf = <T extends RankedSeat>(first: SeatBlock<T>, second: SeatBlock<T>, middle: Point): Pair<T> => ({
  groups: [first.seats, second.seats],
  score: [
    first.seats.length > 2 && second.seats.length === 1 ? 1 : 0,
    first.drawback + second.drawback,
    squared(middleOf(second.seats), middle),
    first.distance + second.distance,
  ],
})

function leastOf<T extends { score: readonly number[] }>(all: readonly T[]): T | null {
  let least: T | null = null
  for (const one of all) if (!least || isLess(one.score, least.score)) least = one
  return least
}

function isLess(a: readonly number[], b: readonly number[]): boolean {
  const at = a.findIndex((value, index) => value !== b[index])
  return at >= 0 && (a[at] ?? 0) < (b[at] ?? 0)
}

/**
 * Places for a party wherever there are any, in few groups, each as large as there are places for, and near the focal point; only a choice that
 * the no-orphan rule lets pass.
 * @param rows with their free seats. @returns the groups, the largest first; null when there are not as many seats.
 */
export function scatterParty<T extends RankedSeat>(
  rows: readonly PlacedFacingRow<T>[],
  quantity: number,
): T[][] | null {
  const runs = rows.flatMap((row) =>
    freeRuns(row.seats).map((run) => ({ row, run, distance: squared(middleOf(run), row.focal) })),
  )
  runs.sort((a, b) => b.run.length - a.run.length || a.distance - b.distance)
  const chosen = new Map<PlacedFacingRow<T>, T[]>()
  let wanted = quantity
  while (wanted > 0) {
    // The last group goes where it fills a run, or leaves two or more.
    const fitting = runs.filter(({ run }) => run.length === wanted || run.length >= wanted + 2)
    const next = fitting.sort((a, b) => a.distance - b.distance)[0] ?? runs[0]
    if (!next) return null
    runs.splice(runs.indexOf(next), 1)
    const taken = next.run.slice(0, wanted)
    chosen.set(next.row, [...(chosen.get(next.row) ?? []), ...taken])
    wanted -= taken.length
  }
  const groups = [...chosen].flatMap(([row, seats]) => blocksOf(acceptable(row, seats)))
  return groups.sort((a, b) => b.length - a.length)
}

/** As many seats of a row that leave nobody alone, where the row has such; in order of position. */
function acceptable<T extends RankedSeat>({ seats }: PlacedFacingRow<T>, chosen: readonly T[]): T[] {
  const inOrder = chosen.toSorted((a, b) => a.position - b.position)
  if (orphansOf(seats, new Set(inOrder.map((seat) => seat.id))).length === 0) return inOrder
  return cleanChoice(seats, inOrder.length, blocksOf(inOrder).length) ?? inOrder
}
