import { transaction } from '@karcis/kit/database'
import type { Tx } from '../database.ts'
import type { Deps } from '../deps.ts'
import { insertDecision } from '../events/decision-store.ts'
import type { Event } from '../events/event.ts'
import { publishChange } from '../events/event-live.ts'
import * as store from '../events/event-store.ts'
import { releaseRoom } from '../venues/room-booking-store.ts'

/**
 * Frees the rooms of what has waited for a review for too long: an event is a draft again, changes to an approved one are dropped.
 * Either is told to its organizer, who may ask once more. May be run at any time, and by several at once.
 */
export async function lapseReviews(deps: Deps): Promise<void> {
  const days = deps.settings.REVIEW_DAYS
  const waiting = await store.findUnreviewed(deps.db, days)
  for (const id of waiting.events) await lapse(deps, (tx) => lapseEvent(tx, id, days))
  for (const id of waiting.changes) await lapse(deps, (tx) => lapseChanges(tx, id, days))
}

async function lapse(deps: Deps, run: (tx: Tx) => Promise<Event | null>): Promise<void> {
  const event = await transaction(deps.db, run)
  if (event) publishChange(deps.live, event)
}

async function lapseEvent(tx: Tx, id: string, days: number): Promise<Event | null> {
  const message = `Nobody has reviewed this event in ${days} days, so its room is free for others again. Submit it once more.`
  const event = await store.moveEventBackToDraft(tx, id, days, message)
  if (!event) return null
  await releaseRoom(tx, id, 'CURRENT')
  await insertDecision(tx, id, { outcome: 'LAPSED', ofChanges: false, message, reviewerId: null })
  return event
}

async function lapseChanges(tx: Tx, id: string, days: number): Promise<Event | null> {
  await store.lockEvent(tx, id)
  if (!(await store.deletePendingChanges(tx, id, days))) return null
  await releaseRoom(tx, id, 'PENDING')
  const message = `Nobody has reviewed the changes in ${days} days, so the room is free for others again. Ask for them once more.`
  await insertDecision(tx, id, { outcome: 'LAPSED', ofChanges: true, message, reviewerId: null })
  return store.updateEventMessage(tx, id, message)
}
