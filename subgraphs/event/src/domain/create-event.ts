import { newId } from '@karcis/kit/ids'
import { currencySchema, idSchema, nameSchema } from '@karcis/kit/validate'
import { requireRole } from '@karcis/kit/viewer'
import { z } from 'zod'
import type { Context } from './deps.ts'
import { databaseNow } from './database.ts'
import type { Event, Plan } from './event.ts'
import { announce } from './event-live.ts'
import { insertEvent } from './event-store.ts'
import { parseTogether, textSchema } from './input.ts'
import { mergePlan, planFields, planProblems, requireUsableVenue } from './plan.ts'
import { holdRoom, scheduleTransaction } from './room-bookings.ts'

const schema = z.object({
  ...planFields,
  title: nameSchema(160),
  description: textSchema(10_000),
  categoryId: idSchema,
  seriesId: idSchema.nullish(),
  currency: currencySchema,
  draft: z.boolean(),
})

/** What an input leaves out; SDL defaults do not stand in for an explicit null. */
const DEFAULTS = { timezone: 'Asia/Jakarta', online: false, currency: 'IDR', draft: false }

interface CreateEventInput extends Partial<Nullable<Plan>> {
  startsAt: Date
  endsAt: Date
}
type Nullable<T> = { [Key in keyof T]: T[Key] | null }

/**
 * Adds an event of the viewer's, PENDING or DRAFT. A pending one holds its room from now on.
 * @throws Forbidden for a venue of somebody else's, RoomNotAvailable.
 */
export async function createEvent(ctx: Context, input: CreateEventInput): Promise<Event> {
  const viewer = requireRole(ctx, 'ORGANIZER')
  const given = { ...DEFAULTS, ...withoutNulls(input) }
  const plan = mergePlan({ venueId: null, roomId: null, locationId: null, ...given }, given)
  const problems = planProblems(plan, await databaseNow(ctx.deps.db))
  const {
    title,
    description,
    categoryId,
    seriesId = null,
    currency,
    draft,
  } = parseTogether(schema, given, problems)
  await requireUsableVenue(ctx, plan.venueId)

  const event = await scheduleTransaction(ctx.deps.db, async (tx) => {
    const inserted = await insertEvent(tx, {
      ...plan,
      id: newId(),
      status: draft ? 'DRAFT' : 'PENDING',
      organizerId: viewer.id,
      title,
      description,
      categoryId,
      seriesId,
      currency,
    })
    if (!draft) await holdRoom(tx, inserted.id, plan, 'CURRENT')
    return inserted
  })
  return announce(ctx, event)
}

const withoutNulls = <T extends object>(input: T) =>
  Object.fromEntries(Object.entries(input).filter(([, value]) => value != null)) as {
    [Key in keyof T]: NonNullable<T[Key]>
  }
