import { byKey, createBatchedRead } from '@karcis/kit/batch-loader'
import type { RequestScope } from '@karcis/kit/viewer'
import {
  findBookingFees,
  findBookings,
  findItems,
  findPlaces,
  findTicketIds,
} from './domain/bookings/booking-store.ts'
import type { Deps } from './domain/deps.ts'
import { findEventCopies } from './domain/events/event-copy.ts'
import { findEventFees } from './domain/fees/fee-store.ts'
import { findInvoices, findInvoicesOf } from './domain/invoices/invoice-store.ts'
import { findPayments } from './domain/payments/payment-store.ts'
import { findStatements } from './domain/payouts/payout-store.ts'
import { findResults, findUsedPromos } from './domain/promos/promo-store.ts'
import { findRefunds, findRefundsOfBookings } from './domain/refunds/booking-refund-store.ts'
import { findBookingPolicies, findEventPolicies } from './domain/refunds/policy-store.ts'
import { findRequestsOfBookings } from './domain/refunds/request-store.ts'
import { findEventSales } from './domain/sales/sale-store.ts'
import { findCounts, findPages, viewReferences } from './domain/viewing/view-bookings.ts'
import { viewAllWallets, viewWallets } from './domain/viewing/view-wallet.ts'

/** What a resolver has: who asks, the use cases' dependencies, and this request's loaders. */
export interface Context extends RequestScope {
  deps: Deps
  loaders: ReturnType<typeof createLoaders>
  /** How many changes it has asked for so far. */
  changes: number
}

/** A context for one request, or one event of a subscription. */
export const createContext = (deps: Deps, scope: RequestScope): Context => ({
  ...scope,
  deps,
  loaders: createLoaders(deps, scope),
  changes: 0,
})

function createLoaders(deps: Deps, { viewer }: RequestScope) {
  return {
    booking: byKey((ids) => findBookings(deps.db, ids)),
    items: byKey((ids) => findItems(deps.db, ids)),
    ticketIds: byKey((ids) => findTicketIds(deps.db, ids)),
    /** Of tickets. */
    place: byKey((ids) => findPlaces(deps.db, ids)),
    fees: byKey((ids) => findBookingFees(deps.db, ids)),
    /** What events charge at this moment. */
    eventFees: byKey((ids) => findEventFees(deps.db, ids)),
    invoice: byKey((ids) => findInvoices(deps.db, ids)),
    /** Of bookings. */
    invoices: byKey((ids) => findInvoicesOf(deps.db, ids)),
    payment: byKey((ids) => findPayments(deps.db, ids)),
    /** What goes back of bookings. */
    refunds: byKey((ids) => findRefundsOfBookings(deps.db, ids)),
    /** By their own ids. */
    refund: byKey((ids) => findRefunds(deps.db, ids)),
    /** What of bookings is asked to have back. */
    refundRequests: byKey((ids) => findRequestsOfBookings(deps.db, ids)),
    /** What bookings were bought under, and what counts for new ones of events. */
    bookingPolicy: byKey((ids) => findBookingPolicies(deps.db, ids)),
    eventPolicy: byKey((ids) => findEventPolicies(deps.db, ids)),
    /** What made bookings cheaper. */
    promos: byKey((ids) => findUsedPromos(deps.db, ids)),
    /** What has come of promo codes, and of campaigns. */
    codeResults: byKey((ids) => findResults(deps.db, 'code_id', ids)),
    campaignResults: byKey((ids) => findResults(deps.db, 'promo_id', ids)),
    /** What is known of events. */
    event: byKey((ids) => findEventCopies(deps.db, ids)),
    /** How to reach people; only for whoever organizes what they have tickets for. */
    contact: byKey((ids) => deps.users.contacts(ids)),
    /** What events have sold. */
    sales: byKey((ids) => findEventSales(deps.db, ids)),
    /** Null where the viewer may not look. */
    wallet: byKey((userIds) => viewWallets(deps, viewer, userIds)),
    wallets: byKey((userIds) => viewAllWallets(deps, viewer, userIds)),
    /** Of payouts that the viewer was given. */
    statement: byKey((payoutIds) => findStatements(deps.db, payoutIds)),
    lists: {
      userPage: createBatchedRead((keys) => findPages(deps.db, keys)),
      userCount: createBatchedRead((keys) => findCounts(deps.db, keys)),
    },
    /** Whether what a booking's item is of is still there for the viewer to see, by what `TicketService.visible` calls it. */
    visible: createBatchedRead((keys) => viewReferences(deps, viewer, keys)),
  }
}
