import { createBatchedRead, type ReadById, readByKey } from '@karcis/kit/batch-loader'
import type { RequestScope } from '@karcis/kit/viewer'
import DataLoader from 'dataloader'
import { type Client, createClient } from './domain/client.ts'
import { findGoogleCalendarEmails } from './domain/google-calendar/calendar-store.ts'
import type { Deps } from './domain/deps.ts'
import { findDeadMailAddresses } from './domain/notifications/bounces/bounce-store.ts'
import { findVerifiedPhones } from './domain/notifications/phones/phone-store.ts'
import { findFollowed } from './domain/following/follow-store.ts'
import { findNewEmails } from './domain/account-links/email-change-store.ts'
import { countReports } from './domain/content-reports/report-store.ts'
import { countFollowers, findOpenPages, type OrganizerPage } from './domain/organizers/profile-store.ts'
import { findVisibleEvents } from './domain/other-subgraphs.ts'
import { findIdentityEmails } from './domain/sign-in/identity-store.ts'
import type { WishlistLoaders } from './domain/wishlist/wishlist.ts'
import { findWishlists, findWishlistSizes } from './domain/wishlist/wishlist-store.ts'

/** What a request reads by key: all of one kind that is needed at a time in one query. */
interface Loaders extends WishlistLoaders {
  /** Since when nothing is sent to a mail address any more. */
  deadMailAddress: DataLoader<string, Date | null>
  /** The page of an organizer, if it is open. */
  organizerPage: ReadById<OrganizerPage>
  followers: ReadById<number>
  /** How many have reported a thing, by `<kind> <id>`. */
  reportCount(subject: string): Promise<number | undefined>
  /** Whether the viewer follows somebody. */
  followed(userId: string): Promise<boolean | null>
  /** By person. */
  googleEmail: ReadById<string>
  googleCalendarEmail: ReadById<string>
  /** The number that text messages go to, by person. */
  verifiedPhone: ReadById<string>
  /** The address that a person is moving to; null when there is none. */
  newEmail: ReadById<string>
}

/** One request: who asks, by what means it is answered. */
export interface Context extends RequestScope {
  deps: Deps
  client: Client
  loaders: Loaders
}

export const createContext = (deps: Deps, scope: RequestScope): Context => ({
  ...scope,
  deps,
  client: createClient(scope),
  loaders: createLoaders(deps, scope),
})

/** As many as are asked for in one call; the event subgraph has a limit of its own. */
const MAX_EVENTS = 100

/** They batch but do not remember: the second mutation of a request must not be answered with what was before it. */
const createLoaders = (deps: Deps, { viewer }: RequestScope): Loaders => ({
  deadMailAddress: new DataLoader((addresses) => findDeadMailAddresses(deps.db, addresses), { cache: false }),
  googleCalendarEmail: readByKey((userIds) => findGoogleCalendarEmails(deps.db, userIds)),
  googleEmail: readByKey(async (userIds) =>
    deps.google ? findIdentityEmails(deps.db, deps.google.issuer, userIds) : new Map(),
  ),
  wishlistRows: new DataLoader((parts) => findWishlists(deps.db, parts), { cache: false }),
  followed: readByKey((userIds) =>
    viewer === null ? Promise.resolve(new Map<string, boolean>()) : findFollowed(deps.db, viewer.id, userIds),
  ),
  organizerPage: readByKey((ids) => findOpenPages(deps.reads, ids)),
  followers: readByKey((ids) => countFollowers(deps.reads, ids)),
  reportCount: createBatchedRead((subjects) => countReports(deps.reads, subjects)),
  wishlistSize: readByKey((userIds) => findWishlistSizes(deps.db, userIds)),
  verifiedPhone: readByKey((userIds) => findVerifiedPhones(deps.db, userIds)),
  newEmail: readByKey((userIds) => findNewEmails(deps.db, userIds)),
  visibleEvent: new DataLoader((ids) => findVisibleEvents(deps, viewer, ids), {
    cache: false,
    maxBatchSize: MAX_EVENTS,
  }),
})
