import type { IncomingMessage, ServerResponse } from 'node:http'
import { readBody, sendJson } from '@karcis/kit/http'

/** Where the API is, below the address of the stand-in. */
export const CALENDAR_PATH = '/calendar/v3'

/** What it takes to write into somebody's calendar. */
export const CALENDAR_SCOPE = 'https://www.googleapis.com/auth/calendar.events.owned'

const BODY_LIMIT = 50_000
const EVENTS = `${CALENDAR_PATH}/calendars/primary/events`
/** https://developers.google.com/workspace/calendar/api/v3/reference/events/insert */
const ID = /^[a-v0-9]{5,1024}$/

interface Moment {
  dateTime: string
  timeZone: string
}

/** An entry as it was put there. */
export interface StandInEntry {
  id: string
  summary: string
  description?: string
  location?: string
  start: Moment
  end: Moment
  status: 'confirmed' | 'cancelled'
}

/** What the next call is answered with in place of what it asks for. */
export interface CalendarFault {
  status: number
  reason: string
  retryAfterSeconds?: number
}

/** Everybody's own calendar. */
export interface CalendarStandIn {
  /** By the account, and then by id. */
  readonly entries: Map<string, Map<string, StandInEntry>>
  /** Ids that were deleted for good: their names stay taken. */
  readonly purged: Set<string>
  readonly faults: CalendarFault[]
  /** As `POST` and `PUT`, in order. */
  readonly calls: string[]
}

/** Whose a token is, and what it is good for; null for one that is not (any more). */
export type TokenLookup = (token: string) => Promise<{ account: string; scopes: ReadonlySet<string> } | null>

export const newCalendars = (): CalendarStandIn => ({
  entries: new Map(),
  purged: new Set(),
  faults: [],
  calls: [],
})

/** Answers a request of the Calendar API: insert and update of entries in `primary`, as Google does. */
export async function answerCalendar(
  calendars: CalendarStandIn,
  find: TokenLookup,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const refuse = (status: number, reason: string, retryAfterSeconds?: number): void =>
    sendJson(
      response,
      status,
      { error: { code: status, message: reason, errors: [{ domain: 'global', reason, message: reason }] } },
      retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) },
    )
  const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1]
  const known = token === undefined ? null : await find(token)
  if (!known) return refuse(401, 'authError')
  if (!known.scopes.has(CALENDAR_SCOPE)) return refuse(403, 'insufficientPermissions')
  const fault = calendars.faults.shift()
  if (fault) return refuse(fault.status, fault.reason, fault.retryAfterSeconds)

  const { method = '', url = '' } = request
  const [, named] = /^\/([^/?]+)$/.exec(url.slice(EVENTS.length)) ?? []
  const isInsert = method === 'POST' && url === EVENTS
  if (!isInsert && !(method === 'PUT' && url.startsWith(EVENTS) && named !== undefined))
    return refuse(404, 'notFound')
  calendars.calls.push(method)
  const given = JSON.parse(await readBody(request, BODY_LIMIT)) as StandInEntry
  const id = named ?? given.id
  if (!ID.test(id) || !isSpan(given)) return refuse(400, 'invalid')
  const own = calendars.entries.get(known.account) ?? new Map<string, StandInEntry>()
  calendars.entries.set(known.account, own)
  const isPurged = calendars.purged.has(id)
  if (isInsert && (own.has(id) || isPurged)) return refuse(409, 'duplicate')
  if (!isInsert && isPurged) return refuse(410, 'deleted')
  if (!isInsert && !own.has(id)) return refuse(404, 'notFound')
  const kept = { ...given, id }
  own.set(id, kept)
  sendJson(response, 200, { ...kept, htmlLink: `https://www.google.com/calendar/event?eid=${id}` })
}

function isSpan({ start, end }: StandInEntry): boolean {
  const zones = [start?.timeZone, end?.timeZone]
  const [from, to] = [Date.parse(start?.dateTime), Date.parse(end?.dateTime)]
  return from < to && zones.every((zone) => isZone(zone))
}

function isZone(zone: string): boolean {
  try {
    return Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}
