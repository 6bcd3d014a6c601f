import { generateKeyPairSync } from 'node:crypto'
import { startGoogle } from '@karcis/stand-ins/google'
import { type PushService, startPushService } from '@karcis/stand-ins/push'
import { type SmsProvider, startSmsProvider } from '@karcis/stand-ins/sms'
import { eventually } from '@karcis/testkit/eventually'
import { signInAtGoogle } from '@karcis/testkit/google'
import { gql, type GraphQLBody } from '@karcis/testkit/gql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { approvedEvent, signInAdmin, signUpOrganizer, signUp as signUpAs } from './builders.ts'
import { type Karcis, startKarcis } from './karcis.ts'

const stack = new AsyncDisposableStack()
const PAGE = 'http://localhost:4000/sign-in/google'
let karcis: Karcis
let google: Awaited<ReturnType<typeof startGoogle>>
let push: PushService
let sms: SmsProvider
beforeAll(async () => {
  const client = { clientId: 'karcis', clientSecret: 'a secret of the test', redirectUris: [PAGE] }
  google = stack.use(await startGoogle(client))
  const account = { account: 'AC0123456789abcdef0123456789abcdef', token: 'what the provider signs with' }
  sms = stack.use(await startSmsProvider({ ...account, from: ['Karcis'] }))
  push = stack.use(await startPushService())
  karcis = stack.use(
    await startKarcis({
      PUSH_PRIVATE_KEY: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
        format: 'jwk',
      }).d,
      PUSH_CONTACT: 'mailto:ops@karcis.example',
      SMS_URL: sms.url,
      SMS_ACCOUNT: account.account,
      SMS_TOKEN: account.token,
      SMS_FROM: 'Karcis',
      GOOGLE_ISSUER: google.url,
      GOOGLE_CALENDAR_URL: `${google.url}/calendar/v3`,
      GOOGLE_CLIENT_ID: client.clientId,
      GOOGLE_CLIENT_SECRET: client.clientSecret,
      GOOGLE_REDIRECT_URIS: client.redirectUris,
    }),
  )
})
afterAll(() => stack.disposeAsync())

// oxlint-disable-next-line typescript/no-explicit-any -- a story knows what it asked for
type Body = GraphQLBody<any>

/** A browser with one page of the site open: it keeps cookies as it is told to, and names the origin of what it sends. */
function openBrowser() {
  const jar = new Map<string, string>()
  const set: string[] = []
  return {
    jar,
    /** Every Set-Cookie so far. */
    set,
    async ask(query: string, variables: object = {}, headers: Record<string, string> = {}): Promise<Body> {
      const response = await fetch(`${karcis.url}/graphql`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:134.0) Gecko/20100101 Firefox/134.0',
          'karcis-session': 'cookie',
          origin: new URL(karcis.url).origin,
          cookie: [...jar].map((pair) => pair.join('=')).join('; '),
          ...headers,
        },
        body: JSON.stringify({ query, variables }),
      })
      for (const cookie of response.headers.getSetCookie()) {
        set.push(cookie)
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? []
        if (cookie.includes('Max-Age=0')) jar.delete(name)
        else jar.set(name, value)
      }
      return (await response.json()) as Body
    },
  }
}

const SIGN_UP = `mutation ($input: CreateUserInput!) { createUser(input: $input) { accessToken refreshToken user { id } } }`
const REFRESH = 'mutation { refreshToken { accessToken refreshToken user { name } } }'
const LOG_OUT = 'mutation { logout }'
const codeOf = ({ errors }: Body): unknown => errors?.[0]?.extensions?.code

let people = 0
async function signUp(browser = openBrowser()) {
  const input = { email: `tab.${(people += 1)}@karcis.test`, password: 'correct horse battery', name: 'Siti' }
  const { data } = await browser.ask(SIGN_UP, { input })
  return { browser, ...data.createUser }
}

describe('a browser that asks for cookies', () => {
  it('gets its refresh token where no script reads it and no other site sends it, and its next one there', async () => {
    const { browser, accessToken, refreshToken } = await signUp()
    expect([typeof accessToken, refreshToken]).toEqual(['string', null])
    expect(browser.set).toHaveLength(1)
    expect(browser.set[0]).toMatch(
      /^karcis-session=[\w-]{43}; Max-Age=\d{7}; Path=\/graphql; HttpOnly; Secure; SameSite=Strict$/,
    )
    const first = browser.jar.get('karcis-session')
    const { data } = await browser.ask(REFRESH)
    expect(data.refreshToken).toMatchObject({ refreshToken: null, user: { name: 'Siti' } })
    expect(browser.jar.get('karcis-session')).not.toBe(first)
    const authorization = `Bearer ${data.refreshToken.accessToken}`
    const sessions = await browser.ask(
      '{ mySessions { edges { node { current device { browser system } place } } } }',
      {},
      { authorization },
    )
    expect(sessions.data.mySessions.edges).toEqual([
      { node: { current: true, device: { browser: 'Firefox', system: 'Linux' }, place: '127.0.0.0/24' } },
    ])
  })

  it('may have two tabs that refresh at once: both end up with the same next one, by the fast path too', async () => {
    const { browser } = await signUp()
    const tabs = await Promise.all([browser.ask(REFRESH), browser.ask(REFRESH), browser.ask(REFRESH)])
    expect(tabs.map(codeOf)).toEqual([undefined, undefined, undefined])
    expect(new Set(browser.set.slice(1)).size).toBeLessThanOrEqual(2) // the seconds left may have gone on by one
    expect(codeOf(await browser.ask(REFRESH))).toBeUndefined()
  })

  it('is believed only by the header and from a page of this site: a cookie alone does nothing', async () => {
    const { browser } = await signUp()
    const cookie = `karcis-session=${browser.jar.get('karcis-session')}`
    expect(codeOf((await gql(`${karcis.url}/graphql`, REFRESH, {}, { cookie })).body)).toBe('UNAUTHENTICATED')
    for (const origin of ['https://evil.example', 'null', 'https://studio.apollographql.com'])
      expect(codeOf(await browser.ask(REFRESH, {}, { origin }))).toBe('FORBIDDEN')
    const preflight = await fetch(`${karcis.url}/graphql`, {
      method: 'OPTIONS',
      headers: {
        origin: 'https://studio.apollographql.com',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'karcis-session',
      },
    })
    expect(preflight.headers.get('access-control-allow-headers')).not.toContain('karcis-session')
    expect(preflight.headers.get('access-control-allow-credentials')).toBeNull()
    const twice = await browser.ask(REFRESH, {}, { cookie: `${cookie}; karcis-session=of-a-neighbour` })
    expect(codeOf(twice)).toBe('UNAUTHENTICATED')
  })

  it('loses it by signing out, and when it is worth nothing any more', async () => {
    const { browser } = await signUp()
    const token = browser.jar.get('karcis-session') ?? ''
    expect((await browser.ask(LOG_OUT)).data.logout).toBe(true)
    expect(browser.jar.has('karcis-session')).toBe(false)
    expect(codeOf(await browser.ask(LOG_OUT))).toBe('UNAUTHENTICATED')
    browser.jar.set('karcis-session', token)
    expect(codeOf(await browser.ask(REFRESH))).toBe('UNAUTHENTICATED')
    expect(browser.jar.has('karcis-session')).toBe(false)
  })

  it('comes back from Google into the session that it began, and no other browser does', async () => {
    const START = `mutation { startGoogleLogin(redirectUri: "${PAGE}") { url state } }`
    const LOGIN =
      'mutation ($input: LoginWithGoogleInput!) { loginWithGoogle(input: $input) { refreshToken user { email wallets { currency } } } }'
    const [browser, other] = [openBrowser(), openBrowser()]
    const { data } = await browser.ask(START)
    const input = await signInAtGoogle(data.startGoogleLogin.url, 'siti@gmail.example')
    expect(input.state).toBe(data.startGoogleLogin.state)
    expect(codeOf(await other.ask(LOGIN, { input }))).toBe('BAD_USER_INPUT')
    const { data: signedIn } = await browser.ask(LOGIN, { input })
    expect(signedIn.loginWithGoogle).toMatchObject({
      refreshToken: null,
      user: { email: 'siti@gmail.example' },
    })
    expect([...browser.jar.keys()].sort()).toEqual(['karcis-session', 'karcis-sign-in'])
    expect(codeOf(await browser.ask(REFRESH))).toBeUndefined()
  })
})

it('somebody connects their calendar at Google and saves an event to it, which stands there once', async () => {
  const admin = await signInAdmin(karcis)
  const organizer = await signUpOrganizer(karcis, admin)
  const event = await approvedEvent(karcis, admin, organizer)
  const siti = await signUpAs(karcis, 'Siti')
  const ask = (query: string, variables = {}) => karcis.run(query, variables, siti.token)
  const SAVE = 'mutation ($id: ID!) { saveToGoogleCalendar(eventId: $id) { event { id } url isNew } }'
  expect(codeOf(await karcis.attempt(SAVE, { id: event }, siti.token))).toBe('CONFLICT')
  const { startGoogleCalendar } = await ask(
    `mutation { startGoogleCalendar(redirectUri: "${PAGE}") { url state } }`,
  )
  const input = await signInAtGoogle(startGoogleCalendar.url, 'siti.calendar@gmail.example')
  await ask(
    'mutation ($input: ConnectGoogleCalendarInput!) { connectGoogleCalendar(input: $input) { id } }',
    {
      input,
    },
  )
  for (const isNew of [true, false])
    expect((await ask(SAVE, { id: event })).saveToGoogleCalendar).toMatchObject({
      event: { id: event },
      isNew,
    })
  const entries = google.calendars.entries.get('siti.calendar@gmail.example')
  expect([...(entries?.values() ?? [])]).toMatchObject([
    { status: 'confirmed', location: expect.stringContaining('Jakarta') },
  ])
})

it('somebody is told in their browser and by text message of what an owner must know; a number ends that answers STOP, as its provider says', async () => {
  const { browser, accessToken } = await signUp()
  const ask = async (query: string, variables: object = {}) => {
    const { data, errors } = await browser.ask(query, variables, { authorization: `Bearer ${accessToken}` })
    expect(errors).toBeUndefined()
    return data
  }
  const { pushPublicKey } = await ask('{ pushPublicKey }')
  const device = push.subscribe(pushPublicKey)
  const { registerPushSubscription: registered } = await ask(
    `mutation ($input: RegisterPushSubscriptionInput!) { registerPushSubscription(input: $input) {
      current device { browser system } } }`,
    { input: device.keys },
  )
  expect(registered).toEqual({ current: true, device: { browser: 'Firefox', system: 'Linux' } })

  await ask('mutation { requestPhoneCode(phoneNumber: "+62 812 3456 7890") }')
  const message = await eventually(() => {
    const [first] = sms.messages
    if (!first) throw new Error('nothing has come')
    return first
  })
  const code = message.text.slice(0, 6)
  const { verifyPhone } = await ask(
    'mutation ($code: String!) { verifyPhone(code: $code) { phoneNumber phoneVerified } }',
    { code },
  )
  expect(verifyPhone).toEqual({ phoneNumber: '+6281234567890', phoneVerified: true })

  await ask('mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { id } }', {
    input: { currentPassword: 'correct horse battery', newPassword: 'another horse battery' },
  })
  await eventually(() => expect([device.received.length, sms.messages.length]).toEqual([1, 2]))
  expect(JSON.parse(device.received[0]?.text ?? '').kind).toBe('PASSWORD_CHANGED')

  const [, notice = message] = sms.messages
  const { pathname, search } = new URL(notice.statusCallback ?? '')
  const to = karcis.url + pathname + search
  const stopped = { status: 'failed', errorCode: 21610 }
  expect(await sms.tell(notice, stopped, { to, signature: 'forged' })).toBe(401)
  expect(await sms.tell(notice, stopped, { to })).toBe(200)
  expect((await ask('{ me { phoneVerified } }')).me.phoneVerified).toBe(false)
  await eventually(() => expect(device.received).toHaveLength(2))
  expect(JSON.parse(device.received[1]?.text ?? '').kind).toBe('PHONE_ENDED')
})
