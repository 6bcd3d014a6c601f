import { byKey } from '@karcis/kit/batch-loader'
import type { RequestScope } from '@karcis/kit/viewer'
import { findBookings, findItems, findTicketIds } from './domain/bookings/booking-store.ts'
import type { Deps } from './domain/deps.ts'
import { findPayments } from './domain/payments/payment-store.ts'
import { viewWallets } from './domain/viewing/view-wallet.ts'

/** What a resolver has: who asks, the use cases' dependencies, and this request's loaders. */
export interface Context extends RequestScope {
  deps: Deps
  loaders: ReturnType<typeof createLoaders>
}

/** A context for one request, or one event of a subscription. */
export const createContext = (deps: Deps, scope: RequestScope): Context => ({
  ...scope,
  deps,
  loaders: createLoaders(deps, scope),
})

function createLoaders(deps: Deps, { viewer }: RequestScope) {
  return {
    booking: byKey((ids) => findBookings(deps.db, ids)),
    items: byKey((ids) => findItems(deps.db, ids)),
    ticketIds: byKey((ids) => findTicketIds(deps.db, ids)),
    payment: byKey((ids) => findPayments(deps.db, ids)),
    /** Null where the viewer may not look. */
    wallet: byKey((userIds) => viewWallets(deps, viewer, userIds)),
  }
}
