import type { SeatStatus } from './seat.ts'
import type { NewSeat, NewSection } from './seat-map-store.ts'

/** A seat as it stands on a map, and what is true of it besides what a drawing says. */
export interface StandingSeat extends Omit<NewSeat, 'blocked'> {
  id: string
  sectionId: string
  section: string
  ticketTypeId: string
  status: SeatStatus
}

/** A seat as it is to stand. */
export interface WantedSeat extends NewSeat {
  section: string
  ticketTypeId: string
}

/** What becomes of a seat that is more than its place among others: nobody may do that to one who has it. */
export type SeatChange = 'REMOVED' | 'RETIERED' | 'RENAMED' | 'MOVED' | 'ALTERED'

export interface MapDiff {
  /** Seats that stay, with what they become; `change` is null for those that stay what they are to whoever has them. */
  kept: { seat: StandingSeat; wanted: WantedSeat; change: SeatChange | null }[]
  added: WantedSeat[]
  removed: StandingSeat[]
}

/** Seats of sections, each with its section. */
export const seatsOf = (sections: readonly NewSection[]): WantedSeat[] =>
  sections.flatMap(({ name: section, ticketTypeId, seats }) =>
    seats.map((seat) => ({ ...seat, section, ticketTypeId })),
  )

/**
 * What turns a map into another one. A seat is the same when it has the same section, row and sign; or else, when it alone stands where
 * a seat stood that is not there by its name any more: then it was renamed.
 */
export function diffMaps(standing: readonly StandingSeat[], wanted: readonly WantedSeat[]): MapDiff {
  const byName = new Map(standing.map((seat) => [nameOf(seat), seat]))
  const pairs: { seat: StandingSeat; wanted: WantedSeat }[] = []
  const unmatched: WantedSeat[] = []
  for (const each of wanted) {
    const seat = byName.get(nameOf(each))
    byName.delete(nameOf(each))
    if (seat) pairs.push({ seat, wanted: each })
    else unmatched.push(each)
  }
  const byPlace = Map.groupBy(byName.values(), placeOf)
  const wantedByPlace = Map.groupBy(unmatched, placeOf)
  const added = unmatched.filter((each) => {
    const [seat, ...others] = byPlace.get(placeOf(each)) ?? []
    if (!seat || others.length > 0 || wantedByPlace.get(placeOf(each))?.length !== 1) return true
    pairs.push({ seat, wanted: each })
    byName.delete(nameOf(seat))
    return false
  })
  const kept = pairs.map((pair) => ({ ...pair, change: changeOf(pair.seat, pair.wanted) }))
  return { kept, added, removed: [...byName.values()] }
}

/** Whether a seat that is kept has another place among the others: nobody sees that, but it has to be written. */
export const isReordered = (
  { sectionId, rowIndex, position }: StandingSeat,
  to: { sectionId: string; rowIndex: number; position: number },
): boolean => sectionId !== to.sectionId || rowIndex !== to.rowIndex || position !== to.position

function changeOf(seat: StandingSeat, wanted: WantedSeat): SeatChange | null {
  if (seat.ticketTypeId !== wanted.ticketTypeId) return 'RETIERED'
  if (nameOf(seat) !== nameOf(wanted) || seat.number !== wanted.number) return 'RENAMED'
  if (seat.x !== wanted.x || seat.y !== wanted.y) return 'MOVED'
  const isSame =
    seat.accessible === wanted.accessible &&
    seat.companion === wanted.companion &&
    seat.obstructed === wanted.obstructed
  return isSame ? null : 'ALTERED'
}

const nameOf = ({ section, rowLabel, label, number }: StandingSeat | WantedSeat): string =>
  `${section}\n${rowLabel}\n${label ?? number}`

const placeOf = ({ x, y }: StandingSeat | WantedSeat): string => `${x} ${y}`
