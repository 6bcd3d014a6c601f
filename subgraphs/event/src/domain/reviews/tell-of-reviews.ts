import { transaction } from '@karcis/kit/database'
import { recordEvent } from '@karcis/kit/events'
import type { Deps } from '../deps.ts'
import { listUntold, takeUntold } from './rating-store.ts'

/** Organizers who are looked for at once. */
const AT_ONCE = 500
/** Events that are named in what an organizer is told. */
const NAMED = 5

/** Tells organizers of new reviews of their events, each once a day at most. May be run at any time, and by several at once. */
export async function tellOfReviews({ db }: Pick<Deps, 'db'>): Promise<void> {
  for (const organizerId of await listUntold(db, AT_ONCE)) {
    await transaction(db, async (tx) => {
      const news = await takeUntold(tx, organizerId)
      const reviews = news.reduce((sum, { reviews }) => sum + reviews, 0)
      if (reviews === 0) return
      await recordEvent(tx, {
        type: 'event.reviews-received',
        aggregateId: organizerId,
        payload: { organizerId, reviews, events: news.slice(0, NAMED) },
        consumers: ['user'],
      })
    })
  }
}
