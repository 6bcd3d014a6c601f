import { connectRedis } from '@karcis/kit/redis'
import type { Answer } from '@karcis/testkit/ask'
import { eventually } from '@karcis/testkit/eventually'
import { describe, expect, it } from 'vitest'
import { PASSWORD, startStory } from './stories.ts'

const LOGOUT =
  'mutation ($token: String, $everywhere: Boolean) { logout(refreshToken: $token, everywhere: $everywhere) }'
const NEW_PASSWORD = 'another horse, another battery'

it('gives a new pair for each refresh token, in the same session', async () => {
  await using story = await startStory()
  const siti = await story.signUp('Siti')
  const { data } = await story.refresh(siti.refreshToken)
  expect(data.refreshToken).toMatchObject({ expiresIn: 900, user: { id: siti.id, email: siti.email } })
  expect(data.refreshToken.refreshToken).not.toBe(siti.refreshToken)
  const again = await story.refresh(data.refreshToken.refreshToken)
  expect(again.code).toBeUndefined()
  const { sessions } = await story.get('/internal/auth-changes')
  expect(sessions).toEqual([])
})

it('ends the whole session when a used token comes back after the grace, and no other session', async () => {
  await using story = await startStory()
  const phone = await story.signUp('Siti')
  const laptop = await story.comeBack(phone.email)
  const { data } = await story.refresh(phone.refreshToken)
  await story.sql("UPDATE refresh_tokens SET used_at = used_at - interval '31 seconds'")
  expect((await story.refresh(phone.refreshToken)).code).toBe('TOKEN_REUSED')
  expect((await story.refresh(data.refreshToken.refreshToken)).code).toBe('UNAUTHENTICATED')
  expect((await story.refresh(laptop.refreshToken)).code).toBeUndefined()
  const { sessions } = await story.get('/internal/auth-changes')
  expect(sessions).toMatchObject([{ id: phone.viewer.sessionId }])
})

describe('line 19: a used refresh token within the grace', () => {
  const tokenOf = ({ data }: Answer): string => data.refreshToken.refreshToken

  it('gives the same successor again, from any process, and the session lives on', async () => {
    await using story = await startStory()
    await using another = await startStory({ DATABASE_URL: story.databaseUrl })
    const siti = await story.signUp('Siti')
    const next = tokenOf(await story.refresh(siti.refreshToken))
    expect(tokenOf(await story.refresh(siti.refreshToken))).toBe(next)
    expect(tokenOf(await another.refresh(siti.refreshToken))).toBe(next)
    expect((await another.refresh(next)).code).toBeUndefined()
    expect((await story.get('/internal/auth-changes')).sessions).toEqual([])
  })

  it('gives the newest token, when others were used since: a tab left behind catches up', async () => {
    await using story = await startStory()
    const siti = await story.signUp('Siti')
    const second = tokenOf(await story.refresh(siti.refreshToken))
    const third = tokenOf(await story.refresh(second))
    expect(tokenOf(await story.refresh(siti.refreshToken))).toBe(third)
    expect((await story.refresh(third)).code).toBeUndefined()
  })

  it('is good for a token that expired just after its use', async () => {
    await using story = await startStory()
    const siti = await story.signUp('Siti')
    const next = tokenOf(await story.refresh(siti.refreshToken))
    await story.sql('UPDATE refresh_tokens SET expires_at = now() WHERE used_at IS NOT NULL')
    expect(tokenOf(await story.refresh(siti.refreshToken))).toBe(next)
  })

  it('opens nothing for whoever is suspended or has signed out', async () => {
    await using story = await startStory()
    const [siti, budi, admin] = [await story.signUp('Siti'), await story.signUp('Budi'), await story.admin()]
    for (const { refreshToken } of [siti, budi]) await story.refresh(refreshToken)
    await admin.ask('mutation ($id: ID!) { suspendUser(id: $id, reason: "Fraud") { id } }', { id: siti.id })
    await story.anybody(LOGOUT, { token: budi.refreshToken })
    expect((await story.refresh(siti.refreshToken)).code).toBe('ACCOUNT_SUSPENDED')
    expect((await story.refresh(budi.refreshToken)).code).toBe('UNAUTHENTICATED')
  })

  it('lasts as long as the setting says, and none where it says 0', async () => {
    await using story = await startStory({ REFRESH_GRACE_SECONDS: '0' })
    const siti = await story.signUp('Siti')
    await story.refresh(siti.refreshToken)
    expect((await story.refresh(siti.refreshToken)).code).toBe('TOKEN_REUSED')
  })
})

it('distinguishes a token that is too old from one that never existed', async () => {
  await using story = await startStory()
  const siti = await story.signUp('Siti')
  await story.sql("UPDATE refresh_tokens SET expires_at = now() - interval '1 second'")
  expect((await story.refresh(siti.refreshToken)).code).toBe('TOKEN_EXPIRED')
  expect((await story.refresh('never given out')).code).toBe('UNAUTHENTICATED')
})

it('lives as long as it is used: each token has 30 days of its own', async () => {
  await using story = await startStory()
  const siti = await story.signUp('Siti')
  await story.sql("UPDATE refresh_tokens SET expires_at = now() + interval '1 minute'")
  await story.refresh(siti.refreshToken)
  const [row] = await story.sql(
    "SELECT max(expires_at) > now() + interval '29 days' AS renewed FROM refresh_tokens",
  )
  expect(row.renewed).toBe(true)
})

it('stores nothing that would sign anybody in', async () => {
  await using story = await startStory()
  const siti = await story.signUp('Siti')
  const { data } = await story.refresh(siti.refreshToken)
  const rows = await story.sql('SELECT to_jsonb(refresh_tokens)::text AS whole FROM refresh_tokens')
  expect(rows).toHaveLength(2)
  for (const token of [siti.refreshToken, data.refreshToken.refreshToken]) {
    const shapes = [token, Buffer.from(token, 'base64url').toString('hex')]
    for (const { whole } of rows) for (const shape of shapes) expect(whole).not.toContain(shape)
  }
})

it('ends one session, by its refresh token or by its access token', async () => {
  await using story = await startStory()
  const phone = await story.signUp('Siti')
  const [laptop, tablet] = [await story.comeBack(phone.email), await story.comeBack(phone.email)]
  expect((await story.anybody(LOGOUT, { token: phone.refreshToken })).data).toEqual({ logout: true })
  expect((await laptop.ask(LOGOUT)).data).toEqual({ logout: true })
  expect((await story.refresh(phone.refreshToken)).code).toBe('UNAUTHENTICATED')
  expect((await story.refresh(laptop.refreshToken)).code).toBe('UNAUTHENTICATED')
  expect((await story.refresh(tablet.refreshToken)).code).toBeUndefined()
})

it('ends all sessions of a person, and of nobody else', async () => {
  await using story = await startStory()
  const phone = await story.signUp('Siti')
  const [laptop, budi] = [await story.comeBack(phone.email), await story.signUp('Budi')]
  await story.anybody(LOGOUT, { token: phone.refreshToken, everywhere: true })
  for (const ended of [phone, laptop])
    expect((await story.refresh(ended.refreshToken)).code).toBe('UNAUTHENTICATED')
  expect((await story.refresh(budi.refreshToken)).code).toBeUndefined()
})

it('counts a second logout, or one of nothing, as done; but has to be told of what', async () => {
  await using story = await startStory()
  const siti = await story.signUp('Siti')
  for (const token of [siti.refreshToken, siti.refreshToken, 'never given out']) {
    expect((await story.anybody(LOGOUT, { token })).data).toEqual({ logout: true })
  }
  expect((await story.anybody(LOGOUT)).code).toBe('UNAUTHENTICATED')
})

it('lets a suspended person neither refresh nor stay', async () => {
  await using story = await startStory()
  const [siti, admin] = [await story.signUp('Siti'), await story.admin()]
  await admin.ask('mutation ($id: ID!) { suspendUser(id: $id, reason: "Fraud") { id } }', { id: siti.id })
  expect(await story.refresh(siti.refreshToken)).toMatchObject({
    code: 'ACCOUNT_SUSPENDED',
    facts: { reason: 'Fraud' },
  })
  await admin.ask('mutation ($id: ID!) { unsuspendUser(id: $id) { id } }', { id: siti.id })
  expect((await story.refresh(siti.refreshToken)).code).toBe('UNAUTHENTICATED')
})

it('changes a password for whoever knows it, and ends the other sessions', async () => {
  await using story = await startStory()
  const here = await story.signUp('Siti')
  const elsewhere = await story.comeBack(here.email)
  const change = (currentPassword: string, newPassword = NEW_PASSWORD) =>
    here.ask('mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { id } }', {
      input: { currentPassword, newPassword },
    })
  expect((await change('not her password')).code).toBe('INVALID_CREDENTIALS')
  expect((await change(PASSWORD, 'siti')).facts.fields).toMatchObject([{ path: 'input.newPassword' }])
  expect((await change(PASSWORD, here.email)).facts.fields).toMatchObject([{ path: 'input.newPassword' }])
  expect((await change(PASSWORD)).data.changePassword).toEqual({ id: here.id })

  expect((await story.login(here.email)).code).toBe('INVALID_CREDENTIALS')
  expect((await story.login(here.email, NEW_PASSWORD)).code).toBeUndefined()
  expect((await story.refresh(elsewhere.refreshToken)).code).toBe('UNAUTHENTICATED')
  expect((await story.refresh(here.refreshToken)).code).toBeUndefined()
})

it('publishes to routers at once, and answers whenever they ask, who is out and who may do what', async () => {
  await using story = await startStory()
  const [siti, admin] = [await story.signUp('Siti'), await story.admin()]
  const listening = connectRedis(story.settings.REDIS_URL, story.subgraph.deps.log)
  const heard: unknown[] = []
  listening.bus.subscribe('auth-changed', (message) => heard.push(message))
  await eventually(async () =>
    expect(await listening.commands.publish('auth-changed', '"?"')).toBeGreaterThan(0),
  )
  await eventually(() => expect(heard).toContain('?'))

  const before = await story.get('/internal/auth-changes')
  expect(before).toMatchObject({ sessions: [], users: [] })
  await admin.ask('mutation ($id: ID!) { setUserRole(id: $id, role: ORGANIZER) { id } }', { id: siti.id })
  await admin.ask('mutation ($id: ID!) { suspendUser(id: $id, reason: "Fraud") { id } }', { id: siti.id })

  const after = await story.get(`/internal/auth-changes?since=${encodeURIComponent(before.now)}`)
  const now = { id: siti.id, role: 'ORGANIZER', needsSecondFactor: false, changedAt: expect.any(String) }
  const suspended = { ...now, suspended: true }
  const ended = { id: siti.viewer.sessionId, revokedAt: expect.any(String) }
  expect(after).toEqual({ now: expect.any(String), users: [suspended], sessions: [ended] })
  await eventually(() =>
    expect(heard.filter((message) => message !== '?')).toEqual([
      { sessions: [], users: [{ ...suspended, suspended: false }] },
      { sessions: [ended], users: [suspended] },
    ]),
  )
  await listening.close()
})

it('reaches back over the time that a commit may take, and no further', async () => {
  await using story = await startStory()
  const siti = await story.signUp('Siti')
  await siti.ask(LOGOUT)
  const { now } = await story.get('/internal/auth-changes')
  const since = async (seconds: number) => {
    const from = new Date(Date.parse(now) + seconds * 1000).toISOString()
    return (await story.get(`/internal/auth-changes?since=${encodeURIComponent(from)}`)).sessions.length
  }
  expect(await since(8)).toBe(1)
  expect(await since(60)).toBe(0)
  await story.sql("UPDATE sessions SET revoked_at = now() - interval '1 hour'")
  expect(await since(-7200)).toBe(0)
})
