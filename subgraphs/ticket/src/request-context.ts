import { byKey, type IdLoader, loaderOf } from '@karcis/kit/batch-loader'
import type { RequestScope } from '@karcis/kit/viewer'
import { findHolds } from './domain/allocation/hold-store.ts'
import type { Db } from './domain/database.ts'
import type { Deps } from './domain/deps.ts'
import type { TicketType } from './domain/inventory/ticket-type.ts'
import { findSeatMaps, findSections } from './domain/seat-map/seat-map-store.ts'
import { findSeats, findSeatsOfEvents } from './domain/seat-map/seat-store.ts'
import type { Ticket } from './domain/tickets/ticket.ts'
import { countTicketsOfOwners, findTickets, listTicketsOfOwners } from './domain/tickets/ticket-store.ts'
import { countAdmissions } from './domain/waiting-room/queue-store.ts'
import type { TicketReads } from './domain/viewing/read-tickets.ts'

/** One request, or one event of a subscription. */
export interface Context extends RequestScope {
  deps: Deps
  loaders: Loaders
  /** Ticket types of seat maps that were asked for: read once a map, for it has thousands of seats of few types. */
  seatTypes: Map<string, TicketType>
}

export const createContext = (deps: Deps, scope: RequestScope): Context => ({
  ...scope,
  deps,
  loaders: createLoaders(deps),
  seatTypes: new Map(),
})

type Loaders = ReturnType<typeof createLoaders>

/** Everything of one turn in one query each. Made for one request: they remember what they have read. */
const createLoaders = ({ db, batchedReads }: Deps) => ({
  ticketType: loaderOf(batchedReads.ticketType),
  ticketTypesOfEvent: loaderOf(batchedReads.ticketTypesOfEvent),
  eventCopy: loaderOf(batchedReads.eventCopy),
  seat: byKey((ids) => findSeats(db, ids)),
  seatsOfEvent: byKey((eventIds) => findSeatsOfEvents(db, eventIds)),
  sectionsOfEvent: byKey((eventIds) => findSections(db, eventIds)),
  seatMap: byKey((eventIds) => findSeatMaps(db, eventIds)),
  admissions: byKey((queueIds) => countAdmissions(db, queueIds)),
  ticket: byKey((ids) => findTickets(db, ids)),
  hold: byKey((ids) => findHolds(db, ids)),
  ...createTicketReads(db),
})

/** One loader for each page that is asked for: under a list of users it is the same of them all. */
function createTicketReads(db: Db): TicketReads {
  const pages = new Map<string, IdLoader<Ticket[]>>()
  const counts = byKey((ids) => countTicketsOfOwners(db, ids))
  return {
    async ticketsOfOwner(ownerId, page) {
      const key = JSON.stringify([page.limit, page.backward, page.after, page.before])
      const loader = pages.get(key) ?? byKey((ids) => listTicketsOfOwners(db, ids, page))
      pages.set(key, loader)
      return (await loader.load(ownerId)) ?? []
    },
    ticketCount: async (ownerId) => (await counts.load(ownerId)) ?? 0,
  }
}
