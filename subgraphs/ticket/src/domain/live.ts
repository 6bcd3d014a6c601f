import { mapAsync } from '@karcis/kit/async-queue'
import { NotFound } from '@karcis/kit/errors'
import { type Change, createLive, type Live } from '@karcis/kit/live'
import type { Logger } from '@karcis/kit/log'
import type { Bus } from '@karcis/kit/redis'
import type { Deps } from './deps.ts'
import { requireId } from './input.ts'
import { knownEvent } from './events/event-copy.ts'
import { mergeSeatChanges, type SeatMapChange } from './seat-map/seat.ts'
import { seatChangesSince, seatMapsOf } from './seat-map/seat-store.ts'
import type { TicketType } from './inventory/ticket-type.ts'
import { stockOfEvent } from './inventory/ticket-type-store.ts'
import type { Db } from './database.ts'

/** The stock of an event as of a revision. What goes over the bus says only that there is news. */
export interface StockChange extends Change {
  ticketTypes: TicketType[]
}

/** What is told of seats and stock after a commit. Any of it may be lost: watchers read what they miss. */
export interface News {
  seats: Live<SeatMapChange>
  stock: Live<StockChange>
}

/** @param db asked for each read, so that a caller may replace it. @param pollMs how late news can be when the bus loses it. */
export function createNews(db: () => Db, bus: Bus, log: Logger, pollMs: number): News {
  return {
    seats: createLive<SeatMapChange>({
      bus,
      log,
      pollMs,
      channel: (eventId) => `seat-map:${eventId}`,
      read: (eventId, since) => seatChangesSince(db(), eventId, since),
      merge: mergeSeatChanges,
    }),
    stock: createLive<StockChange>({
      bus,
      log,
      pollMs,
      channel: (eventId) => `stock:${eventId}`,
      async read(eventId, since) {
        const stock = await stockOfEvent(db(), eventId)
        return stock && stock.revision > since ? { since, ...stock } : null
      },
      merge: (_waiting, next) => next,
    }),
  }
}

/** Tells of a committed change set of seats, and of the stock that moved with it. */
export function publishSeats({ news }: Deps, change: SeatMapChange): void {
  news.seats.publish(change.eventId, change)
  publishStock(news, change.eventId)
}

/** Tells that the stock of an event moved. Its revision is known only to a read, so the message claims a gap: every watcher reads. */
export function publishStock(news: News, eventId: string): void {
  news.stock.publish(eventId, {
    since: Number.MAX_SAFE_INTEGER,
    revision: Number.MAX_SAFE_INTEGER,
    ticketTypes: [],
  })
}

/**
 * Seats of an event as they change.
 * @param sinceRevision what the watcher has; null for news from now on. One that this map has not reached yet comes from
 *   elsewhere: such a watcher is given the whole map.
 * @throws NotFound when the event has no seat map.
 */
export async function watchSeatMap(
  deps: Deps,
  eventId: string,
  sinceRevision: number | null,
): Promise<AsyncIterableIterator<SeatMapChange>> {
  const [map] = await seatMapsOf(deps.db, [requireId(eventId, 'eventId')])
  if (!map) throw new NotFound('seat map of the event', eventId)
  const since = sinceRevision ?? map.revision
  return mapAsync(deps.news.seats.watch(eventId, since > map.revision ? 0 : Math.max(0, since)), revive)
}

/** All ticket types of an event whenever one changed, from now on. @throws NotFound when there is no such event. */
export async function watchStock(deps: Deps, eventId: string): Promise<AsyncIterableIterator<TicketType[]>> {
  await knownEvent(deps, requireId(eventId, 'eventId'))
  const stock = await stockOfEvent(deps.db, eventId)
  return mapAsync(deps.news.stock.watch(eventId, stock?.revision ?? 0), (change) => change.ticketTypes)
}

/** Instants that came over the bus are text. */
const revive = (change: SeatMapChange): SeatMapChange => ({
  ...change,
  seats: change.seats.map((seat) => ({ ...seat, heldUntil: seat.heldUntil && new Date(seat.heldUntil) })),
})
