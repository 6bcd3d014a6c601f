import { transaction } from '@karcis/kit/database'
import { NotFound, ServiceUnavailable } from '@karcis/kit/errors'
import { idSchema, newId } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { currencySchema, keySchema, nameSchema, parseInput } from '@karcis/kit/validate'
import { requireRole } from '@karcis/kit/viewer'
import { z } from 'zod'
import { databaseNow } from '../database.ts'
import type { Deps } from '../deps.ts'
import { type Creation, findCreated, insertCreation } from '../events/creation-store.ts'
import { type Event, ifVisible } from '../events/event.ts'
import { publishChange } from '../events/event-live.ts'
import {
  type EventSchedule,
  mergeSchedule,
  scheduleFields,
  scheduleProblems,
} from '../events/event-schedule.ts'
import { insertEvent } from '../events/event-store.ts'
import { descriptionSchema, maxOpenPlacesSchema, parseTogether } from '../input.ts'
import { explainRoomTaken, reserveRoom } from '../venues/room-booking-store.ts'
import { requireUsableLocation } from '../venues/open-location.ts'
import { requireRoomOfVenue, requireUsableVenue } from './access.ts'
import { useImage } from './event-image.ts'
import { confirmRights, requireRights } from './organizer-rights.ts'

const schema = z.object({
  ...scheduleFields,
  title: nameSchema(160),
  description: descriptionSchema(10_000),
  imageUploadId: idSchema.nullish(),
  categoryId: idSchema,
  seriesId: idSchema.nullish(),
  currency: currencySchema,
  maxOpenPlaces: maxOpenPlacesSchema,
  draft: z.boolean(),
})

/** What an input leaves out; SDL defaults do not stand in for an explicit null. */
const DEFAULTS = { timezone: 'Asia/Jakarta', online: false, currency: 'IDR', draft: false }

const NOWHERE = { venueId: null, roomId: null, locationId: null }

interface CreateEventInput extends Partial<Nullable<EventSchedule>> {
  startsAt: Date
  endsAt: Date
  idempotencyKey?: string | null
}
type Nullable<T> = { [Key in keyof T]: T[Key] | null }

/**
 * Adds an event organized by the viewer, PENDING or DRAFT. A pending one reserves its room. Who asks again with the same key is given
 * the event that they have added.
 * @throws Forbidden for somebody else's venue, and for who has just lost the right to hold events; RoomNotAvailable;
 *   IdempotencyKeyReused when the key was used with another input.
 */
export async function createEvent(
  deps: Deps,
  viewer: Viewer | null,
  input: CreateEventInput,
): Promise<Event> {
  const organizer = requireRole({ viewer }, 'ORGANIZER')
  const { idempotencyKey, ...asked } = input
  const creation = idempotencyKey == null ? null : creationOf(organizer, idempotencyKey, asked)
  const earlier = creation && (await findEarlier(deps, organizer, creation))
  if (earlier) return earlier
  const sent = withoutNulls(asked)
  const given = { ...DEFAULTS, ...sent }
  const problems = scheduleProblems({ ...NOWHERE, ...given }, sent, await databaseNow(deps.db))
  const parsed = parseTogether(schema, given, problems)
  const schedule = mergeSchedule({ ...NOWHERE, ...given }, parsed)
  const { title, description, categoryId, seriesId = null, currency, maxOpenPlaces = null, draft } = parsed
  await requireUsableVenue(deps, viewer, schedule.venueId)
  await requireUsableLocation(deps.batchedReads.location, viewer, schedule.locationId)
  await requireRoomOfVenue(deps, schedule, sent)
  const rights = await confirmRights(deps, organizer)
  const id = newId()
  const image = parsed.imageUploadId ? await useImage(deps, organizer, parsed.imageUploadId, id) : null

  const event = await transaction(deps.db, async (tx) => {
    await requireRights(tx, organizer.id, rights)
    if (creation && !(await insertCreation(tx, creation, id))) return null
    const inserted = await insertEvent(tx, {
      ...schedule,
      id,
      status: draft ? 'DRAFT' : 'PENDING',
      organizerId: organizer.id,
      title,
      description,
      image,
      categoryId,
      seriesId,
      currency,
      maxOpenPlaces,
    })
    if (!draft) await reserveRoom(tx, inserted.id, schedule, 'CURRENT')
    return inserted
  }).catch(explainRoomTaken(deps.db))
  if (event) publishChange(deps.live, event)
  const added = event ?? (creation && (await findEarlier(deps, organizer, creation)))
  if (!added) throw new ServiceUnavailable() // whoever had the key has given it up just now
  return added
}

const creationOf = ({ id }: Viewer, idempotencyKey: string, input: unknown): Creation => ({
  userId: id,
  key: parseInput(keySchema, idempotencyKey, 'input.idempotencyKey'),
  input,
})

/** The event that was added by the same key; null when none was. @throws IdempotencyKeyReused; NotFound when it is no longer theirs to see. */
async function findEarlier(deps: Deps, viewer: Viewer, creation: Creation): Promise<Event | null> {
  const id = await findCreated(deps.db, creation)
  if (id === null) return null
  const event = ifVisible(await deps.batchedReads.event(id), viewer)
  if (!event) throw new NotFound('event', id)
  return event
}

const withoutNulls = <T extends object>(input: T) =>
  Object.fromEntries(Object.entries(input).filter(([, value]) => value != null)) as {
    [Key in keyof T]: NonNullable<T[Key]>
  }
