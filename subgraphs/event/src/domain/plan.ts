import { Forbidden, type FieldProblem } from '@karcis/kit/errors'
import { idSchema, timezoneSchema } from '@karcis/kit/validate'
import { z } from 'zod'
import type { Context } from './deps.ts'
import { wrongField } from './errors.ts'
import type { Plan } from './event.ts'
import { keeps } from './ownership.ts'

const MAX_DAYS = 366
const DAY_MS = 86_400_000

/** The fields of a plan as inputs carry them; absent means unchanged or default, null means none. */
export const planFields = {
  venueId: idSchema.nullish(),
  roomId: idSchema.nullish(),
  locationId: idSchema.nullish(),
  startsAt: z.date().optional(),
  endsAt: z.date().optional(),
  timezone: timezoneSchema.optional(),
  online: z.boolean().optional(),
}

/** What foreign keys and checks of a plan say when they refuse it. */
export const planMeanings = (table: 'events' | 'event_pending_changes') => ({
  [`${table}_venue_id_fkey`]: wrongField('input.venueId', 'there is no such venue'),
  [`${table}_room_id_venue_id_fkey`]: wrongField('input.roomId', 'is not a room of this venue'),
  [`${table}_location_id_fkey`]: wrongField('input.locationId', 'there is no such location'),
})

/** What is wrong with a span of time by itself. */
export function spanProblems({ startsAt, endsAt }: { startsAt: Date; endsAt: Date }): FieldProblem[] {
  if (endsAt <= startsAt) return [{ path: 'input.endsAt', message: 'must be after startsAt' }]
  if (endsAt.getTime() - startsAt.getTime() > MAX_DAYS * DAY_MS) {
    return [{ path: 'input.endsAt', message: `must be at most ${MAX_DAYS} days after startsAt` }]
  }
  return []
}

/**
 * What is wrong with a plan.
 * @param now Postgres' clock.
 * @param before the plan so far: a beginning that is not touched may be past, an event may be prolonged while it runs.
 */
export function planProblems(plan: Plan, now: Date, before?: Plan): FieldProblem[] {
  const problems = spanProblems(plan)
  const moved = before === undefined || plan.startsAt.getTime() !== before.startsAt.getTime()
  if (moved && plan.startsAt <= now)
    problems.push({ path: 'input.startsAt', message: 'must be in the future' })
  else if (plan.endsAt <= now) problems.push({ path: 'input.endsAt', message: 'must be in the future' })
  if (!plan.online && plan.venueId === null && plan.locationId === null) {
    problems.push({
      path: 'input.venueId',
      message: 'a venue or a location is needed unless the event is online',
    })
  }
  if (plan.roomId !== null && plan.venueId === null) {
    problems.push({ path: 'input.roomId', message: 'is not a room of this venue' })
  }
  return problems
}

/** The plan with what an input gives put over it. */
export const mergePlan = (plan: Plan, changes: Partial<Plan>): Plan => ({
  venueId: changes.venueId === undefined ? plan.venueId : changes.venueId,
  roomId: changes.roomId === undefined ? plan.roomId : changes.roomId,
  locationId: changes.locationId === undefined ? plan.locationId : changes.locationId,
  startsAt: changes.startsAt ?? plan.startsAt,
  endsAt: changes.endsAt ?? plan.endsAt,
  timezone: changes.timezone ?? plan.timezone,
  online: changes.online ?? plan.online,
})

/** Whether two plans say the same. */
export const samePlan = (a: Plan, b: Plan): boolean =>
  a.venueId === b.venueId &&
  a.roomId === b.roomId &&
  a.locationId === b.locationId &&
  a.startsAt.getTime() === b.startsAt.getTime() &&
  a.endsAt.getTime() === b.endsAt.getTime() &&
  a.timezone === b.timezone &&
  a.online === b.online

/** @throws Forbidden when the venue belongs to another organizer; BadUserInput when there is none. */
export async function requireUsableVenue(ctx: Context, venueId: string | null): Promise<void> {
  if (venueId === null) return
  const venue = await ctx.loaders.venue.load(venueId)
  if (!venue) throw wrongField('input.venueId', 'there is no such venue')()
  if (venue.ownerId !== null && !keeps(ctx.viewer, venue.ownerId)) {
    throw new Forbidden('This venue belongs to another organizer.')
  }
}
