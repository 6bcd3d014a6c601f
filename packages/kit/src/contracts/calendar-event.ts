import { z } from 'zod'

const instant = z.iso.datetime({ offset: true }).transform((text) => new Date(text))

/** An event as a calendar has it, in force. */
export const calendarEvent = z.object({
  id: z.uuid(),
  title: z.string(),
  description: z.string(),
  status: z.string(),
  startsAt: instant,
  endsAt: instant,
  /** IANA name: its times are meant in it. */
  timezone: z.string(),
  /** One line by which a person finds the place; null for an event without one. */
  place: z.string().nullable(),
  /** Of the place, as far as it is known: degrees north and east. */
  latitude: z.number().nullable(),
  longitude: z.number().nullable(),
  /** Why it was called off; null while it was not. */
  cancellationReason: z.string().nullable(),
  /** When it was moved to another time last; null when it never was. */
  rescheduledAt: instant.nullable(),
  /** Rises with every change. */
  version: z.int(),
  /** When it last changed. */
  updatedAt: instant,
})

export type CalendarEvent = z.infer<typeof calendarEvent>

/** So many one question may be about. */
export const MOST_CALENDAR_EVENTS = 500

/** Asks the event subgraph for up to 500 events by `$ids`, whoever may see them; null where there is none. Answered under `calendarEvents`. */
export const CALENDAR_EVENTS = `query CalendarEvents($ids: [ID!]!) {
  calendarEvents(ids: $ids) { ${Object.keys(calendarEvent.shape).join(' ')} }
}`

export const calendarEvents = z.array(calendarEvent.nullable())
