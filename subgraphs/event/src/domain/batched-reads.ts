import { createBatchedRead, type ReadById, readByKey } from '@karcis/kit/batch-loader'
import type { BaseDeps } from '@karcis/kit/subgraph'
import type { Db } from './database.ts'
import { findOrganizerRatings, findRatings } from './reviews/rating-store.ts'
import type { Moderation, Rating, Review } from './reviews/review.ts'
import { findModerations, findReviews } from './reviews/review-store.ts'
import { type Category, findCategories } from './events/category-store.ts'
import { findLocations, type Location } from './venues/location-store.ts'
import type { Event, PendingChanges } from './events/event.ts'
import { findEvents, findEventsBySlug, findPendingChanges } from './events/event-store.ts'
import { findSeries, type KnownSeries } from './events/series-store.ts'
import { findViewCounts, listPopularEvents } from './events/view-store.ts'
import { findStaff, type StaffEntry } from './staff/staff-store.ts'
import { findRooms, findRoomsOfVenues, type Room } from './venues/room-store.ts'
import { findVenues, type Venue } from './venues/venue-store.ts'

/** Things by id, each kind with one query for all that the requests of this process ask for at once; null for what is not there. */
export interface BatchedReads {
  category: ReadById<Category>
  location: ReadById<Location>
  venue: ReadById<Venue>
  room: ReadById<Room>
  /** Rooms of a venue, by name; null for none. */
  roomsOfVenue: ReadById<Room[]>
  series: ReadById<KnownSeries>
  event: ReadById<Event>
  /** By what comes of a title in an address, in lower case. */
  eventBySlug: (slug: string) => Promise<Event | undefined>
  /** Approved events yet to end, the most viewed of the last 30 days first; as many as one may ask for. */
  popular: () => Promise<Event[]>
  /** Changes of an event that wait for review. */
  pendingChanges: ReadById<PendingChanges>
  /** Views of an event since it was added; null for none. */
  views: ReadById<number>
  /** Who works for an event, or was invited to; null for nobody. */
  staff: ReadById<StaffEntry[]>
  review: ReadById<Review>
  /** What was decided on a review, the newest first; null for nothing. */
  moderations: ReadById<Moderation[]>
  /** The stars of an event; null for none. */
  rating: ReadById<Rating>
  /** Of all events of an organizer. */
  organizerRating: ReadById<Rating>
}

/** @param deps asked at each read. */
export const createBatchedReads = (deps: () => Pick<BaseDeps<Db>, 'db' | 'reads'>): BatchedReads => ({
  category: readByKey((ids) => findCategories(deps().db, ids)),
  location: readByKey((ids) => findLocations(deps().db, ids)),
  venue: readByKey((ids) => findVenues(deps().db, ids)),
  room: readByKey((ids) => findRooms(deps().db, ids)),
  roomsOfVenue: readByKey((venueIds) => findRoomsOfVenues(deps().db, venueIds)),
  series: readByKey((ids) => findSeries(deps().reads, ids)),
  event: readByKey((ids) => findEvents(deps().reads, ids)),
  eventBySlug: createBatchedRead((slugs) => findEventsBySlug(deps().reads, slugs)),
  popular: popularRead(deps),
  pendingChanges: readByKey((ids) => findPendingChanges(deps().reads, ids)),
  views: readByKey((ids) => findViewCounts(deps().reads, ids)),
  staff: readByKey((ids) => findStaff(deps().reads, ids)),
  review: readByKey((ids) => findReviews(deps().reads, ids)),
  moderations: readByKey((ids) => findModerations(deps().reads, ids)),
  rating: readByKey((ids) => findRatings(deps().reads, ids)),
  organizerRating: readByKey((ids) => findOrganizerRatings(deps().reads, ids)),
})

/** However often it is asked for at once, it is one query. */
function popularRead(deps: () => Pick<BaseDeps<Db>, 'db'>): () => Promise<Event[]> {
  const read = createBatchedRead(async ([key = '']) => new Map([[key, await listPopularEvents(deps().db)]]))
  return async () => (await read('popular')) ?? []
}
