import { afterCommit, transaction } from '@karcis/kit/database'
import { enqueue, defineJob } from '@karcis/kit/jobs'
import { retention } from '@karcis/kit/retention'
import type { EventHandlers } from '@karcis/kit/events'
import { faultPoint } from '@karcis/kit/fault-points'
import { z } from 'zod'
import type { Tx } from './domain/database.ts'
import type { Deps } from './domain/deps.ts'
import { updatePrices } from './domain/events/listing-store.ts'
import { deleteSuggestions } from './domain/events/suggestion-store.ts'
import { deleteBuyer, foldViews } from './domain/events/view-store.ts'
import { eraseSearches } from './domain/browsing/search-history-store.ts'
import { noteBuyers } from './domain/browsing/view-event.ts'
import { fillListings, learnNewWords } from './domain/administering/fill-listings.ts'
import { lapseReviews } from './domain/administering/lapse-reviews.ts'
import { copySaleJob, sweepSalesToCopy } from './domain/organizing/copy-sale.ts'
import { recordRights } from './domain/organizing/organizer-rights.ts'
import { endStaffWork } from './domain/staff/end-staff.ts'
import { eraseAuthor } from './domain/reviews/review-store.ts'
import { tellOfReviews } from './domain/reviews/tell-of-reviews.ts'
import { pauseSalesOf, sweepUnpaused } from './domain/organizing/pause-sales.ts'

/** Stops what an organizer sells who may no longer do so. */
const pauseSalesOfOrganizer = defineJob({
  name: 'pause-sales-of-organizer',
  schema: z.object({ organizerId: z.uuid(), reason: z.string() }),
  run: (deps: Deps, { organizerId, reason }) => pauseSalesOf(deps, organizerId, reason),
})

/** Every minute: does what such a job has not, because it was lost. */
const sweepSalesToPause = defineJob({
  name: 'sweep-sales-to-pause',
  schema: z.object({}),
  run: (deps: Deps) => sweepUnpaused(deps),
})

/** Frees the rooms of what nobody reviewed. */
const lapseReviewsJob = defineJob({
  name: 'lapse-reviews',
  schema: z.object({}),
  run: (deps: Deps) => lapseReviews(deps),
})

/** Every minute: writes what lists need to know of events from before a deployment, until nothing is left. */
const fillListingsJob = defineJob({ name: 'fill-listings', schema: z.object({}), run: fillListings })

/** Every minute: what was written can be found by a slip of the pen from then on. */
const learnWordsJob = defineJob({ name: 'learn-words', schema: z.object({}), run: learnNewWords })

/** Every quarter of an hour: tells organizers of new reviews, each once a day at most. */
const tellOfReviewsJob = defineJob({
  name: 'tell-of-reviews',
  schema: z.object({}),
  run: (deps: Deps) => tellOfReviews(deps),
})

const VIEWS_AT_ONCE = 1_000

/** Adds views of days long past up: popularity forgets them, and how often an event was viewed in all does not need to know the day. */
const foldOldViews = defineJob({
  name: 'fold-views',
  schema: z.object({}),
  async run(deps: Deps, _payload, closing) {
    const days = deps.settings.VIEW_RETENTION_DAYS
    for (;;) {
      const folded = await transaction(deps.db, (tx) => foldViews(tx, days, VIEWS_AT_ONCE))
      if (folded < VIEWS_AT_ONCE || closing?.aborted) return
    }
  },
})

const forgetRoomBlocks = retention<Deps>({
  name: 'forget-room-blocks',
  table: 'room_bookings',
  since: 'ends_at',
  where: "kind = 'BLOCK'",
  keepForDays: ({ settings }) => settings.ROOM_BLOCK_RETENTION_DAYS,
})

/** By then nobody has an access token, or a request under way, from before they lost their rights. */
const forgetLostRights = retention<Deps>({
  name: 'forget-lost-rights',
  table: 'lost_rights',
  since: 'lost_at',
  where: 'pause_reason IS NULL',
  keepForDays: 1,
})

/** After a day a key is good for another event. */
const forgetEventCreations = retention<Deps>({
  name: 'forget-event-creations',
  table: 'event_creations',
  since: 'created_at',
  keepForDays: 1,
})

const forgetBuyers = retention<Deps>({
  name: 'forget-buyers',
  table: 'event_buyers',
  since: 'bought_at',
  keepForDays: ({ settings }) => settings.VIEW_RETENTION_DAYS,
})

const forgetSearches = retention<Deps>({
  name: 'forget-searches',
  table: 'search_history',
  since: 'searched_at',
  keepForDays: ({ settings }) => settings.SEARCH_HISTORY_RETENTION_DAYS,
})

/** By then no search of whoever was erased is under way. */
const forgetErasedSearchers = retention<Deps>({
  name: 'forget-erased-searchers',
  table: 'search_history_off',
  since: 'erased_at',
  where: 'erased_at IS NOT NULL',
  keepForDays: 1,
})

/** An invitation that nobody has accepted in time names a stranger's address. */
const forgetInvitations = retention<Deps>({
  name: 'forget-staff-invitations',
  table: 'event_staff',
  since: 'expires_at',
  where: 'user_id IS NULL',
  keepForDays: 1,
})

const forgetInvitationCounts = retention<Deps>({
  name: 'forget-staff-invitation-counts',
  table: 'staff_invitation_counts',
  since: 'window_ends_at',
  keepForDays: 1,
})

/** Every minute: copies what is sold of events where such a job was lost. */
const sweepSalesToCopyJob = defineJob({
  name: 'sweep-sales-to-copy',
  schema: z.object({}),
  run: (deps: Deps) => sweepSalesToCopy(deps),
})

/** What forgets, to be run every hour. */
export const forgetting = [
  foldOldViews,
  forgetRoomBlocks,
  forgetLostRights,
  forgetEventCreations,
  forgetBuyers,
  forgetSearches,
  forgetErasedSearchers,
  forgetInvitations,
  forgetInvitationCounts,
]

/** Background work of this subgraph. */
export const jobs = [
  pauseSalesOfOrganizer,
  sweepSalesToPause,
  lapseReviewsJob,
  fillListingsJob,
  learnWordsJob,
  tellOfReviewsJob,
  copySaleJob,
  sweepSalesToCopyJob,
  ...forgetting,
]

/** When it runs by itself. */
export const crons = [
  { job: sweepSalesToPause.name, match: '* * * * *' },
  { job: sweepSalesToCopyJob.name, match: '* * * * *' },
  { job: lapseReviewsJob.name, match: '*/10 * * * *' },
  { job: fillListingsJob.name, match: '* * * * *' },
  { job: learnWordsJob.name, match: '* * * * *' },
  { job: tellOfReviewsJob.name, match: '*/15 * * * *' },
  ...forgetting.map(({ name: job }) => ({ job, match: '47 * * * *' })),
]

/** What this subgraph does about what others tell it. */
export const inbox: EventHandlers<Tx> = {
  async 'user.rights-changed'(tx, { payload: { userId, role, suspended, erased } }) {
    if (erased) {
      await eraseAuthor(tx, userId)
      await deleteBuyer(tx, userId)
      await eraseSearches(tx, userId)
    }
    const lost = suspended || erased || role === 'CUSTOMER' || role === 'GUEST'
    if (!lost) return recordRights(tx, userId, null)
    const reason = suspended
      ? 'The account of the organizer is suspended.'
      : 'The organizer has given up organizing this event.'
    await recordRights(tx, userId, reason)
    if (erased) await deleteSuggestions(tx, userId)
    await endStaffWork(tx, userId)
    await enqueue(tx, pauseSalesOfOrganizer, { organizerId: userId, reason })
    await faultPoint('forget-organizer/noted')
    afterCommit(tx, () => void faultPoint('forget-organizer/written'))
  },
  'booking.buyers-noted': (tx, { payload: { eventId, userIds } }) => noteBuyers(tx, eventId, userIds),
  'ticket.prices-changed': (tx, { payload }) => updatePrices(tx, [payload]),
}
