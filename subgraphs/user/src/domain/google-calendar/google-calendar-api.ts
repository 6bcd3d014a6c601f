import { createBreaker } from '@karcis/kit/breakers/breaker'
import { KarcisError, ServiceUnavailable } from '@karcis/kit/errors'
import type { Logger } from '@karcis/kit/log'
import { retryAfterSeconds } from '@karcis/kit/outside/retry-after'
import { z } from 'zod'

/** An entry of a calendar, in the words of the Calendar API (v3). */
export interface GoogleCalendarEvent {
  summary: string
  description: string
  location?: string
  start: { dateTime: string; timeZone: string }
  end: { dateTime: string; timeZone: string }
  status: 'confirmed'
}

/** The Calendar API, or whoever else speaks it in its place. */
export interface GoogleCalendarApi {
  /**
   * Puts an entry into somebody's own calendar: once, however often it is put there, and as it is now.
   * @param key names the entry for good. @returns its page there.
   * @throws GoogleCalendarRefused, KarcisError RATE_LIMITED, ServiceUnavailable
   */
  put(accessToken: string, key: string, event: GoogleCalendarEvent): Promise<{ url: string; isNew: boolean }>
}

/** Google takes this consent no more: it was taken back, or does not go so far. */
export class GoogleCalendarRefused extends Error {}

const REQUEST_MS = 5_000
const AWAY = 'Google Calendar does not answer just now. Try again.'
/** Of an entry that was purged there its name stays taken: then it gets the next one. */
const MOST_NAMES = 4

const entry = z.object({ htmlLink: z.url({ protocol: /^https?$/ }) })
const refusal = z.object({ error: z.object({ errors: z.array(z.object({ reason: z.string() })).min(1) }) })

/** What 403 can say that passes by itself: https://developers.google.com/workspace/calendar/api/guides/errors */
const TOO_MUCH = new Set([
  'rateLimitExceeded',
  'userRateLimitExceeded',
  'quotaExceeded',
  'calendarUsageLimitsExceeded',
])

/** @param base as `https://www.googleapis.com/calendar/v3`. */
export function createGoogleCalendarApi(base: string, log: Logger): GoogleCalendarApi {
  const breaker = createBreaker({
    name: 'google calendar',
    log,
    message: AWAY,
    isAnswer: (error) => error instanceof KarcisError || error instanceof GoogleCalendarRefused,
  })
  const events = `${base}/calendars/primary/events`

  async function call(
    accessToken: string,
    method: 'POST' | 'PUT',
    url: string,
    body: object,
  ): Promise<Response> {
    const response = await fetch(url, {
      method,
      headers: { authorization: `Bearer ${accessToken}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(REQUEST_MS),
      redirect: 'error',
    })
    if (response.status === 401) throw new GoogleCalendarRefused('Google takes this token no more.')
    if (response.status === 403 || response.status === 429) await refuse(response)
    return response
  }

  async function put(accessToken: string, key: string, event: GoogleCalendarEvent) {
    for (let name = 0; name < MOST_NAMES; name++) {
      const id = name === 0 ? key : `${key}v${name}`
      const made = await call(accessToken, 'POST', events, { ...event, id })
      if (made.ok) return { url: await linkOf(made), isNew: true }
      if (made.status !== 409) throw await unexpected(made)
      const changed = await call(accessToken, 'PUT', `${events}/${id}`, event)
      if (changed.ok) return { url: await linkOf(changed), isNew: false }
      if (changed.status !== 404 && changed.status !== 410) throw await unexpected(changed)
    }
    throw new Error('an entry of a calendar has no name left')
  }

  return {
    put: (...args) =>
      breaker
        .run(() => put(...args))
        .catch((error: unknown) => {
          if (error instanceof KarcisError || error instanceof GoogleCalendarRefused) throw error
          throw new ServiceUnavailable(AWAY, 5, { cause: error })
        }),
  }
}

const linkOf = async (response: Response): Promise<string> => entry.parse(await response.json()).htmlLink

/** @throws KarcisError RATE_LIMITED, or GoogleCalendarRefused. */
async function refuse(response: Response): Promise<never> {
  const said = refusal.safeParse(await response.json().catch(() => null)).data
  const reason = said?.error.errors[0]?.reason ?? ''
  if (response.status === 429 || TOO_MUCH.has(reason)) {
    const asked = retryAfterSeconds(response.headers.get('retry-after')) ?? 0
    throw new KarcisError('RATE_LIMITED', 'Google takes no more for this calendar just now. Wait a while.', {
      retryAfterSeconds: asked > 0 && asked <= 3_600 ? asked : 60,
    })
  }
  if (reason === 'insufficientPermissions') throw new GoogleCalendarRefused('The consent does not go so far.')
  throw new Error(`Google Calendar refuses with 403 ${reason}`)
}

async function unexpected(response: Response): Promise<Error> {
  await response.body?.cancel()
  return new Error(`Google Calendar answered ${response.status}`)
}
