/** A seat of a row as far as the rule needs it. */
export interface RowSeat {
  id: string
  /** Neighbours differ by 1; a gap is an aisle. */
  position: number
  free: boolean
}

/**
 * The seats of one row that a choice would leave alone: free, with the choice on one side and the choice, a taken seat, an aisle or
 * the end of the row on the other. None when the row has no better choice of as many seats: the rule must not make seats unsellable.
 * @param row all seats of the row, in order of position. @param chosen ids of seats of this row, all free.
 */
export function orphansOf(row: readonly RowSeat[], chosen: ReadonlySet<string>): string[] {
  const orphans = leftAlone(row, chosen)
  return orphans.length > 0 && hasBetterChoice(row, row.filter((seat) => chosen.has(seat.id)).length)
    ? orphans
    : []
}

/** How far from a choice seats can be that decide whether it leaves any alone. */
export const ORPHAN_REACH = 2

/**
 * Free seats that the choice would leave without a free neighbour, and that touch the choice.
 * @param row seats of one row in order of position: at least all within ORPHAN_REACH of the choice.
 */
export function leftAlone(row: readonly RowSeat[], chosen: ReadonlySet<string>): string[] {
  return row
    .filter((seat, at) => {
      if (!seat.free || chosen.has(seat.id)) return false
      const sides = [neighbour(row, at, -1), neighbour(row, at, 1)]
      const isOpen = (side: RowSeat | null) => side?.free === true && !chosen.has(side.id)
      return !sides.some(isOpen) && sides.some((side) => side !== null && chosen.has(side.id))
    })
    .map((seat) => seat.id)
}

/** Runs of free neighbours, in order. */
export function freeRuns<T extends RowSeat>(row: readonly T[]): T[][] {
  const runs: T[][] = []
  let last: T | null = null
  for (const seat of row) {
    if (seat.free) {
      if (last?.free && seat.position === last.position + 1) runs.at(-1)?.push(seat)
      else runs.push([seat])
    }
    last = seat
  }
  return runs
}

/** A run that the choice fills, or from whose end it can be taken leaving two or more. */
const hasBetterChoice = (row: readonly RowSeat[], quantity: number): boolean =>
  freeRuns(row).some((run) => run.length === quantity || run.length >= quantity + 2)

function neighbour(row: readonly RowSeat[], at: number, step: 1 | -1): RowSeat | null {
  const seat = row[at]
  const next = row[at + step]
  return seat && next && next.position === seat.position + step ? next : null
}
