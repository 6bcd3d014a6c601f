import { createGathering } from '@karcis/kit/batch-loader'
import DataLoader from 'dataloader'
import type { Deps } from './domain/deps.ts'
import type { Seat, SeatMap, Section } from './domain/seat-map/seat.ts'
import { seatMapsOf, seatsById, seatsOfEvents, sectionsOf } from './domain/seat-map/seat-store.ts'
import type { Ticket } from './domain/tickets/ticket.ts'
import { ticketsById } from './domain/tickets/ticket-store.ts'
import type { TicketType } from './domain/inventory/ticket-type.ts'
import { ticketTypesByEvent, ticketTypesById } from './domain/inventory/ticket-type-store.ts'

/** What most pages show of an event, read with one query for all requests of this process that ask for it at once. */
export interface Readings {
  ticketType(id: string): Promise<TicketType | null>
  ticketTypesOfEvent(eventId: string): Promise<TicketType[]>
}

/** @param deps asked at each reading. */
export function createReadings(deps: () => Pick<Deps, 'reads'>): Readings {
  const types = createGathering(async (ids) => {
    const found = await ticketTypesById(deps().reads, ids)
    return new Map(found.map((type) => [type.id, type]))
  })
  const ofEvents = createGathering(async (eventIds) =>
    Map.groupBy(await ticketTypesByEvent(deps().reads, eventIds), (type) => type.eventId),
  )
  return {
    ticketType: async (id) => (isId(id) ? ((await types(id)) ?? null) : null),
    ticketTypesOfEvent: async (eventId) => (isId(eventId) ? ((await ofEvents(eventId)) ?? []) : []),
  }
}

export type Loaders = ReturnType<typeof createLoaders>

/** Everything of one tick in one query each. Made for one request: they remember what they have read. */
export function createLoaders({ db, readings }: Deps) {
  return {
    ticketType: new DataLoader((ids: readonly string[]) => Promise.all(ids.map(readings.ticketType))),
    ticketTypesOfEvent: new DataLoader((ids: readonly string[]) =>
      Promise.all(ids.map(readings.ticketTypesOfEvent)),
    ),
    seat: byId<Seat>((ids) => seatsById(db, ids)),
    seatsOfEvent: byEvent<Seat>((ids) => seatsOfEvents(db, ids)),
    sectionsOfEvent: byEvent<Section>((ids) => sectionsOf(db, ids)),
    seatMap: new DataLoader<string, SeatMap | null>(async (eventIds) => {
      const maps = new Map((await seatMapsOf(db, eventIds.filter(isId))).map((map) => [map.eventId, map]))
      return eventIds.map((id) => maps.get(id) ?? null)
    }),
    ticket: byId<Ticket>((ids) => ticketsById(db, ids)),
  }
}

function byId<T extends { id: string }>(
  read: (ids: readonly string[]) => Promise<T[]>,
): DataLoader<string, T | null> {
  return new DataLoader(async (ids) => {
    const found = new Map((await read(ids.filter(isId))).map((thing) => [thing.id, thing]))
    return ids.map((id) => found.get(id) ?? null)
  })
}

function byEvent<T extends { eventId: string }>(
  read: (ids: readonly string[]) => Promise<T[]>,
): DataLoader<string, T[]> {
  return new DataLoader(async (ids) => {
    const found = Map.groupBy(await read(ids.filter(isId)), (thing) => thing.eventId)
    return ids.map((id) => found.get(id) ?? [])
  })
}

/** What is not a UUID names nothing; Postgres would refuse the whole query over it. */
const isId = (id: string): boolean => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id)
