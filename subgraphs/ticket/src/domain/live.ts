import { CHANNELS } from '@karcis/kit/contracts/channels'
import { type Change, createLive, type Live } from '@karcis/kit/live'
import type { Logger } from '@karcis/kit/log'
import type { Bus } from '@karcis/kit/redis'
import { type CheckInChange, checkInsAfter, mergeCheckIns } from './check-ins/check-in.ts'
import { findCheckInChange } from './check-ins/check-in-store.ts'
import type { Db } from './database.ts'
import type { TicketType } from './inventory/ticket-type.ts'
import { findStock } from './inventory/ticket-type-store.ts'
import { mergeSeatChanges, type SeatMapChange, type SeatMapRead, seatChangeAfter } from './seat-map/seat.ts'
import { findSeatChange } from './seat-map/seat-store.ts'

/** The stock of an event as of a revision. Over the bus goes only that there is a newer one. */
export interface StockChange extends Change {
  ticketTypes: TicketType[]
}

/** What is published of seats, stock and check-ins after a commit. Any of it may be lost: watchers read what they miss. */
export interface LiveChanges {
  seats: Live<SeatMapChange>
  stock: Live<StockChange>
  checkIns: Live<CheckInChange>
}

/** Nobody sees so short a time, and in a rush one change of many seats is told for many of one. */
const MERGE_MS = 5

/**
 * @param db asked for at each read, so that a caller may replace it.
 * @param pollMs how late a change can be when the bus lost it.
 */
export function createLiveChanges(db: () => Db, bus: Bus, log: Logger, pollMs: number): LiveChanges {
  return {
    seats: createLive<SeatMapChange, SeatMapRead>({
      bus,
      log,
      pollMs,
      mergeMs: MERGE_MS,
      channel: CHANNELS.seatMap,
      read: (eventId, since) => findSeatChange(db(), eventId, since),
      after: seatChangeAfter,
      merge: mergeSeatChanges,
    }),
    stock: createLive<StockChange>({
      bus,
      log,
      pollMs,
      channel: CHANNELS.stock,
      async read(eventId, since) {
        const stock = await findStock(db(), eventId)
        return stock && stock.revision !== since ? { since, ...stock } : null
      },
      merge: (_waiting, next) => next,
    }),
    checkIns: createLive<CheckInChange>({
      bus,
      log,
      pollMs,
      channel: CHANNELS.checkIns,
      read: (eventId, since) => findCheckInChange(db(), eventId, since),
      after: checkInsAfter,
      merge: mergeCheckIns,
    }),
  }
}

/** Publishes a committed change of seats, and of the stock that moved with it; null when only stock moved. */
export function publishChange(live: LiveChanges, eventId: string, change: SeatMapChange | null): void {
  if (change) live.seats.publish(eventId, change)
  publishStock(live, eventId)
}

/** Publishes that the seats of an event were drawn anew: that is more than a message carries, so every watcher reads. */
export function publishRedrawn(live: LiveChanges, eventId: string, revision: number): void {
  live.seats.publish(eventId, { eventId, since: revision, revision, snapshot: true, seats: [] })
  publishStock(live, eventId)
}

/**
 * Publishes that the stock of an event changed. Its revision is known only to a read, so the message claims a gap that makes
 * every watcher read.
 */
export function publishStock(live: LiveChanges, eventId: string): void {
  live.stock.publish(eventId, {
    since: Number.MAX_SAFE_INTEGER,
    revision: Number.MAX_SAFE_INTEGER,
    ticketTypes: [],
  })
}

/** Publishes that somebody was checked in at an event: whoever watches reads who. */
export function publishCheckIns(live: LiveChanges, eventId: string): void {
  const { MAX_SAFE_INTEGER: beyond } = Number
  live.checkIns.publish(eventId, { eventId, since: beyond, revision: beyond, checkIns: [] })
}
