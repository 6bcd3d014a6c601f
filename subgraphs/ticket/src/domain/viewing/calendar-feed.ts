import {
  CALENDAR_EVENTS,
  type CalendarEvent,
  calendarEvents,
  MOST_CALENDAR_EVENTS,
} from '@karcis/kit/contracts/calendar-event'
import { CALENDAR_TYPE, calendarFeedPath, calendarFeedToken } from '@karcis/kit/contracts/calendars'
import { transaction } from '@karcis/kit/database'
import { KarcisError, NotFound, ServiceUnavailable } from '@karcis/kit/errors'
import { calendarEtag, icalendar } from '@karcis/kit/icalendar'
import type { Viewer } from '@karcis/kit/service-token'
import type { FileAnswer, FileRequest } from '@karcis/kit/subgraph/server'
import type { Deps } from '../deps.ts'
import {
  type CalendarFeed,
  ensureCalendarFeed,
  findCalendarFeedOwner,
  listHeldTickets,
  replaceCalendarFeed,
} from '../documents/calendar-feed-store.ts'
import { type Language, languageOf, WORDS } from '../documents/document-words.ts'
import { feedEntry } from '../documents/feed-entry.ts'

/** How often a calendar is asked to look. */
const REFRESH_MINUTES = 60
/** One feed is made so often in an hour; on all of somebody's devices together. */
const MOST_AN_HOUR = 120
const HOUR_SECONDS = 3_600

/** Where the viewer's feed is: the same until they ask for another one. */
export const readCalendarFeed = ({ db, feedSealer }: Deps, viewer: Viewer): Promise<CalendarFeed> =>
  transaction(db, (tx) => ensureCalendarFeed(tx, feedSealer, viewer.id))

/** Another feed for the viewer: the link to the one before leads nowhere any more. */
export const resetCalendarFeed = ({ db, feedSealer }: Deps, viewer: Viewer): Promise<CalendarFeed> =>
  transaction(db, (tx) => replaceCalendarFeed(tx, feedSealer, viewer.id))

export const calendarFeedUrl = ({ token }: CalendarFeed, language: Language): string =>
  `${calendarFeedPath(token)}?lang=${language.toLowerCase()}`

/**
 * What somebody holds tickets for, as a calendar that is subscribed to, for whoever has its link.
 * @param name as it stands behind the folder.
 * @throws NotFound for a link that is none, or none any more; RATE_LIMITED, ServiceUnavailable.
 */
export async function openCalendarFeed(
  deps: Deps,
  name: string,
  { query, headers }: FileRequest,
): Promise<FileAnswer> {
  const token = calendarFeedToken(name)
  const ownerId = token === null ? null : await findCalendarFeedOwner(deps.db, token)
  if (ownerId === null) throw new NotFound('calendar', 'of this link')
  await countRead(deps, ownerId)
  const tickets = Map.groupBy(
    await listHeldTickets(deps.db, ownerId, MOST_CALENDAR_EVENTS),
    ({ eventId }) => eventId,
  )
  const language = languageOf(query.get('lang'), headers['accept-language'])
  const events = await findEvents(deps, [...tickets.keys()])
  const entries = events.map((event) => feedEntry(event, tickets.get(event.id) ?? [], language))
  const calendar = icalendar(entries, { name: WORDS[language].feed, refreshMinutes: REFRESH_MINUTES })
  return {
    headers: {
      'content-type': CALENDAR_TYPE,
      'content-disposition': 'attachment; filename="karcis.ics"',
      etag: calendarEtag(calendar),
    },
    body: calendar,
  }
}

/** While Redis is away nothing is counted. @throws KarcisError RATE_LIMITED */
async function countRead({ redis, log }: Deps, ownerId: string): Promise<void> {
  const key = `calendar-feed-reads:${ownerId}`
  let reads: number
  try {
    reads = await redis.incr(key)
    if (reads <= 1) await redis.expire(key, HOUR_SECONDS)
  } catch (error) {
    log.debug({ err: error }, 'a read of a feed was not counted')
    return
  }
  if (reads > MOST_AN_HOUR)
    throw new KarcisError('RATE_LIMITED', 'This calendar is asked for too often. Wait a while.', {
      retryAfterSeconds: HOUR_SECONDS,
    })
}

/** Those that there still are. @throws ServiceUnavailable */
async function findEvents({ clients }: Deps, ids: readonly string[]): Promise<CalendarEvent[]> {
  if (ids.length === 0) return []
  if (!clients.event) throw new ServiceUnavailable()
  const answer = await clients.event.query<{ calendarEvents: unknown }>(CALENDAR_EVENTS, { ids })
  return calendarEvents.parse(answer.calendarEvents).filter((event) => event !== null)
}
