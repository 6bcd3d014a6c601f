import { COOKIES_HEADER } from '@karcis/kit/contracts/browser'
import { newId } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { eventually } from '@karcis/testkit/eventually'
import { type GoogleStandIn, startGoogle } from '@karcis/stand-ins/google'
import type { Answer } from '@karcis/testkit/ask'
import { type CameBack, signInAtGoogle } from '@karcis/testkit/google'
import { withMutant } from '@karcis/testkit/mutants'
import { parallel } from '@karcis/testkit/parallel'
import { NOBODY } from '@karcis/testkit/people'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findPersonalData } from '../src/domain/data-exports/data-export-store.ts'
import { bearerOf, PASSWORD, settingsFor, type Story, startStory } from './stories.ts'

const PAGE = 'http://localhost:4000/sign-in/google'
const START = 'mutation ($uri: String!) { startGoogleLogin(redirectUri: $uri) { url state } }'
const LOGIN = `mutation ($input: LoginWithGoogleInput!) { loginWithGoogle(input: $input) {
  accessToken refreshToken deviceToken user { id email name role emailVerified googleEmail } } }`
const LINK = 'mutation ($input: LinkGoogleInput!) { linkGoogle(input: $input) { id googleEmail } }'
const UNLINK = 'mutation { unlinkGoogle { id googleEmail } }'
const REMOVE_PASSKEY = 'mutation ($id: ID!) { removePasskey(id: $id) { passkeys } }'

type Ask = Story['anybody']

let google: GoogleStandIn
let story: Story
const options = { clientId: 'karcis', clientSecret: 'a secret of the test', redirectUris: [PAGE] }
beforeAll(async () => {
  google = await startGoogle(options)
  story = await startStory({
    GOOGLE_ISSUER: google.url,
    GOOGLE_CALENDAR_URL: `${google.url}/calendar/v3`,
    GOOGLE_CLIENT_ID: options.clientId,
    GOOGLE_CLIENT_SECRET: options.clientSecret,
    GOOGLE_REDIRECT_URIS: PAGE,
  })
})
afterAll(async () => {
  await story?.[Symbol.asyncDispose]()
  await google?.[Symbol.asyncDispose]()
})

let people = 0
const someone = () => `somebody.${(people += 1)}@gmail.example`

/** Goes to Google and comes back, as whoever asks. */
async function goTo(account: string, ask: Ask = story.anybody): Promise<CameBack> {
  const { data } = await ask(START, { uri: PAGE })
  return signInAtGoogle(data.startGoogleLogin.url, account)
}
const logIn = (came: CameBack, ask: Ask = story.anybody): Promise<Answer> => ask(LOGIN, { input: came })
const signIn = async (account: string): Promise<Answer> => logIn(await goTo(account))
const link = async (person: { ask: Ask }, account: string): Promise<Answer> =>
  person.ask(LINK, { input: await goTo(account, person.ask) })

const codesOf = (outcomes: PromiseSettledResult<Answer>[]) =>
  outcomes.map((outcome) => (outcome.status === 'fulfilled' ? (outcome.value.code ?? 'OK') : 'FAILED')).sort()

it('makes an account for whoever comes from Google, and signs them in to it from then on, whatever their address is then', async () => {
  const account = someone()
  const first = await signIn(account)
  expect(first.data.loginWithGoogle.user).toMatchObject({
    email: account,
    role: 'CUSTOMER',
    emailVerified: true,
    googleEmail: account,
  })
  google.accounts.set(account, { email: someone(), email_verified: true, name: 'Another name' })
  const second = await signIn(account)
  expect(second.data.loginWithGoogle.user).toMatchObject({
    id: first.data.loginWithGoogle.user.id,
    email: account,
  })
  const rows = await story.sql(
    `SELECT signed_in_by FROM sessions WHERE user_id = '${first.data.loginWithGoogle.user.id}'`,
  )
  expect(rows).toEqual([{ signed_in_by: 'GOOGLE' }, { signed_in_by: 'GOOGLE' }])
  const stored = await story.sql('SELECT to_jsonb(p)::text AS whole FROM provider_sign_ins p')
  expect(stored).toEqual([])
})

it('takes over nobody’s account: who has the same address signs in and links it, and can then do either', async () => {
  const siti = await story.signUp()
  expect((await signIn(siti.email)).code).toBe('EMAIL_TAKEN')
  await story.sql(`UPDATE users SET email_verified_at = now() WHERE id = '${siti.id}'`)
  expect((await signIn(siti.email)).code).toBe('EMAIL_TAKEN')
  expect((await link(siti, siti.email)).data.linkGoogle).toEqual({ id: siti.id, googleEmail: siti.email })
  expect((await signIn(siti.email)).data.loginWithGoogle.user.id).toBe(siti.id)
  expect((await story.login(siti.email)).code).toBeUndefined()
  const told = await story.sql(`SELECT data->>'linked' AS linked FROM notifications
    WHERE kind = 'GOOGLE_CHANGED' AND user_id = '${siti.id}'`)
  expect(told).toEqual([{ linked: 'true' }])
  const budi = await story.signUp()
  expect((await budi.ask('query ($id: ID!) { user(id: $id) { googleEmail } }', { id: siti.id })).code).toBe(
    'FORBIDDEN',
  )
})

it('links only for whoever was signed in when it began: nobody is handed a stranger’s Google account', async () => {
  const [siti, mallory] = [await story.signUp(), await story.signUp()]
  const account = someone()
  const malloryCame = await goTo(account, mallory.ask)
  expect((await siti.ask(LINK, { input: malloryCame })).code).toBe('BAD_USER_INPUT')
  expect((await siti.ask(LINK, { input: await goTo(account) })).code).toBe('BAD_USER_INPUT')
  expect((await logIn(malloryCame)).code).toBe('BAD_USER_INPUT')
  const unguarded = ['AND user_id IS NOT DISTINCT FROM', 'OR user_id ='] as const
  const handed = await withMutant(story.subgraph.deps, unguarded, () =>
    siti.ask(LINK, { input: malloryCame }),
  )
  expect(handed.data.linkGoogle).toEqual({ id: siti.id, googleEmail: account }) // which would let Mallory in
})

it('leaves no stranger’s Google account behind where the owner of an address comes to an account that was made with it', async () => {
  const [siti, account] = [await story.signUp(), someone()] // Siti is not who that address belongs to
  await link(siti, account)
  await story.anybody('mutation ($email: String!) { requestMagicLink(email: $email) }', { email: siti.email })
  const token = await story.mailed(siti.email, 'SIGN_IN_LINK')
  const owner = await story.anybody(
    'mutation ($token: String!) { loginWithMagicLink(token: $token) { user { id googleEmail } } }',
    { token },
  )
  expect(owner.data.loginWithMagicLink.user).toEqual({ id: siti.id, googleEmail: null })
  expect((await signIn(account)).data.loginWithGoogle.user.id).not.toBe(siti.id)
})

/** Somebody who has come by Google for the first time. */
async function newcomer(account = someone()): Promise<{ user: { id: string }; viewer: Viewer }> {
  const { accessToken, user } = (await signIn(account)).data.loginWithGoogle
  return { user, viewer: bearerOf(accessToken) as Viewer }
}

/** Gives somebody a passkey. @returns its id. */
async function givePasskey({ id }: { id: string }): Promise<string> {
  const passkeyId = newId()
  await story.sql(`INSERT INTO passkeys (id, user_id, credential_id, public_key, sign_count, transports, synced, name)
    VALUES ('${passkeyId}', '${id}', '${passkeyId}', '\\x00', 0, '{}', true, 'Phone')`)
  return passkeyId
}

it('is linked and taken off by a proof of just now, and what somebody came back with stays good until they give it', async () => {
  const [siti, account] = [await story.signUp(), someone()]
  const came = await goTo(account, siti.ask)
  const of = (secondsAgo: number) =>
    story.askAs({ ...siti.viewer, authTime: Math.floor(Date.now() / 1000) - secondsAgo })
  expect((await of(601)(LINK, { input: came })).code).toBe('STEP_UP_REQUIRED')
  expect((await of(60)(LINK, { input: came })).data.linkGoogle.googleEmail).toBe(account)
  expect((await of(601)(UNLINK)).code).toBe('STEP_UP_REQUIRED')
  expect((await of(60)(UNLINK)).data.unlinkGoogle.googleEmail).toBeNull()
})

it('is taken off where a passkey is left, which then stays', async () => {
  const { user, viewer } = await newcomer()
  await story.sql(`UPDATE users SET email_verified_at = NULL WHERE id = '${user.id}'`)
  const id = await givePasskey(user)
  expect((await story.askAs(viewer)(UNLINK)).data.unlinkGoogle.googleEmail).toBeNull()
  expect((await story.askAs(viewer)(REMOVE_PASSKEY, { id })).code).toBe('CONFLICT')
  await story.sql(
    `UPDATE users SET password_hash = (SELECT max(password_hash) FROM users) WHERE id = '${user.id}'`,
  )
  expect((await story.askAs(viewer)(REMOVE_PASSKEY, { id })).data.removePasskey).toEqual({ passkeys: 0 })
})

describe('the last two ways into an account are taken away at once', () => {
  /** Ways in that are left, least of some rounds. */
  async function race(): Promise<number> {
    const left: number[] = []
    for (let round = 0; round < 6 && !left.includes(0); round += 1) {
      const { user, viewer } = await newcomer()
      await story.sql(`UPDATE users SET email_verified_at = NULL WHERE id = '${user.id}'`)
      const id = await givePasskey(user)
      const ask = story.askAs(viewer)
      await parallel(2, (n) => (n === 0 ? ask(UNLINK) : ask(REMOVE_PASSKEY, { id })))
      const [row] = await story.sql(`SELECT ((SELECT count(*) FROM identities WHERE user_id = '${user.id}')
        + (SELECT count(*) FROM passkeys WHERE user_id = '${user.id}'))::int AS left`)
      left.push(row.left)
    }
    return Math.min(...left)
  }

  it('would leave none if neither locked the account', async () => {
    expect(await withMutant(story.subgraph.deps, ['FOR UPDATE', 'FOR KEY SHARE'], race)).toBe(0)
  })

  it('leaves one', async () => {
    expect(await race()).toBe(1)
  })
})

it('takes the link off only where a password, or a verified address, is left', async () => {
  const { user, viewer } = await newcomer()
  await story.sql(`UPDATE users SET email_verified_at = NULL WHERE id = '${user.id}'`)
  expect((await story.askAs(viewer)(UNLINK)).code).toBe('CONFLICT')
  await story.sql(`UPDATE users SET email_verified_at = now() WHERE id = '${user.id}'`)
  expect((await story.askAs(viewer)(UNLINK)).data.unlinkGoogle).toEqual({ id: user.id, googleEmail: null })
  const siti = await story.signUp()
  expect((await siti.ask(UNLINK)).data.unlinkGoogle).toEqual({ id: siti.id, googleEmail: null })
  const other = someone()
  await link(siti, other)
  expect((await link(siti, someone())).code).toBe('CONFLICT')
  expect((await link(siti, other)).code).toBeUndefined()
  expect((await siti.ask(UNLINK)).data.unlinkGoogle.googleEmail).toBeNull()
  expect((await signIn(other)).data.loginWithGoogle.user.id).not.toBe(siti.id)
})

it('refuses an address that Google has not verified, a code of another sign-in, and a page that is not ours', async () => {
  const account = someone()
  google.accounts.set(account, { email: account, email_verified: false, name: 'Nobody' })
  expect((await signIn(account)).code).toBe('INVALID_CREDENTIALS')
  const [mine, theirs] = [await goTo(someone()), await goTo(someone())]
  expect((await logIn({ ...mine, code: theirs.code })).code).toBe('INVALID_CREDENTIALS') // PKCE: it was not begun with this verifier
  expect((await logIn({ ...theirs, iss: 'https://elsewhere.example' })).code).toBe('INVALID_CREDENTIALS')
  const page = await story.anybody(START, { uri: 'https://elsewhere.example/sign-in/google' })
  expect(page).toMatchObject({ code: 'BAD_USER_INPUT', facts: { fields: [{ path: 'redirectUri' }] } })
})

it('waits ten minutes for whoever began, and in the browser that began', async () => {
  const browser = (cookies: object) =>
    story.askAs(null, 'router', undefined, { [COOKIES_HEADER]: JSON.stringify(cookies) })
  const came = await goTo(someone(), browser({ 'sign-in': 'of-this-browser' }))
  expect((await logIn(came)).code).toBe('BAD_USER_INPUT')
  expect((await logIn(came, browser({ 'sign-in': 'of-another' }))).code).toBe('BAD_USER_INPUT')
  expect((await logIn(await goTo(someone()), browser({ 'sign-in': 'of-this-browser' }))).code).toBe(
    'BAD_USER_INPUT',
  )
  const done = await logIn(came, browser({ 'sign-in': 'of-this-browser' }))
  expect([done.code, done.data.loginWithGoogle.refreshToken]).toEqual([undefined, null])
  const late = await goTo(someone())
  await story.sql("UPDATE provider_sign_ins SET expires_at = expires_at - interval '10 minutes'")
  expect((await logIn(late)).code).toBe('BAD_USER_INPUT')
})

describe('five come back with one state and code at once', () => {
  const race = async () => {
    const came = await goTo(someone())
    return codesOf(await parallel(5, () => logIn(came)))
  }

  it('would all be let as far as Google if the state were only looked at', async () => {
    const seen = [
      'DELETE FROM provider_sign_ins',
      'UPDATE provider_sign_ins SET expires_at = expires_at',
    ] as const
    const codes = await withMutant(story.subgraph.deps, seen, race)
    expect(codes).not.toContain('BAD_USER_INPUT') // and there the code is good once
  })

  it('is let in once: the state is taken by one DELETE', async () => {
    expect(await race()).toEqual([
      'BAD_USER_INPUT',
      'BAD_USER_INPUT',
      'BAD_USER_INPUT',
      'BAD_USER_INPUT',
      'OK',
    ])
  })
})

describe('two people link one Google account at once', () => {
  const race = async (account = someone()) => {
    const both = [await story.signUp(), await story.signUp()]
    const came = await Promise.all(both.map(({ ask }) => goTo(account, ask)))
    const outcomes = await parallel(2, (n) => both[n]?.ask(LINK, { input: came[n] }) as Promise<Answer>)
    const [row] = await story.sql(
      `SELECT count(*)::int AS owners FROM identities WHERE subject = '${account}'`,
    )
    return { codes: codesOf(outcomes), owners: row.owners }
  }

  it('opens one account: identities_issuer_subject_key', async () => {
    expect(await race()).toEqual({ codes: ['CONFLICT', 'OK'], owners: 1 })
  })

  it('makes one account when somebody is new on three devices at once', async () => {
    const account = someone()
    const came = await Promise.all([1, 2, 3].map(() => goTo(account)))
    const outcomes = await parallel(3, (n) => logIn(came[n] as CameBack))
    expect(codesOf(outcomes)).toEqual(['OK', 'OK', 'OK'])
    const accounts = await story.sql(`SELECT id FROM users WHERE email = '${account}'`)
    expect(accounts).toHaveLength(1)
  })

  it('would open both without that index', async () => {
    await story.sql('DROP INDEX identities_issuer_subject_key')
    try {
      const account = someone()
      const owners: number[] = []
      for (let round = 0; round < 5 && !owners.includes(2); round += 1) {
        owners.push((await race(`${round}.${account}`)).owners)
      }
      expect(owners).toContain(2)
    } finally {
      await story.sql('DELETE FROM identities')
      await story.sql('CREATE UNIQUE INDEX identities_issuer_subject_key ON identities (issuer, subject)')
    }
  })
})

it('says so where Google is not set up, and while it does not answer: after some calls at once, and leaves it in peace', async () => {
  await using without = await startStory()
  expect((await without.anybody(START, { uri: PAGE })).code).toBe('CONFLICT')
  await using away = await startStory({
    GOOGLE_ISSUER: NOBODY,
    GOOGLE_CLIENT_ID: 'karcis',
    GOOGLE_CLIENT_SECRET: 'secret',
    GOOGLE_REDIRECT_URIS: PAGE,
  })
  const told: unknown[] = []
  for (let call = 0; call < 6; call += 1) {
    const { code, facts } = await away.anybody(START, { uri: PAGE })
    expect(code).toBe('SERVICE_UNAVAILABLE')
    told.push(facts.retryAfterSeconds)
  }
  expect(told).toEqual([5, 5, 5, 5, 5, 10])
})

it.each([
  [{ GOOGLE_CLIENT_ID: 'a' }, 'GOOGLE_CLIENT_SECRET'],
  [{ GOOGLE_CLIENT_ID: 'a', GOOGLE_CLIENT_SECRET: 'b' }, 'GOOGLE_REDIRECT_URIS'],
  [{ GOOGLE_REDIRECT_URIS: 'https://karcis.example/back?to=1' }, 'GOOGLE_REDIRECT_URIS'],
  [{ NODE_ENV: 'production', BCRYPT_COST: '10', GOOGLE_ISSUER: 'http://127.0.0.1:1' }, 'GOOGLE_ISSUER'],
  [
    {
      NODE_ENV: 'production',
      BCRYPT_COST: '10',
      GOOGLE_CLIENT_ID: 'a',
      GOOGLE_CLIENT_SECRET: 'stand-in-b',
      GOOGLE_REDIRECT_URIS: 'https://karcis.example/back',
    },
    'GOOGLE_CLIENT_SECRET',
  ],
])('does not start with settings that are half or unsafe: %o', (settings, name) => {
  expect(() => settingsFor('postgres://nobody@127.0.0.1/nothing', settings)).toThrow(name)
})

describe('a calendar at Google', () => {
  const BEGIN = 'mutation ($uri: String!) { startGoogleCalendar(redirectUri: $uri) { url state } }'
  const CONNECT = `mutation ($input: ConnectGoogleCalendarInput!) { connectGoogleCalendar(input: $input) { id googleCalendarEmail googleEmail } }`
  const DISCONNECT = 'mutation { disconnectGoogleCalendar { googleCalendarEmail } }'
  const SAVE = 'mutation ($id: ID!) { saveToGoogleCalendar(eventId: $id) { event { id } url isNew } }'
  const CONNECTED = '{ me { googleCalendarEmail } }'

  const consent = async (who: { ask: Ask }, account: string): Promise<CameBack> =>
    signInAtGoogle((await who.ask(BEGIN, { uri: PAGE })).data.startGoogleCalendar.url, account)
  async function connected() {
    const [person, account] = [await story.signUp(), someone()]
    const { data } = await person.ask(CONNECT, { input: await consent(person, account) })
    expect(data.connectGoogleCalendar).toEqual({
      id: person.id,
      googleCalendarEmail: account,
      googleEmail: null,
    })
    return { person, account, calendar: () => [...(google.calendars.entries.get(account)?.values() ?? [])] }
  }
  /** An event as the event subgraph tells of it. @returns its id. */
  function event(facts: object = {}, id = newId()): string {
    story.neighbours.calendarEvents.set(id, {
      id,
      title: 'Konser Merdeka',
      description: 'An evening',
      status: 'APPROVED',
      startsAt: '2036-10-26T00:30:00.000Z',
      endsAt: '2036-10-26T01:30:00.000Z',
      timezone: 'Europe/Berlin',
      place: 'Gelora, Jakarta',
      latitude: null,
      longitude: null,
      cancellationReason: null,
      rescheduledAt: null,
      version: 1,
      updatedAt: '2026-11-26T00:00:00Z',
      ...facts,
    })
    return id
  }
  const save = async (who: { ask: Ask }, id: string) => {
    const { data, code, facts } = await who.ask(SAVE, { id })
    return { saved: data?.saveToGoogleCalendar, code, facts }
  }
  const NOT_CONNECTED = { code: 'CONFLICT', facts: { reason: 'GOOGLE_CALENDAR_NOT_CONNECTED' } }

  it('has an event once, however often it is saved, and as the event is now', async () => {
    const { person, account, calendar } = await connected()
    const id = event()
    expect((await save(person, id)).saved).toEqual({
      event: { id },
      url: expect.stringContaining('google.com'),
      isNew: true,
    })
    const [entry] = calendar()
    expect(entry).toMatchObject({
      summary: 'Konser Merdeka',
      location: 'Gelora, Jakarta',
      // Half past two comes twice in that night: which of the two is meant is said by the instant.
      start: { dateTime: '2036-10-26T00:30:00.000Z', timeZone: 'Europe/Berlin' },
      end: { dateTime: '2036-10-26T01:30:00.000Z', timeZone: 'Europe/Berlin' },
      status: 'confirmed',
    })
    event(
      {
        title: 'Moved',
        startsAt: '2036-11-01T10:00:00.000Z',
        endsAt: '2036-11-01T12:00:00.000Z',
        place: null,
      },
      id,
    )
    google.calendars.entries
      .get(account)
      ?.set(entry?.id ?? '', { ...entry, status: 'cancelled' } as NonNullable<typeof entry>)
    const answers = await parallel(5, () => save(person, id))
    for (const answer of answers)
      expect(answer).toMatchObject({ status: 'fulfilled', value: { saved: { isNew: false } } })
    expect(calendar()).toMatchObject([{ id: entry?.id, summary: 'Moved', status: 'confirmed' }])
    // Of what was purged there the name stays taken.
    google.calendars.purged.add(entry?.id ?? '')
    google.calendars.entries.get(account)?.clear()
    expect((await save(person, id)).saved.isNew).toBe(true)
    expect((await save(person, id)).saved.isNew).toBe(false)
    expect(calendar()).toHaveLength(1)
    google.calendars.purged.clear()
    expect((await save(person, event({ status: 'CANCELLED' }))).code).toBe('CONFLICT')
    expect((await save(person, newId())).code).toBe('NOT_FOUND')
    const hidden = event()
    story.neighbours.hidden.add(hidden)
    expect((await save(person, hidden)).code).toBe('NOT_FOUND')
    expect((await save(person, 'x')).code).toBe('BAD_USER_INPUT')
  })

  it('is connected by whoever began it, once, and only where they let us write into it', async () => {
    const [siti, mallory] = [await story.signUp(), await story.signUp()]
    const came = await consent(siti, someone())
    expect((await mallory.ask(CONNECT, { input: came })).code).toBe('BAD_USER_INPUT')
    const outcomes = await parallel(4, () => siti.ask(CONNECT, { input: came }))
    expect(codesOf(outcomes)).toEqual(['BAD_USER_INPUT', 'BAD_USER_INPUT', 'BAD_USER_INPUT', 'OK'])
    // What was begun for a sign-in connects no calendar, and the other way round.
    expect((await siti.ask(CONNECT, { input: await goTo(someone(), siti.ask) })).code).toBe('BAD_USER_INPUT')
    expect((await siti.ask(LINK, { input: await consent(siti, someone()) })).code).toBe('BAD_USER_INPUT')
    const unguarded = [
      'google_calendar_consents\n    WHERE user_id =',
      'google_calendar_consents WHERE user_id <>',
    ] as const
    const handed = await consent(siti, someone())
    const taken = await withMutant(story.subgraph.deps, unguarded, () =>
      mallory.ask(CONNECT, { input: handed }),
    )
    expect(taken.data.connectGoogleCalendar.id).toBe(mallory.id) // whose calendar is Siti's, without the guard
    const late = await consent(siti, someone())
    await story.sql(`UPDATE google_calendar_consents SET expires_at = now() WHERE user_id = '${siti.id}'`)
    expect((await siti.ask(CONNECT, { input: late })).code).toBe('BAD_USER_INPUT')
    const { url } = (await siti.ask(BEGIN, { uri: PAGE })).data.startGoogleCalendar
    expect(Object.fromEntries(new URL(url).searchParams)).toMatchObject({
      access_type: 'offline',
      code_challenge_method: 'S256',
      scope: 'openid email https://www.googleapis.com/auth/calendar.events.owned',
    })
    const narrow = new URL(url)
    narrow.searchParams.set('scope', 'openid email')
    const unticked = await signInAtGoogle(narrow.href, someone())
    expect((await siti.ask(CONNECT, { input: unticked })).code).toBe('INVALID_CREDENTIALS')
    expect((await siti.ask(BEGIN, { uri: 'https://evil.example/' })).code).toBe('BAD_USER_INPUT')
    expect((await story.anybody(BEGIN, { uri: PAGE })).code).toBe('UNAUTHENTICATED')
    const guest = await story.guest(someone())
    expect((await guest.ask(BEGIN, { uri: PAGE })).code).toBe('FORBIDDEN')
    const text = JSON.stringify(await story.sql('SELECT to_jsonb(c)::text AS whole FROM google_calendars c'))
    expect(text).toContain('sealed_token')
  })

  it('that was taken away at Google asks to be connected again', async () => {
    const { person, account } = await connected()
    await google.revokeAll(account)
    expect(await save(person, event())).toMatchObject(NOT_CONNECTED)
    expect((await person.ask(CONNECTED)).data.me.googleCalendarEmail).toBeNull()
    expect(await save(person, event())).toMatchObject(NOT_CONNECTED)
    await person.ask(CONNECT, { input: await consent(person, account) })
    expect((await save(person, event())).saved.isNew).toBe(true)
    google.calendars.faults.push({ status: 401, reason: 'authError' })
    expect(await save(person, event())).toMatchObject(NOT_CONNECTED)
  })

  it('waits as long as Google says, and is not lost while Google is away', async () => {
    const { person, calendar } = await connected()
    google.calendars.faults.push({ status: 403, reason: 'rateLimitExceeded', retryAfterSeconds: 7 })
    expect(await save(person, event())).toMatchObject({
      code: 'RATE_LIMITED',
      facts: { retryAfterSeconds: 7 },
    })
    google.calendars.faults.push({ status: 429, reason: 'rateLimitExceeded' })
    expect(await save(person, event())).toMatchObject({
      code: 'RATE_LIMITED',
      facts: { retryAfterSeconds: 60 },
    })
    google.calendars.faults.push({ status: 503, reason: 'backendError' })
    expect((await save(person, event())).code).toBe('SERVICE_UNAVAILABLE')
    google.calendars.faults.push({ status: 403, reason: 'accessNotConfigured' })
    expect((await save(person, event())).code).toBe('SERVICE_UNAVAILABLE')
    expect(calendar()).toEqual([])
    expect((await save(person, event())).saved.isNew).toBe(true)
  })

  it('is given back when it is disconnected, and with the account; the export names it, without its token', async () => {
    const { person, account } = await connected()
    const part = await findPersonalData(story.subgraph.deps.db, person.id)
    expect(JSON.parse(part).googleCalendar).toEqual({ email: account, connected_at: expect.any(String) })
    expect(google.hasConsent(account)).toBe(true)
    expect((await person.ask(DISCONNECT)).data.disconnectGoogleCalendar.googleCalendarEmail).toBeNull()
    expect((await person.ask(DISCONNECT)).code).toBeUndefined()
    const until = async (of: string) =>
      eventually(() => {
        if (google.hasConsent(of)) throw new Error('the consent is still there')
      })
    await until(account)
    expect(await save(person, event())).toMatchObject(NOT_CONNECTED)
    await person.ask(CONNECT, { input: await consent(person, account) })
    expect(google.hasConsent(account)).toBe(true)
    const erased = await person.ask(
      'mutation ($id: ID!, $input: DeleteUserInput) { deleteUser(id: $id, input: $input) { id } }',
      { id: person.id, input: { password: PASSWORD } },
    )
    expect(erased.code).toBeUndefined()
    await until(account)
    expect(await story.sql(`SELECT 1 FROM google_calendars WHERE user_id = '${person.id}'`)).toEqual([])
  })
})
