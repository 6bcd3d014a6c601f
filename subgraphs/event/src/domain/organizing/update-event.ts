import { transaction } from '@karcis/kit/database'
import { BadUserInput, Conflict, NotFound } from '@karcis/kit/errors'
import { idSchema } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { currencySchema, nameSchema, parseInput } from '@karcis/kit/validate'
import { z } from 'zod'
import { databaseNow, type Tx } from '../database.ts'
import type { Deps } from '../deps.ts'
import type { Event } from '../events/event.ts'
import { publishChange } from '../events/event-live.ts'
import {
  type EventSchedule,
  mergeSchedule,
  sameSchedule,
  scheduleFields,
  scheduleProblems,
  touchesSchedule,
} from '../events/event-schedule.ts'
import * as store from '../events/event-store.ts'
import { maxOpenPlacesSchema, storableText } from '../input.ts'
import { explainRoomTaken, releaseRoom, reserveRoom } from '../venues/room-booking-store.ts'
import { ownedEvent, requireUsableVenue } from './access.ts'

const schema = z.object({
  ...scheduleFields,
  id: idSchema,
  version: z.number().int().nullish(),
  title: nameSchema(160).optional(),
  description: storableText(10_000).nullish(),
  categoryId: idSchema.optional(),
  seriesId: idSchema.nullish(),
  currency: currencySchema.optional(),
  maxOpenPlaces: maxOpenPlacesSchema,
})

type Changes = z.infer<typeof schema>

/**
 * Changes what is given. The schedule (time, place, room) of an approved event changes only after review; until then the new
 * one waits beside the one in force, with its room reserved too.
 * @throws NotFound, Forbidden, RoomNotAvailable; Conflict when the event's state does not allow it, or the event has changed since `version`.
 */
export async function updateEvent(deps: Deps, viewer: Viewer | null, input: unknown): Promise<Event> {
  const changes = parseInput(schema, input)
  const { id } = await ownedEvent(deps, viewer, changes.id)
  const event = await transaction(deps.db, async (tx) => {
    const before = await store.lockEvent(tx, id)
    if (!before) throw new NotFound('event', id)
    requireChangeable(before, changes)
    const schedule = touchesSchedule(changes) ? await changeSchedule(deps, viewer, tx, before, changes) : null
    const after = await store.updateEvent(tx, id, changes, schedule)
    if (!after) throw new NotFound('event', id)
    return after
  }).catch(explainRoomTaken(deps.db))
  publishChange(deps.live, event)
  return event
}

function requireChangeable(event: Event, changes: Changes): void {
  if (changes.version != null && changes.version !== event.version) {
    throw new Conflict('The event has changed meanwhile.', { version: event.version })
  }
  if (event.status === 'CANCELLED') throw new Conflict('The event is cancelled.')
  if (event.status === 'APPROVED' && event.over && touchesSchedule(changes))
    throw new Conflict('The event is over.')
}

/** Puts the changed schedule of an approved event up for review. @returns it when it comes into force at once, else null. */
async function changeSchedule(
  deps: Deps,
  viewer: Viewer | null,
  tx: Tx,
  event: Event,
  changes: Changes,
): Promise<EventSchedule | null> {
  const approved = event.status === 'APPROVED'
  const waiting = approved ? (await store.findPendingChanges(tx, [event.id])).get(event.id) : undefined
  const before = waiting ?? event
  const schedule = mergeSchedule(before, changes)
  const problems = scheduleProblems(schedule, await databaseNow(tx), before)
  if (problems.length > 0) throw new BadUserInput(problems)
  if (schedule.venueId !== event.venueId) await requireUsableVenue(deps, viewer, schedule.venueId)

  if (!approved) {
    // A rejected event or a draft reserves no room until it is submitted.
    if (event.status === 'PENDING') await reserveRoom(tx, event.id, schedule, 'CURRENT')
    return schedule
  }
  if (sameSchedule(schedule, event)) {
    await store.deletePendingChanges(tx, event.id)
    await releaseRoom(tx, event.id, 'PENDING')
  } else {
    await store.upsertPendingChanges(tx, event.id, schedule)
    await reserveRoom(tx, event.id, schedule, 'PENDING')
  }
  return null
}
