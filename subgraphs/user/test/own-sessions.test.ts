import { newId } from '@karcis/kit/ids'
import { withMutant } from '@karcis/testkit/mutants'
import { parallel } from '@karcis/testkit/parallel'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { browserOf, networkRange, systemOf } from '../src/domain/sessions/devices.ts'
import { PASSWORD, type Person, type Story, startStory } from './stories.ts'

const MY_SESSIONS = `{ mySessions { totalCount edges { node {
  id signedInBy device { browser system userAgent } place createdAt lastSeenAt expiresAt endedAt current } } } }`
const END = 'mutation ($id: ID!) { endSession(id: $id) { id endedAt current } }'

const PHONE =
  'Mozilla/5.0 (Linux; Android 14; SM-A556E) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/26.0 Chrome/122.0.0.0 Mobile Safari/537.36'
const LAPTOP = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:134.0) Gecko/20100101 Firefox/134.0'
const HOME = '203.0.113.77'

let story: Story
let siti: Person
beforeAll(async () => {
  story = await startStory()
})
afterAll(() => story[Symbol.asyncDispose]())
beforeEach(async () => {
  siti = await story.signUp()
})

const sessionsOf = async (person: Person) =>
  (await person.ask(MY_SESSIONS)).data.mySessions.edges.map(({ node }: { node: object }) => node)

it('shows somebody their open sessions: by what, from where, since when, and which is the one that asks', async () => {
  const phone = await story.comeBack(siti.email, PASSWORD, { address: HOME, userAgent: PHONE })
  const far = '2001:db8:7:9:1::5'
  const laptop = await story.comeBack(siti.email, PASSWORD, { address: far, userAgent: LAPTOP })
  expect(await sessionsOf(phone)).toMatchObject([
    {
      id: laptop.viewer.sessionId,
      signedInBy: 'PASSWORD',
      device: { browser: 'Firefox', system: 'Windows', userAgent: LAPTOP },
      place: '2001:db8:7::/48',
      current: false,
    },
    {
      id: phone.viewer.sessionId,
      device: { browser: 'Samsung Internet', system: 'Android' },
      place: '203.0.113.0/24',
      endedAt: null,
      current: true,
    },
    { id: siti.viewer.sessionId, signedInBy: 'SIGN_UP', device: null, place: null },
  ])
  const budi = await story.signUp()
  expect(await sessionsOf(budi)).toHaveLength(1)
  await siti.ask(
    'mutation ($id: ID!, $input: DeleteUserInput) { deleteUser(id: $id, input: $input) { id } }',
    {
      id: siti.id,
      input: { password: PASSWORD },
    },
  )
  const [traces] = await story.sql(`SELECT count(user_agent)::int + count(network)::int AS left
    FROM sessions WHERE user_id = '${siti.id}'`)
  expect(traces).toEqual({ left: 0 })
})

it('notes the last use with each refresh, and with nothing else', async () => {
  await story.sql(`UPDATE sessions SET last_seen_at = now() - interval '1 hour' WHERE user_id = '${siti.id}'`)
  await sessionsOf(siti)
  const [before] = await sessionsOf(siti)
  await story.refresh(siti.refreshToken)
  const [after] = await sessionsOf(siti)
  expect(Date.parse(after.lastSeenAt) - Date.parse(before.lastSeenAt)).toBeGreaterThan(3_500_000)
})

it('ends one of somebody’s own sessions and no other’s, once, and tells the routers', async () => {
  const phone = await story.comeBack(siti.email)
  const budi = await story.signUp()
  const id = phone.viewer.sessionId
  expect((await budi.ask(END, { id })).code).toBe('NOT_FOUND')
  expect((await siti.ask(END, { id: newId() })).code).toBe('NOT_FOUND')
  const { data } = await siti.ask(END, { id })
  expect(data.endSession).toMatchObject({ id, current: false, endedAt: expect.any(String) })
  expect((await siti.ask(END, { id })).data.endSession.endedAt).toBe(data.endSession.endedAt)
  expect((await story.refresh(phone.refreshToken)).code).toBe('UNAUTHENTICATED')
  expect((await story.refresh(siti.refreshToken)).code).toBeUndefined()
  expect(await sessionsOf(siti)).toMatchObject([{ id: siti.viewer.sessionId }])
  const { sessions } = await story.get('/internal/auth-changes')
  expect(sessions).toContainEqual(expect.objectContaining({ id }))
})

describe('a session is used at the moment it is ended', () => {
  /** How often one that was ended could be gone on with afterwards, over some rounds. */
  async function race(): Promise<number> {
    let lived = 0
    for (let round = 0; round < 5; round += 1) {
      const phone = await story.comeBack(siti.email)
      const outcomes = await parallel(4, (n) =>
        n === 0 ? siti.ask(END, { id: phone.viewer.sessionId }) : story.refresh(phone.refreshToken),
      )
      const [next] = outcomes.flatMap((outcome) =>
        outcome.status === 'fulfilled' ? (outcome.value.data?.refreshToken?.refreshToken ?? []) : [],
      )
      if ((await story.refresh(next ?? phone.refreshToken)).code === undefined) lived += 1
    }
    return lived
  }

  it('would live on if the refresh did not look whether it was ended', async () => {
    const guard = ['s.revoked_at IS NOT NULL AS revoked', 'false AS revoked'] as const
    expect(await withMutant(story.subgraph.deps, guard, race)).toBe(5)
  })

  it('is over, whichever came first', async () => {
    expect(await race()).toBe(0)
  })
})

describe('the end of a session, however much it is used', () => {
  const age = (days: string) =>
    story.sql(`UPDATE sessions SET created_at = now() - interval '${days}' WHERE user_id = '${siti.id}'`)

  it('comes after SESSION_MAX_DAYS: tokens last no longer, and then none works, not even within the grace', async () => {
    await age('89 days')
    const { data } = await story.refresh(siti.refreshToken)
    const [token] =
      await story.sql(`SELECT round(extract(epoch FROM t.expires_at - now()) / 3600)::int AS hours
      FROM refresh_tokens t JOIN sessions s ON s.id = session_id WHERE s.user_id = '${siti.id}' AND used_at IS NULL`)
    expect(token).toEqual({ hours: 24 })
    await age('90 days')
    for (const token of [siti.refreshToken, data.refreshToken.refreshToken])
      expect((await story.refresh(token)).code).toBe('TOKEN_EXPIRED')
    expect(await sessionsOf(siti)).toEqual([])
  })

  it('would not come without the look at when it began', async () => {
    await age('91 days')
    const guard = ['<= now() AS over', '> now() AS over'] as const
    const { code } = await withMutant(story.subgraph.deps, guard, () => story.refresh(siti.refreshToken))
    expect(code).toBeUndefined()
  })
})

describe('a sign-in from somewhere new', () => {
  const told = () =>
    story.sql(
      `SELECT cause, data FROM notifications WHERE kind = 'NEW_SIGN_IN' AND user_id = '${siti.id}' ORDER BY id`,
    )

  it('is told to whoever it may not have been: not the first place, nor a known device in another network', async () => {
    const home = await story.comeBack(siti.email, PASSWORD, { address: HOME })
    await story.comeBack(siti.email, PASSWORD, { address: HOME })
    await story.comeBack(siti.email, PASSWORD, { address: '198.51.100.4', deviceToken: home.deviceToken })
    expect(await told()).toEqual([])
    const stranger = { address: '192.0.2.9', userAgent: LAPTOP }
    const { viewer } = await story.comeBack(siti.email, PASSWORD, stranger)
    await story.comeBack(siti.email, PASSWORD, stranger)
    expect(await told()).toMatchObject([
      {
        cause: viewer.sessionId,
        data: { sessionId: viewer.sessionId, browser: 'Firefox', system: 'Windows', place: '192.0.2.0/24' },
      },
    ])
  })
})

it.each([
  [PHONE, 'Samsung Internet', 'Android'],
  [LAPTOP, 'Firefox', 'Windows'],
  [
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1',
    'Safari',
    'iPhone',
  ],
  [
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0',
    'Edge',
    'macOS',
  ],
  ['curl/8.5.0', null, null],
])('knows a browser by its User-Agent: %s', (userAgent, browser, system) => {
  expect([browserOf(userAgent), systemOf(userAgent)]).toEqual([browser, system])
})

it('says of a network no more than its range', () => {
  expect(networkRange('203.0.113.77')).toBe('203.0.113.0/24')
  expect(networkRange('2001:db8:0:9::/64')).toBe('2001:db8:0::/48')
  expect(networkRange(null)).toBeNull()
})
