import type { FieldProblem } from '@karcis/kit/errors'
import { idSchema } from '@karcis/kit/ids'
import { timezoneSchema } from '@karcis/kit/validate'
import { z } from 'zod'

const MAX_DAYS = 366
const DAY_MS = 86_400_000

/** When and where an event takes place: what an admin approves, and what people buy tickets for. */
export interface EventSchedule {
  venueId: string | null
  roomId: string | null
  locationId: string | null
  startsAt: Date
  endsAt: Date
  /** IANA */
  timezone: string
  online: boolean
}

/** The fields of a schedule as inputs carry them; absent means unchanged or default, null means none. */
export const scheduleFields = {
  venueId: idSchema.nullish(),
  roomId: idSchema.nullish(),
  locationId: idSchema.nullish(),
  startsAt: z.date().optional(),
  endsAt: z.date().optional(),
  timezone: timezoneSchema.optional(),
  online: z.boolean().optional(),
}

const SCHEDULE_KEYS = Object.keys(scheduleFields) as (keyof EventSchedule)[]

/** Whether an input says anything about the schedule. */
export const touchesSchedule = (input: Partial<EventSchedule>): boolean =>
  SCHEDULE_KEYS.some((key) => input[key] !== undefined)

/** What is wrong with a span of time by itself. */
export function spanProblems({ startsAt, endsAt }: { startsAt: Date; endsAt: Date }): FieldProblem[] {
  if (endsAt <= startsAt) return [{ path: 'input.endsAt', message: 'must be after startsAt' }]
  if (endsAt.getTime() - startsAt.getTime() > MAX_DAYS * DAY_MS) {
    return [{ path: 'input.endsAt', message: `must be at most ${MAX_DAYS} days after startsAt` }]
  }
  return []
}

/**
 * What is wrong with a schedule.
 * @param now Postgres' clock.
 * @param before the schedule so far: a start that is not moved may be in the past, and an event may be prolonged while it runs.
 */
export function scheduleProblems(schedule: EventSchedule, now: Date, before?: EventSchedule): FieldProblem[] {
  const problems = spanProblems(schedule)
  const moved = before === undefined || schedule.startsAt.getTime() !== before.startsAt.getTime()
  if (moved && schedule.startsAt <= now)
    problems.push({ path: 'input.startsAt', message: 'must be in the future' })
  else if (schedule.endsAt <= now) problems.push({ path: 'input.endsAt', message: 'must be in the future' })
  if (!schedule.online && schedule.venueId === null && schedule.locationId === null) {
    problems.push({
      path: 'input.venueId',
      message: 'a venue or a location is needed unless the event is online',
    })
  }
  if (schedule.roomId !== null && schedule.venueId === null) {
    problems.push({ path: 'input.roomId', message: 'is not a room of this venue' })
  }
  return problems
}

/** The schedule with the changes of an input applied. */
export const mergeSchedule = (schedule: EventSchedule, changes: Partial<EventSchedule>): EventSchedule => ({
  venueId: changes.venueId === undefined ? schedule.venueId : changes.venueId,
  roomId: changes.roomId === undefined ? schedule.roomId : changes.roomId,
  locationId: changes.locationId === undefined ? schedule.locationId : changes.locationId,
  startsAt: changes.startsAt ?? schedule.startsAt,
  endsAt: changes.endsAt ?? schedule.endsAt,
  timezone: changes.timezone ?? schedule.timezone,
  online: changes.online ?? schedule.online,
})

/** Whether two schedules say the same. */
export const sameSchedule = (a: EventSchedule, b: EventSchedule): boolean =>
  a.venueId === b.venueId &&
  a.roomId === b.roomId &&
  a.locationId === b.locationId &&
  a.startsAt.getTime() === b.startsAt.getTime() &&
  a.endsAt.getTime() === b.endsAt.getTime() &&
  a.timezone === b.timezone &&
  a.online === b.online
