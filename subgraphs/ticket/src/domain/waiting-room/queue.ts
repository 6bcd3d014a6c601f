import { createHmac } from 'node:crypto'

/** The waiting room of an event, as its organizer has set it. */
export interface Queue {
  id: string
  eventId: string
  /** Who comes before it is drawn at random, who comes later is served first come, first served. */
  opensAt: Date
  /** Null: as many as there are places available. */
  admitPerMinute: number | null
  /** Whether whoever takes places must have passed it. */
  enabled: boolean
  /** Whether it has opened, by the database's clock. */
  open: boolean
  /** When the event ends: nobody waits any longer. */
  endsAt: Date
  seed: Uint8Array
}

export type QueueStatus = 'NOT_REQUIRED' | 'NOT_JOINED' | 'BEFORE_OPENING' | 'WAITING' | 'ADMITTED'

/** Where somebody stands. */
export interface QueuePosition {
  eventId: string
  userId: string
  status: QueueStatus
  queue: Queue | null
  /** From 1; null unless they wait. */
  position: number | null
  /** How many are in the line; null unless they are in it. */
  waiting: number | null
  /** Until when somebody who was admitted may take places. */
  admittedUntil: Date | null
}

const DRAW_BITS = 48

/**
 * The place of somebody who is there before the opening: lower than that of all who come later, for these are numbered by the
 * microseconds of their coming. The same however often they come, and known to nobody who has not the seed.
 */
export const drawnPlace = (seed: Uint8Array, userId: string): number =>
  createHmac('sha256', seed)
    .update(userId)
    .digest()
    .readUIntBE(0, DRAW_BITS / 8)

/** How fast the line is taken to move where nothing is known of it, in people a second. */
const UNKNOWN_PACE = 50

/** People a second, about. */
const paceOf = ({ admitPerMinute }: Queue): number =>
  admitPerMinute === null ? UNKNOWN_PACE : admitPerMinute / 60

/** In how many seconds it is somebody's turn, at a position, as far as that can be told. */
export const secondsToGo = (queue: Queue, position: number): number | null =>
  queue.admitPerMinute === null ? null : Math.ceil(position / paceOf(queue))

const SOONEST_SECONDS = 1
const LATEST_SECONDS = 60

/** After how many seconds to look again where somebody stands: who has an hour to go need not hear of every step. */
export const secondsToNextLook = (queue: Queue, position: number): number =>
  Math.min(LATEST_SECONDS, Math.max(SOONEST_SECONDS, position / paceOf(queue) / 20))
