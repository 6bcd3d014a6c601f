import { ACCESSIBLE, GAP_BEFORE, hasFlag, type Row, rowOfSeat, type SeatPlan } from './geometry.ts'

/** Whether a seat can be had by whoever asks: free, on sale, and what else is wanted. */
export type IsFree = (seat: number) => boolean

/** Seats `first` to `first + count - 1`, side by side. */
export interface Run {
  first: number
  count: number
}

/** Whether the seat before sits beside this one: in its row, with no gap between. */
const joinsBefore = (plan: SeatPlan, row: Row, seat: number): boolean =>
  seat > row.first && !hasFlag(plan, seat, GAP_BEFORE)

/** Runs of free neighbours of a row, from the left. */
export function freeRuns(plan: SeatPlan, row: Row, free: IsFree): Run[] {
  const runs: Run[] = []
  let open: Run | null = null
  for (let seat = row.first; seat < row.first + row.count; seat++) {
    if (!free(seat)) open = null
    else if (open && joinsBefore(plan, row, seat)) open.count += 1
    else runs.push((open = { first: seat, count: 1 }))
  }
  return runs
}

/** Runs of neighbours that are in a choice. */
const chosenRuns = (plan: SeatPlan, row: Row, chosen: ReadonlySet<number>): Run[] =>
  freeRuns(plan, row, (seat) => chosen.has(seat))

/**
 * The seats that a choice would leave alone, so that the server refuses it with ORPHAN_SEAT: free, beside the choice, and without a free
 * neighbour. None where the row has no better choice of as many seats, nor for a choice with a place for a wheelchair. The server decides;
 * this is so that people are told before they ask (docs/seat-maps.md, "the no-orphan rule").
 */
export function orphansOf(plan: SeatPlan, chosen: ReadonlySet<number>, free: IsFree): number[] {
  const rows = new Set([...chosen].map((seat) => rowOfSeat(plan, seat)))
  return [...rows].flatMap((row) => {
    const alone = leftAlone(plan, row, chosen, free)
    if (alone.length === 0) return []
    const runs = chosenRuns(plan, row, chosen)
    const seats = runs.flatMap(seatsOf)
    if (seats.some((seat) => hasFlag(plan, seat, ACCESSIBLE))) return []
    return hasCleanChoice(freeRuns(plan, row, free), seats.length, runs.length) ? alone : []
  })
}

function leftAlone(plan: SeatPlan, row: Row, chosen: ReadonlySet<number>, free: IsFree): number[] {
  const alone: number[] = []
  for (let seat = row.first; seat < row.first + row.count; seat++) {
    if (!free(seat) || chosen.has(seat)) continue
    const before = joinsBefore(plan, row, seat) ? seat - 1 : null
    const after = seat + 1 < row.first + row.count && joinsBefore(plan, row, seat + 1) ? seat + 1 : null
    const sides = [before, after].filter((side) => side !== null)
    const isOpen = (side: number) => free(side) && !chosen.has(side)
    if (!sides.some(isOpen) && sides.some((side) => chosen.has(side))) alone.push(seat)
  }
  return alone
}

/**
 * Whether so many seats can be taken of these runs, in at most so many blocks, with nobody left alone: each block is a whole run, or the
 * beginning of one of which two or more stay.
 */
function hasCleanChoice(runs: readonly Run[], quantity: number, mostBlocks: number): boolean {
  /** By how many are taken so far: the fewest blocks that does it in. */
  let fewest = new Map([[0, 0]])
  for (const { count } of runs) {
    const next = new Map(fewest)
    for (const [taken, blocks] of fewest) {
      if (blocks === mostBlocks) continue
      for (let take = 1; take <= Math.min(count, quantity - taken); take++) {
        if (take === count - 1 || (next.get(taken + take) ?? Infinity) <= blocks + 1) continue
        next.set(taken + take, blocks + 1)
      }
    }
    fewest = next
  }
  return fewest.has(quantity)
}

/** The seats of a run. */
export const seatsOf = ({ first, count }: Run): number[] =>
  Array.from({ length: count }, (_, at) => first + at)

/**
 * The block of so many free neighbours that holds a seat, with that in its middle where it can be; null when there is none. One that
 * leaves nobody alone is preferred, however far it moves over.
 */
export function blockAround(plan: SeatPlan, seat: number, size: number, free: IsFree): Run | null {
  const row = rowOfSeat(plan, seat)
  const run = freeRuns(plan, row, free).find(({ first, count }) => seat >= first && seat < first + count)
  if (!run || run.count < size) return null
  const wanted = seat - Math.floor((size - 1) / 2)
  const earliest = Math.max(run.first, seat - size + 1)
  const latest = Math.min(run.first + run.count - size, seat)
  const firsts = Array.from({ length: latest - earliest + 1 }, (_, at) => earliest + at).toSorted(
    (a, b) => Math.abs(a - wanted) - Math.abs(b - wanted),
  )
  const blocks = firsts.map((first) => ({ first, count: size }))
  const leavesNobody = (block: Run) => orphansOf(plan, new Set(seatsOf(block)), free).length === 0
  return blocks.find(leavesNobody) ?? blocks[0] ?? null
}
