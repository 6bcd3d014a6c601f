import { CALENDAR_EVENTS, type CalendarEvent, calendarEvents } from '@karcis/kit/contracts/calendar-event'
import { transaction } from '@karcis/kit/database'
import { BadUserInput, Conflict, NotFound, Unauthenticated } from '@karcis/kit/errors'
import { idSchema } from '@karcis/kit/ids'
import { defineJob, enqueue } from '@karcis/kit/jobs'
import { newToken } from '@karcis/kit/secret-tokens'
import type { Viewer } from '@karcis/kit/service-token'
import { parseInput } from '@karcis/kit/validate'
import { z } from 'zod'
import { lockAccount } from '../accounts/account-store.ts'
import { fullView, type UserView } from '../accounts/user-view.ts'
import type { Tx } from '../database.ts'
import type { Deps } from '../deps.ts'
import { GoogleCalendarNotConnected, GoogleSaysNo } from '../errors.ts'
import { isEventVisible, subgraph } from '../other-subgraphs.ts'
import { cameBackSchema, parseRedirectUri, SECONDS_AT_GOOGLE, tiesOf } from '../sign-in/at-google.ts'
import type { GoogleIssuer } from '../sign-in/google-issuer.ts'
import {
  deleteCalendarConsent,
  deleteGoogleCalendar,
  findGoogleCalendar,
  type GoogleCalendarConnection,
  putCalendarConsent,
  putGoogleCalendar,
  takeCalendarConsent,
} from './calendar-store.ts'
import {
  type GoogleCalendarApi,
  type GoogleCalendarEvent,
  GoogleCalendarRefused,
} from './google-calendar-api.ts'

/** What Google keeps of a description is 8,192 characters. */
const DESCRIPTION_LENGTH = 8_000

/**
 * Sends the viewer to Google, to let us write into their calendar.
 * @throws BadUserInput for a page that is not ours; Conflict where Google is not set up; ServiceUnavailable
 */
export async function startGoogleCalendar(
  deps: Deps,
  viewer: Viewer,
  given: unknown,
): Promise<{ url: string; state: string }> {
  const { google } = googleOf(deps)
  const redirectUri = parseRedirectUri(google, given)
  const state = newToken()
  const url = await google.consentUrl(tiesOf(deps, 'calendar', { state, redirectUri }))
  await transaction(deps.db, (tx) =>
    putCalendarConsent(tx, { userId: viewer.id, state, redirectUri }, SECONDS_AT_GOOGLE),
  )
  return { url, state }
}

/**
 * Keeps what the viewer consented to at Google, sealed. What was connected before is given up.
 * @throws BadUserInput, GoogleSaysNo, Conflict, ServiceUnavailable
 */
export async function connectGoogleCalendar(deps: Deps, viewer: Viewer, input: unknown): Promise<UserView> {
  const { code, state, iss = null } = parseInput(cameBackSchema, input)
  const { google } = googleOf(deps)
  const redirectUri = await transaction(deps.db, (tx) => takeCalendarConsent(tx, viewer.id, state))
  if (redirectUri === null) {
    const message = 'is of no consent that you have begun here and is still waited for: begin again'
    throw new BadUserInput([{ path: 'input.state', message }])
  }
  const { email, refreshToken } = await google.redeemConsent(
    { code, iss },
    tiesOf(deps, 'calendar', { state, redirectUri }),
  )
  return transaction(deps.db, async (tx) => {
    const account = await lockAccount(tx, viewer.id)
    if (!account || account.deletedAt) throw new Unauthenticated()
    const before = await findGoogleCalendar(tx, viewer.id)
    // To give up the one before ends all consents of the same account there: the new one, too.
    if (before && before.email !== email) await forgetGoogleCalendar(tx, viewer.id)
    await putGoogleCalendar(tx, viewer.id, { sealedToken: deps.calendarSealer.seal(refreshToken), email })
    return fullView(account)
  })
}

/** Has us write into the viewer's calendar no more. Nothing changes when we do not. */
export const disconnectGoogleCalendar = ({ db }: Deps, viewer: Viewer): Promise<UserView> =>
  transaction(db, async (tx) => {
    const account = await lockAccount(tx, viewer.id)
    if (!account) throw new Unauthenticated()
    await forgetGoogleCalendar(tx, viewer.id)
    return fullView(account)
  })

/** Forgets a person's consent, and one that they have begun to give, and has Google told so. */
export async function forgetGoogleCalendar(tx: Tx, userId: string): Promise<void> {
  await deleteCalendarConsent(tx, userId)
  const sealed = await deleteGoogleCalendar(tx, userId)
  if (sealed) await enqueue(tx, revokeConsent, { sealed: Buffer.from(sealed).toString('base64') })
}

/** Gives a consent back at Google. Tried again until it is; what is none any more there, is. */
export const revokeConsent = defineJob({
  name: 'revoke-google-calendar',
  schema: z.object({ sealed: z.base64() }),
  async run({ google, calendarSealer }: Deps, { sealed }) {
    await google?.revoke(calendarSealer.unseal(Buffer.from(sealed, 'base64')))
  },
})

/** An event in somebody's calendar at Google. */
export interface SavedCalendarEntry {
  event: { id: string }
  /** Its page there. */
  url: string
  /** Whether it was not there before. */
  isNew: boolean
}

/**
 * Puts an event into the viewer's own calendar; one that is there already is made what the event is now.
 * @throws BadUserInput, NotFound for what they may not see; Conflict for what was called off; GoogleCalendarNotConnected, RATE_LIMITED, ServiceUnavailable
 */
export async function saveToGoogleCalendar(
  deps: Deps,
  viewer: Viewer,
  given: unknown,
): Promise<SavedCalendarEntry> {
  const eventId = parseInput(idSchema, given, 'eventId')
  const { google, api } = googleOf(deps)
  const event = (await isEventVisible(deps, viewer, eventId)) ? await findEvent(deps, eventId) : null
  if (!event) throw new NotFound('event', eventId)
  if (event.status === 'CANCELLED') throw new Conflict('This event was called off.')
  const connection = await findGoogleCalendar(deps.db, viewer.id)
  if (!connection) throw new GoogleCalendarNotConnected()
  try {
    const accessToken = await google.accessToken(deps.calendarSealer.unseal(connection.sealedToken))
    return { event: { id: eventId }, ...(await api.put(accessToken, nameOf(eventId), entryOf(event))) }
  } catch (error) {
    if (!(error instanceof GoogleCalendarRefused || error instanceof GoogleSaysNo)) throw error
    await forgetRefused(deps, viewer, connection)
    throw new GoogleCalendarNotConnected()
  }
}

/** What they have connected anew meanwhile stays. */
const forgetRefused = (
  { db }: Deps,
  { id }: Viewer,
  { sealedToken }: GoogleCalendarConnection,
): Promise<unknown> => transaction(db, (tx) => deleteGoogleCalendar(tx, id, sealedToken))

/** The same each time, in the letters that Google takes: https://developers.google.com/workspace/calendar/api/v3/reference/events/insert */
const nameOf = (eventId: string): string => `karcis${eventId.replaceAll('-', '')}`

const entryOf = ({
  title,
  description,
  place,
  startsAt,
  endsAt,
  timezone,
}: CalendarEvent): GoogleCalendarEvent => ({
  summary: title,
  description: description.slice(0, DESCRIPTION_LENGTH),
  ...(place !== null && { location: place }),
  start: { dateTime: startsAt.toISOString(), timeZone: timezone },
  end: { dateTime: endsAt.toISOString(), timeZone: timezone },
  status: 'confirmed',
})

/** @throws ServiceUnavailable */
async function findEvent(deps: Deps, id: string): Promise<CalendarEvent | null> {
  const answer = await subgraph(deps, 'event').query<{ calendarEvents: unknown }>(CALENDAR_EVENTS, {
    ids: [id],
  })
  return calendarEvents.parse(answer.calendarEvents)[0] ?? null
}

/** @throws Conflict where an operator has not set it up. */
function googleOf({ google, googleCalendar }: Deps): { google: GoogleIssuer; api: GoogleCalendarApi } {
  if (!google || !googleCalendar) throw new Conflict('Google Calendar is not set up here.')
  return { google, api: googleCalendar }
}
