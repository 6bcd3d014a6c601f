import { transaction } from '@karcis/kit/database'
import { idSchema, newId } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { currencySchema, nameSchema } from '@karcis/kit/validate'
import { requireRole } from '@karcis/kit/viewer'
import { z } from 'zod'
import { databaseNow } from '../database.ts'
import type { Deps } from '../deps.ts'
import type { Event } from '../events/event.ts'
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
import { requireRoomOfVenue, requireUsableVenue } from './access.ts'
import { confirmRights, requireRights } from './organizer-rights.ts'

const schema = z.object({
  ...scheduleFields,
  title: nameSchema(160),
  description: descriptionSchema(10_000),
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
}
type Nullable<T> = { [Key in keyof T]: T[Key] | null }

/**
 * Adds an event organized by the viewer, PENDING or DRAFT. A pending one reserves its room.
 * @throws Forbidden for somebody else's venue, and for who has just lost the right to hold events; RoomNotAvailable.
 */
export async function createEvent(
  deps: Deps,
  viewer: Viewer | null,
  input: CreateEventInput,
): Promise<Event> {
  const organizer = requireRole({ viewer }, 'ORGANIZER')
  const sent = withoutNulls(input)
  const given = { ...DEFAULTS, ...sent }
  const problems = scheduleProblems({ ...NOWHERE, ...given }, sent, await databaseNow(deps.db))
  const parsed = parseTogether(schema, given, problems)
  const schedule = mergeSchedule({ ...NOWHERE, ...given }, parsed)
  const { title, description, categoryId, seriesId = null, currency, maxOpenPlaces = null, draft } = parsed
  await requireUsableVenue(deps, viewer, schedule.venueId)
  await requireRoomOfVenue(deps, schedule, sent)
  const rights = await confirmRights(deps, organizer)

  const event = await transaction(deps.db, async (tx) => {
    await requireRights(tx, organizer.id, rights)
    const inserted = await insertEvent(tx, {
      ...schedule,
      id: newId(),
      status: draft ? 'DRAFT' : 'PENDING',
      organizerId: organizer.id,
      title,
      description,
      categoryId,
      seriesId,
      currency,
      maxOpenPlaces,
    })
    if (!draft) await reserveRoom(tx, inserted.id, schedule, 'CURRENT')
    return inserted
  }).catch(explainRoomTaken(deps.db))
  publishChange(deps.live, event)
  return event
}

const withoutNulls = <T extends object>(input: T) =>
  Object.fromEntries(Object.entries(input).filter(([, value]) => value != null)) as {
    [Key in keyof T]: NonNullable<T[Key]>
  }
