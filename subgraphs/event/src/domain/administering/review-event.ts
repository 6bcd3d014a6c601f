import { transaction } from '@karcis/kit/database'
import { Conflict, NotFound } from '@karcis/kit/errors'
import { recordEvent } from '@karcis/kit/events'
import { idSchema } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { emptyableTextSchema, parseInput } from '@karcis/kit/validate'
import { requireRole } from '@karcis/kit/viewer'
import { z } from 'zod'
import type { Tx } from '../database.ts'
import type { Deps } from '../deps.ts'
import { insertDecision } from '../events/decision-store.ts'
import type { Event } from '../events/event.ts'
import { publishChange } from '../events/event-live.ts'
import {
  deletePendingChanges,
  lockEvent,
  moveEventByReview,
  type Review,
  updateEventByReview,
} from '../events/event-store.ts'
import { requireRoomLargeEnough } from '../events/room-capacity.ts'
import { promoteRoom, releaseRoom } from '../venues/room-booking-store.ts'

const schema = z
  .object({
    decision: z.enum(['APPROVED', 'REJECTED']),
    message: emptyableTextSchema(2000).nullish(),
    version: z.number().int().nullish(),
  })
  .refine((input) => input.decision === 'APPROVED' || input.message, {
    path: ['message'],
    message: 'is needed for a rejection',
  })

/**
 * Decides on a pending event, or on the pending changes of an approved one. Admins only; of several reviewers one decides.
 * @throws NotFound; Conflict when nothing waits for review, the event has changed since `version`, or the new room is too small.
 */
export async function reviewEvent(
  deps: Deps,
  viewer: Viewer | null,
  id: string,
  input: unknown,
): Promise<Event> {
  const reviewer = requireRole({ viewer }, 'ADMIN')
  const review = parseInput(schema, input)
  const eventId = parseInput(idSchema, id, 'id')
  if (review.decision === 'APPROVED') await requireRoomOfChanges(deps, viewer, eventId)
  const event = await transaction(deps.db, async (tx) => {
    const before = await lockEvent(tx, eventId)
    if (!before) throw new NotFound('event', id)
    if (before.status === 'APPROVED' && !before.hasPendingChanges && review.decision === 'REJECTED') {
      throw new Conflict(
        'The event is approved already. To stop its sale, use pauseSales; to call it off, cancelEvent.',
      )
    }
    const reviewed =
      (await reviewWhole(tx, before.id, review)) ?? (await reviewChanges(tx, before.id, review))
    if (!reviewed) {
      throw new Conflict('Nothing waits for review here: it was decided, changed meanwhile, or is over.')
    }
    await insertDecision(tx, eventId, {
      outcome: review.decision,
      ofChanges: before.status === 'APPROVED',
      message: review.message || null,
      reviewerId: reviewer.id,
    })
    await recordEvent(tx, {
      type: 'event.reviewed',
      aggregateId: eventId,
      payload: {
        eventId,
        organizerId: reviewed.organizerId,
        version: reviewed.version,
        decision: review.decision,
        message: review.message || null,
      },
      consumers: ['user'],
    })
    return reviewed
  })
  publishChange(deps.live, event)
  return event
}

/** More tickets may have been planned since the smaller room was asked for. */
async function requireRoomOfChanges(deps: Deps, viewer: Viewer | null, id: string): Promise<void> {
  const [event, changes] = await Promise.all([
    deps.batchedReads.event(id),
    deps.batchedReads.pendingChanges(id),
  ])
  if (event && changes) await requireRoomLargeEnough(deps, viewer, event, changes.roomId)
}

async function reviewWhole(tx: Tx, id: string, review: Review): Promise<Event | null> {
  const event = await moveEventByReview(tx, id, review)
  if (event?.status === 'REJECTED') await releaseRoom(tx, id, 'CURRENT')
  return event
}

async function reviewChanges(tx: Tx, id: string, review: Review): Promise<Event | null> {
  const changes = await deletePendingChanges(tx, id)
  const event = changes && (await updateEventByReview(tx, id, review, changes))
  if (!event) return null
  if (review.decision === 'APPROVED') await promoteRoom(tx, id)
  else await releaseRoom(tx, id, 'PENDING')
  return event
}
