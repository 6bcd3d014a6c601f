import { ATTENDANCE, attendance, hasAttended } from '@karcis/kit/contracts/attendance'
import { transaction } from '@karcis/kit/database'
import { Conflict, Forbidden, NotFound, ServiceUnavailable } from '@karcis/kit/errors'
import { idSchema } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { NOT_NULL, parseInput, textSchema } from '@karcis/kit/validate'
import { z } from 'zod'
import type { Deps } from '../deps.ts'
import { ifVisible } from '../events/event.ts'
import { isAuthorOrAdmin, type Review } from './review.ts'
import * as store from './review-store.ts'

const rating = z
  .number()
  .int('must be a whole number')
  .min(1, 'must be from 1 to 5')
  .max(5, 'must be from 1 to 5')
const comment = textSchema(5_000).nullish()

const createSchema = z.object({ eventId: idSchema, rating, comment })
const updateSchema = z.object({
  id: idSchema,
  rating: z
    .custom((value) => value !== null, NOT_NULL)
    .pipe(rating)
    .optional(),
  comment,
})

/**
 * Adds the viewer's review of an event that is over: of who was there, once. Who was there is known by a ticket of theirs that was
 * checked in; of an event at which nobody ever scanned a ticket, by a valid ticket.
 * @throws NotFound; Forbidden for its organizer and for who was not there; BadUserInput; ServiceUnavailable when that cannot be told;
 *   Conflict when it is not over, was called off, or they have reviewed it.
 */
export async function createReview(deps: Deps, viewer: Viewer, input: unknown): Promise<Review> {
  const { eventId, rating, comment = null } = parseInput(createSchema, input)
  const event = ifVisible(await deps.batchedReads.event(eventId), viewer)
  if (!event) throw new NotFound('event', eventId)
  if (event.organizerId === viewer.id) throw new Forbidden('Nobody reviews their own event.')
  if (event.status !== 'APPROVED' || !event.over)
    throw new Conflict('An event is reviewed once it has taken place and is over.', { endsAt: event.endsAt })
  await requireAttendance(deps, event.id, viewer)
  const review = await transaction(deps.db, (tx) =>
    store.insertReview(tx, { eventId: event.id, authorId: viewer.id, rating, comment }),
  )
  if (!review) throw new Conflict('This event can no longer be reviewed.')
  return review
}

async function requireAttendance({ clients }: Deps, eventId: string, viewer: Viewer): Promise<void> {
  if (!clients.ticket) throw new ServiceUnavailable()
  const answer = await clients.ticket.query(ATTENDANCE, { eventId, userId: viewer.id })
  if (!hasAttended(z.object({ attendance }).parse(answer).attendance))
    throw new Forbidden('Only those who were at the event review it.')
}

/** Changes a review of the viewer's own; a hidden one stays hidden. @throws NotFound, Forbidden, BadUserInput */
export async function updateReview(deps: Deps, viewer: Viewer, input: unknown): Promise<Review> {
  const { id, ...changes } = parseInput(updateSchema, input)
  const known = await deps.batchedReads.review(id)
  if (!known) throw new NotFound('review', id)
  if (known.authorId !== viewer.id) throw new Forbidden('Only its author changes a review.')
  const review = await transaction(deps.db, (tx) => store.updateReview(tx, known.id, viewer.id, changes))
  if (!review) throw new NotFound('review', id)
  return review
}

/**
 * Removes a review and gives it as it was. Its author or an admin. Of one that is hidden only the words go: its author cannot write
 * another in its place. @throws NotFound, Forbidden, BadUserInput
 */
export async function deleteReview(deps: Deps, viewer: Viewer, rawId: string): Promise<Review> {
  const id = parseInput(idSchema, rawId, 'id')
  const known = await deps.batchedReads.review(id)
  if (!known) throw new NotFound('review', id)
  if (!isAuthorOrAdmin(viewer, known)) throw new Forbidden('Only its author and admins remove a review.')
  return transaction(deps.db, async (tx) => {
    const review = await store.lockReview(tx, id)
    if (!review) throw new NotFound('review', id)
    await store.deleteReview(tx, review)
    return review
  })
}
