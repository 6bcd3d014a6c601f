import { transaction } from '@karcis/kit/database'
import { BadUserInput, Conflict, NotFound } from '@karcis/kit/errors'
import { idSchema } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { currencySchema, emptyableTextSchema, nameSchema, parseInput } from '@karcis/kit/validate'
import { requireViewer } from '@karcis/kit/viewer'
import { z } from 'zod'
import { databaseNow, type Tx } from '../database.ts'
import type { Deps } from '../deps.ts'
import type { Event } from '../events/event.ts'
import { publishChange } from '../events/event-live.ts'
import {
  type EventSchedule,
  mergeSchedule,
  scheduleFields,
  scheduleProblems,
  touchesSchedule,
} from '../events/event-schedule.ts'
import * as store from '../events/event-store.ts'
import { requireRoomLargeEnough } from '../events/room-capacity.ts'
import { maxOpenPlacesSchema } from '../input.ts'
import { explainRoomTaken, reserveRoom } from '../venues/room-booking-store.ts'
import { requireUsableLocation } from '../venues/open-location.ts'
import { ownedEvent, plannerOf, requireDuty, requireRoomOfVenue, requireUsableVenue } from './access.ts'
import { useImage } from './event-image.ts'
import { writePending } from './pending-changes.ts'

const schema = z.object({
  ...scheduleFields,
  id: idSchema,
  version: z.number().int().nullish(),
  title: nameSchema(160).optional(),
  description: emptyableTextSchema(10_000).nullish(),
  imageUploadId: idSchema.nullish(),
  categoryId: idSchema.optional(),
  seriesId: idSchema.nullish(),
  currency: currencySchema.optional(),
  maxOpenPlaces: maxOpenPlacesSchema,
})

type Changes = z.infer<typeof schema>

/**
 * Changes what is given. The title and the schedule (time, place, room) of an approved event change only after review; until then
 * the new ones wait beside those in force, with their room reserved too.
 * @throws NotFound, Forbidden, RoomNotAvailable; Conflict when the event's state does not allow it, the room is too small for the
 *   tickets planned, or the event has changed since `version`.
 */
export async function updateEvent(deps: Deps, viewer: Viewer | null, input: unknown): Promise<Event> {
  const changes = parseInput(schema, input)
  const known = await ownedEvent(deps, viewer, changes.id, 'id', 'EDIT')
  await requireRoomLargeEnough(deps, viewer, known, changes.roomId)
  const image = await newImage(deps, viewer, known, changes.imageUploadId)
  const event = await transaction(deps.db, async (tx) => {
    const before = await store.lockEvent(tx, known.id)
    if (!before) throw new NotFound('event', known.id)
    requireDuty(viewer, before, 'EDIT') // by now it may have gone to another, or they be off its staff
    requireChangeable(before, changes)
    const planner = plannerOf(viewer, before)
    const { title, ...others } = changes
    const details = { ...others, image }
    if (before.status === 'APPROVED') await askForReview(deps, planner, tx, before, changes)
    const schedule =
      before.status !== 'APPROVED' && touchesSchedule(changes)
        ? await changeSchedule(deps, planner, tx, before, changes)
        : null
    const atOnce = before.status === 'APPROVED' ? details : { ...details, title }
    const after = await store.updateEvent(tx, before.id, atOnce, schedule)
    if (!after) throw new NotFound('event', before.id)
    return after
  }).catch(explainRoomTaken(deps.db))
  publishChange(deps.live, event)
  return event
}

/** What the event is to show; undefined: what it does. */
async function newImage(
  deps: Deps,
  viewer: Viewer | null,
  { id, image }: Event,
  uploadId: string | null | undefined,
): Promise<Event['image'] | undefined> {
  if (uploadId == null) return uploadId
  return uploadId === image?.uploadId ? image : useImage(deps, requireViewer({ viewer }), uploadId, id)
}

/** Whether a change of an approved event has to be reviewed. */
const touchesReviewed = (changes: Changes): boolean => changes.title !== undefined || touchesSchedule(changes)

function requireChangeable(event: Event, changes: Changes): void {
  if (changes.version != null && changes.version !== event.version) {
    throw new Conflict('The event has changed meanwhile.', { version: event.version })
  }
  if (event.status === 'CANCELLED') throw new Conflict('The event is cancelled.')
  if (event.status === 'APPROVED' && event.over && touchesReviewed(changes))
    throw new Conflict('The event is over.')
}

/** The changed schedule, once it is found to be possible. */
async function mergeChecked(
  deps: Deps,
  viewer: Viewer | null,
  tx: Tx,
  before: EventSchedule,
  changes: Changes,
): Promise<EventSchedule> {
  const schedule = mergeSchedule(before, changes)
  if (!touchesSchedule(changes)) return schedule
  const problems = scheduleProblems(schedule, changes, await databaseNow(tx), before)
  if (problems.length > 0) throw new BadUserInput(problems)
  if (schedule.venueId !== before.venueId) await requireUsableVenue(deps, viewer, schedule.venueId)
  if (schedule.locationId !== before.locationId)
    await requireUsableLocation(deps.batchedReads.location, viewer, schedule.locationId)
  await requireRoomOfVenue(deps, schedule, changes)
  return schedule
}

/** Changes the schedule of an event that is not in force yet. A rejected event or a draft reserves no room until it is submitted. */
async function changeSchedule(
  deps: Deps,
  viewer: Viewer | null,
  tx: Tx,
  event: Event,
  changes: Changes,
): Promise<EventSchedule> {
  const schedule = await mergeChecked(deps, viewer, tx, event, changes)
  if (event.status === 'PENDING') await reserveRoom(tx, event.id, schedule, 'CURRENT')
  return schedule
}

/** Puts what of an approved event may not change by itself up for review; what is as it was needs none. */
async function askForReview(
  deps: Deps,
  viewer: Viewer | null,
  tx: Tx,
  event: Event,
  changes: Changes,
): Promise<void> {
  if (!touchesReviewed(changes)) return
  const before = (await store.findPendingChanges(tx, [event.id])).get(event.id) ?? event
  const schedule = await mergeChecked(deps, viewer, tx, before, changes)
  const wanted = { ...schedule, title: changes.title ?? before.title }
  await writePending(tx, event, wanted)
}
