/** Calendars (RFC 5545), through the router's port: the same paths at the router and at the subgraph that makes each. */
export const CALENDAR_FOLDER = '/calendar/'

/** What people hold tickets for, of the ticket subgraph; all else in the folder is events, of the event subgraph. */
export const CALENDAR_FEED_FOLDER = '/calendar/feed/'

export const CALENDAR_TYPE = 'text/calendar; charset=utf-8'

const EVENT = /^([\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12})\.ics$/i
const FEED = /^([\w-]{43})\.ics$/

/** Path of an event's entry, for anybody. */
export const eventCalendarPath = (eventId: string): string => `${CALENDAR_FOLDER}${eventId}.ics`

/** Path of a feed, for whoever has its token: 32 bytes in base64url. */
export const calendarFeedPath = (token: string): string => `${CALENDAR_FEED_FOLDER}${token}.ics`

/** The event that a name says, as it stands behind the folder; null for what names none. */
export const calendarEventId = (name: string): string | null => EVENT.exec(name)?.[1]?.toLowerCase() ?? null

/** The token that a name says, as it stands behind the folder of feeds; null for what names none. */
export const calendarFeedToken = (name: string): string | null => FEED.exec(name)?.[1] ?? null
