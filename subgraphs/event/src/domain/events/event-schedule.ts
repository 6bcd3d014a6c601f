import type { FieldProblem } from '@karcis/kit/errors'
import { idSchema } from '@karcis/kit/ids'
import { instantSchema, timezoneSchema } from '@karcis/kit/validate'
import { z } from 'zod'

/** What lasts longer, an exhibition or a season, is several events: none keeps a room from all others for longer. */
export const MAX_EVENT_DAYS = 31
const DAY_MS = 86_400_000
/** The same problem, seen from the beginning. */
const TURNED = ['after startsAt', 'before endsAt'] as const

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
  startsAt: instantSchema.optional(),
  endsAt: instantSchema.optional(),
  timezone: timezoneSchema.optional(),
  online: z.boolean().optional(),
}

const SCHEDULE_KEYS = Object.keys(scheduleFields) as (keyof EventSchedule)[]

/** Whether an input says anything about the schedule. */
export const touchesSchedule = (input: Partial<EventSchedule>): boolean =>
  SCHEDULE_KEYS.some((key) => input[key] !== undefined)

/** What is wrong with a span of time by itself. @param maxDays how long it may last. */
export function spanProblem(
  { startsAt, endsAt }: { startsAt: Date; endsAt: Date },
  maxDays: number,
): string | null {
  if (endsAt <= startsAt) return 'must be after startsAt'
  if (endsAt.getTime() - startsAt.getTime() > maxDays * DAY_MS) {
    return `must be at most ${maxDays} days after startsAt`
  }
  return null
}

/**
 * What is wrong with a schedule, said of fields that were sent.
 * @param sent what the input says of the schedule; all else is as it was.
 * @param now Postgres' clock.
 * @param before the schedule so far: a start that is not moved may be in the past, and an event may be prolonged while it runs.
 */
export function scheduleProblems(
  schedule: EventSchedule,
  sent: Partial<EventSchedule>,
  now: Date,
  before?: EventSchedule,
): FieldProblem[] {
  const problems: FieldProblem[] = []
  const timed = sent.startsAt !== undefined || sent.endsAt !== undefined
  const span = timed ? spanProblem(schedule, MAX_EVENT_DAYS) : null
  if (span !== null && sent.endsAt !== undefined) problems.push({ path: 'input.endsAt', message: span })
  else if (span !== null) problems.push({ path: 'input.startsAt', message: span.replace(...TURNED) })

  const moved = before === undefined || schedule.startsAt.getTime() !== before.startsAt.getTime()
  if (moved && schedule.startsAt <= now)
    problems.push({ path: 'input.startsAt', message: 'must be in the future' })
  else if (sent.endsAt !== undefined && schedule.endsAt <= now)
    problems.push({ path: 'input.endsAt', message: 'must be in the future' })

  if (!schedule.online && schedule.venueId === null && schedule.locationId === null) {
    problems.push({
      path: before ? firstSent(sent, 'venueId', 'locationId', 'online') : 'input.venueId',
      message: 'a venue or a location is needed unless the event is online',
    })
  }
  if (schedule.roomId !== null && schedule.venueId === null) {
    problems.push({ path: firstSent(sent, 'roomId', 'venueId'), message: roomProblem(sent) })
  }
  return problems
}

/** What is wrong with a room that is not in the venue; which of the two was sent is the one to mend. */
export const roomProblem = (sent: Partial<EventSchedule>): string =>
  sent.roomId === undefined ? 'is not the venue of the room: send roomId too' : 'is not a room of this venue'

/** The path of the first of these fields that an input sent. */
export function firstSent(sent: Partial<EventSchedule>, ...fields: (keyof EventSchedule)[]): string {
  return `input.${fields.find((field) => sent[field] !== undefined) ?? fields[0]}`
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
