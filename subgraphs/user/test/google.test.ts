import { COOKIES_HEADER } from '@karcis/kit/contracts/browser'
import { newId } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { type GoogleStandIn, startGoogle } from '@karcis/stand-ins/google'
import type { Answer } from '@karcis/testkit/ask'
import { type CameBack, signInAtGoogle } from '@karcis/testkit/google'
import { withMutant } from '@karcis/testkit/mutants'
import { parallel } from '@karcis/testkit/parallel'
import { NOBODY } from '@karcis/testkit/people'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bearerOf, settingsFor, type Story, startStory } from './stories.ts'

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
