import type { EventVisibility } from '../events/event-copy.ts'
import type { Change } from '@karcis/kit/live'
import { idSchema } from '@karcis/kit/ids'
import { z } from 'zod'

export type SeatStatus = 'AVAILABLE' | 'HELD' | 'SOLD' | 'BLOCKED'

/** A seat as of now: one whose hold is past its time is AVAILABLE. */
export interface Seat {
  id: string
  eventId: string
  /** Name of its section. */
  section: string
  row: string
  number: number
  /** What is written on it: its number, unless the room has signs of its own. */
  label: string
  status: SeatStatus
  heldUntil: Date | null
  ticketTypeId: string
  accessible: boolean
  companion: boolean
  obstructed: boolean
  x: number
  y: number
}

/** A place on the map in its units; y grows from front to back. */
export interface Point {
  x: number
  y: number
}

/** Whose event it is, and where that stands, says who may see the map. */
export interface SeatMap extends EventVisibility {
  eventId: string
  revision: number
  focal: Point | null
  /** The drawing that it was made of; null for given sections, and for those of its room. */
  layoutId: string | null
  /** Of where its seats stand (geometry-store.ts); null for a map from before, until somebody asks. */
  geometryHash: string | null
}

export interface Section {
  id: string
  eventId: string
  ticketTypeId: string
  name: string
  seatCount: number
  /** How many people a standing area holds; null for a section with seats. */
  capacity: number | null
}

/** Everything that changed on a seat map after revision `since`, as of `revision`. */
export interface SeatMapChange extends Change {
  eventId: string
  /** Whether `seats` is the whole map. */
  snapshot: boolean
  seats: Seat[]
}

/** A change as it was read: with the revision at which each of `seats` last changed, none lower than that before it. */
export interface SeatMapRead extends SeatMapChange {
  revisions: readonly number[]
  /** The revision at which the map was drawn last: whoever has an earlier one has other seats. */
  drawnRevision: number
}

/** What of a change came after a later revision than it began at. The seats are those of the change, not copies. */
export function seatChangeAfter(
  { revisions, drawnRevision, ...change }: SeatMapRead,
  since: number,
): SeatMapChange {
  if (since < drawnRevision) return { ...change, since, snapshot: true }
  let [from, to] = [0, revisions.length]
  while (from < to) {
    const middle = (from + to) >> 1
    if ((revisions[middle] ?? 0) > since) to = middle
    else from = middle + 1
  }
  return { ...change, since, snapshot: false, seats: change.seats.slice(from) }
}

/** Ids of at most `max` seats, none of them twice. */
export const seatIdsSchema = (max: number) =>
  z
    .array(idSchema)
    .min(1, 'must name at least one')
    .max(max, `must name at most ${max}`)
    .refine((ids) => new Set(ids).size === ids.length, 'must not name one twice')

/** A seat in words, as on a ticket: `Stalls B-12`. */
export const seatLabel = (seat: Pick<Seat, 'section' | 'row' | 'label'>): string =>
  `${seat.section} ${seat.row}-${seat.label}`

/** Two change sets that a slow watcher has not read yet, as one: the newest state of each seat. After a snapshot there are no others. */
export function mergeSeatChanges(waiting: SeatMapChange, next: SeatMapChange): SeatMapChange {
  if (next.snapshot) return { ...next, since: waiting.since }
  const seats = new Map(waiting.seats.map((seat) => [seat.id, seat]))
  for (const seat of next.seats) seats.set(seat.id, seat)
  return {
    eventId: next.eventId,
    since: waiting.since,
    revision: next.revision,
    snapshot: waiting.snapshot,
    seats: [...seats.values()],
  }
}

/** Those of `wanted` that are not in `found`, in the order of `wanted`. */
export function missingFrom<T>(wanted: readonly T[], found: readonly T[]): T[] {
  const known = new Set(found)
  return wanted.filter((item) => !known.has(item))
}
