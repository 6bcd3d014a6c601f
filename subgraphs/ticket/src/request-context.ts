import { byKey, loaderOf } from '@karcis/kit/batch-loader'
import type { RequestScope } from '@karcis/kit/viewer'
import type { Deps } from './domain/deps.ts'
import { findSeatMaps, findSections } from './domain/seat-map/seat-map-store.ts'
import { findSeats, findSeatsOfEvents } from './domain/seat-map/seat-store.ts'
import { findTickets } from './domain/tickets/ticket-store.ts'

/** One request, or one event of a subscription. */
export interface Context extends RequestScope {
  deps: Deps
  loaders: Loaders
}

export const createContext = (deps: Deps, scope: RequestScope): Context => ({
  ...scope,
  deps,
  loaders: createLoaders(deps),
})

type Loaders = ReturnType<typeof createLoaders>

/** Everything of one turn in one query each. Made for one request: they remember what they have read. */
const createLoaders = ({ db, batchedReads }: Deps) => ({
  ticketType: loaderOf(batchedReads.ticketType),
  ticketTypesOfEvent: loaderOf(batchedReads.ticketTypesOfEvent),
  seat: byKey((ids) => findSeats(db, ids)),
  seatsOfEvent: byKey((eventIds) => findSeatsOfEvents(db, eventIds)),
  sectionsOfEvent: byKey((eventIds) => findSections(db, eventIds)),
  seatMap: byKey((eventIds) => findSeatMaps(db, eventIds)),
  ticket: byKey((ids) => findTickets(db, ids)),
})
