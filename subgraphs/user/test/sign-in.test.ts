import { parallel } from '@karcis/testkit/parallel'
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose'
import { describe, expect, it, vi } from 'vitest'
import { ADMIN, PASSWORD, type Person, type Story, startStory } from './stories.ts'

const SIGN_UP =
  'mutation ($input: CreateUserInput!) { createUser(input: $input) { user { id email name role phoneNumber emailVerified } } }'

it('signs up a customer, who can sign in afterwards in any spelling of the address', async () => {
  await using story = await startStory()
  const { data } = await story.anybody(SIGN_UP, {
    input: { email: ' Siti@Karcis.Test ', password: PASSWORD, name: ' Siti ', phoneNumber: '0812-345-678' },
  })
  expect(data.createUser.user).toMatchObject({
    email: 'siti@karcis.test',
    name: 'Siti',
    role: 'CUSTOMER',
    phoneNumber: '0812-345-678',
    emailVerified: false,
  })
  const siti = await story.comeBack('SITI@karcis.test')
  expect(siti.id).toBe(data.createUser.user.id)
  const { data: own } = await siti.ask('{ me { id email } }')
  expect(own.me).toEqual({ id: siti.id, email: 'siti@karcis.test' })
})

it('names every broken rule of a sign-up at once', async () => {
  await using story = await startStory()
  const input = { email: 'nobody', password: 'short', name: ' ', phoneNumber: 'ask me', address: '' }
  const { code, facts } = await story.anybody(SIGN_UP, { input })
  expect(code).toBe('BAD_USER_INPUT')
  const paths = facts.fields.map((field: { path: string }) => field.path)
  expect(paths).toEqual(['input.email', 'input.password', 'input.name', 'input.phoneNumber', 'input.address'])
})

it.each([
  ['a well-known one', 'Password123'],
  ['the e-mail address', 'SITI.rahma@karcis.test'],
  ['the name in the e-mail address', 'siti.rahma'],
  ['one of 201 characters', 'x'.repeat(201)],
])('takes no password that is %s', async (_, password) => {
  await using story = await startStory()
  const { facts } = await story.anybody(SIGN_UP, {
    input: { email: 'siti.rahma@karcis.test', password, name: 'Siti' },
  })
  expect(facts.fields).toMatchObject([{ path: 'input.password' }])
})

it('distinguishes passwords beyond the 72 bytes that bcrypt reads, and stores only hashes', async () => {
  await using story = await startStory()
  const long = 'ü'.repeat(100)
  await story.anybody(SIGN_UP, { input: { email: 'long@karcis.test', password: `${long}1`, name: 'Long' } })
  expect((await story.login('long@karcis.test', `${long}2`)).code).toBe('INVALID_CREDENTIALS')
  expect((await story.login('long@karcis.test', `${long}1`)).code).toBeUndefined()
  const [row] = await story.sql(
    "SELECT to_jsonb(users)::text AS whole FROM users WHERE email = 'long@karcis.test'",
  )
  expect(row.whole).toContain('$2b$04$')
  expect(row.whole).not.toContain('ü')
})

it.each([
  'mutation { login(input: { email: "a\\u0000@b.c", password: "x" }) { expiresIn } }',
  'mutation { login(input: { email: "a@b.c", password: "\\u0000" }) { expiresIn } }',
  'mutation { refreshToken(refreshToken: "\\u0000") { expiresIn } }',
  'mutation { suspendUser(id: "01a1fa53-39b9-73a8-9503-91c715bf33d3", reason: "\\u0000") { id } }',
  '{ users(filter: { search: "\\u0000" }) { totalCount } }',
])('answers text that Postgres cannot store as a fault of the caller: %s', async (operation) => {
  await using story = await startStory()
  const admin = await story.admin()
  expect((await admin.ask(operation)).code).toBe('BAD_USER_INPUT')
})

it('refuses an address that has an account', async () => {
  await using story = await startStory()
  const siti = await story.signUp('Siti')
  const { code } = await story.anybody(SIGN_UP, {
    input: { email: 'SITI@KARCIS.TEST', password: PASSWORD, name: 'Other' },
  })
  expect(siti.email).toBe('siti@karcis.test')
  expect(code).toBe('EMAIL_TAKEN')
})

it('answers a wrong password and an unknown address alike, after the same work', async () => {
  await using story = await startStory()
  await story.signUp('Siti')
  const { passwords } = story.subgraph.deps
  const work = vi.spyOn(passwords, 'verify')
  const wrong = await story.login('siti@karcis.test', 'not her password')
  const unknown = await story.login('nobody@karcis.test', 'not her password')
  expect(wrong).toEqual(unknown)
  expect(wrong.code).toBe('INVALID_CREDENTIALS')
  expect(work.mock.calls).toEqual([
    ['not her password', expect.stringMatching(/^\$2b\$/), expect.any(String)],
    ['not her password', null, expect.any(String)],
  ])
})

it('never takes the stand-in hash of unknown addresses for a right password', async () => {
  await using story = await startStory()
  expect(await story.subgraph.deps.passwords.verify('anything', null, 'a')).toBe(false)
})

it('reveals a suspension only to whoever knows the password', async () => {
  await using story = await startStory()
  const [siti, admin] = [await story.signUp('Siti'), await story.admin()]
  await admin.ask('mutation ($id: ID!) { suspendUser(id: $id, reason: "Sold fakes") { id } }', {
    id: siti.id,
  })
  expect((await story.login(siti.email, 'not her password')).code).toBe('INVALID_CREDENTIALS')
  expect(await story.login(siti.email)).toMatchObject({
    code: 'ACCOUNT_SUSPENDED',
    facts: { reason: 'Sold fakes' },
  })
  await admin.ask('mutation ($id: ID!) { unsuspendUser(id: $id) { suspendedAt } }', { id: siti.id })
  expect((await story.login(siti.email)).code).toBeUndefined()
})

it('signs access tokens that the published keys verify', async () => {
  await using story = await startStory()
  const siti = await story.signUp('Siti')
  const jwks = await story.get('/.well-known/jwks.json')
  expect(Object.keys(jwks.keys[0]).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x'])
  const { payload, protectedHeader } = await jwtVerify(siti.accessToken, createLocalJWKSet(jwks), {
    issuer: 'karcis',
    audience: 'karcis',
    algorithms: ['EdDSA'],
  })
  expect(payload).toMatchObject({ sub: siti.id, role: 'CUSTOMER', sid: siti.viewer.sessionId })
  expect(Number(payload.exp) - Number(payload.iat)).toBe(900)
  expect(protectedHeader.kid).toBe(jwks.keys[0].kid)
})

it('publishes the next key before it signs, so that nobody meets a token without its key', async () => {
  await using story = await startStory()
  const before = await story.signUp('Before')
  await story.sql("UPDATE kit.signing_keys SET signs_from = signs_from - interval '31 days'")
  await story.subgraph.deps.signingKeys.rotateIfDue()
  await using another = await startAnother(story)
  const after = await another.comeBack(before.email)
  const jwks = await another.get('/.well-known/jwks.json')
  expect(jwks.keys).toHaveLength(2)
  for (const { accessToken } of [before, after]) await jwtVerify(accessToken, createLocalJWKSet(jwks))
  expect(decodeProtectedHeader(after.accessToken)).toEqual(decodeProtectedHeader(before.accessToken))
})

it('makes the first admin once, however many processes start, and changes nothing later', async () => {
  await using story = await startStory()
  const first = await story.admin()
  expect(first.viewer.role).toBe('ADMIN')
  await using another = await startAnother(story, { ADMIN_PASSWORD: 'quite another password' })
  expect((await another.login(ADMIN.email, 'quite another password')).code).toBe('INVALID_CREDENTIALS')
  expect((await another.admin()).id).toBe(first.id)
})

describe('line 17: the first admin', () => {
  const SET_ROLE = 'mutation ($id: ID!, $role: Role!) { setUserRole(id: $id, role: $role) { role } }'
  const roles = (story: Story) => story.sql('SELECT email, role FROM users ORDER BY id')

  it('is not whoever has taken the address that an admin gave up', async () => {
    await using story = await startStory()
    const admin = await story.admin()
    await story.moveTo(admin, 'elsewhere@karcis.test', ADMIN.password)
    await story.sql('UPDATE email_changes SET expires_at = now()') // the admin cannot go back any more
    const stranger = await story.signUp('Admin')
    expect(stranger.email).toBe(ADMIN.email)
    await using restarted = await startAnother(story)
    expect((await restarted.comeBack(ADMIN.email)).viewer.role).toBe('CUSTOMER')
    expect((await roles(story)).map(({ role }) => role)).toEqual(['ADMIN', 'CUSTOMER'])
  })

  it('is not made when the address that an admin gave up is free: there is an admin', async () => {
    await using story = await startStory()
    const admin = await story.admin()
    await story.moveTo(admin, 'elsewhere@karcis.test', ADMIN.password)
    await using restarted = await startAnother(story)
    expect(await roles(restarted)).toEqual([{ email: 'elsewhere@karcis.test', role: 'ADMIN' }])
  })

  it('stays demoted, if that is what another admin made of them', async () => {
    await using story = await startStory()
    const [first, siti] = [await story.admin(), await story.signUp('Siti')]
    await first.ask(SET_ROLE, { id: siti.id, role: 'ADMIN' })
    await (await story.comeBack(siti.email)).ask(SET_ROLE, { id: first.id, role: 'CUSTOMER' })
    await using restarted = await startAnother(story)
    expect((await restarted.admin()).viewer.role).toBe('CUSTOMER')
  })

  it('is never somebody who has an account, even while there is no admin', async () => {
    await using story = await startStory({ ADMIN_EMAIL: '', ADMIN_PASSWORD: '' })
    const siti = await story.signUp('Siti')
    await using another = await startAnother(story, { ADMIN_EMAIL: 'SITI@karcis.test' })
    expect((await another.comeBack(siti.email)).viewer.role).toBe('CUSTOMER')
    await using corrected = await startAnother(story)
    expect((await corrected.admin()).viewer.role).toBe('ADMIN')
  })
})

it('makes no admin unless told to', async () => {
  await using story = await startStory({ ADMIN_EMAIL: '', ADMIN_PASSWORD: '' })
  expect(await story.sql('SELECT id FROM users')).toEqual([])
})

describe('a column that its statements read is altered while it runs', () => {
  const ALTER = 'ALTER TABLE users ALTER COLUMN name TYPE varchar(500)'

  /** So often that every connection of the pool has planned each statement for good. */
  async function planned(story: Story): Promise<Person> {
    const siti = await story.signUp('Siti')
    for (let n = 0; n < 8; n += 1) await story.comeBack(siti.email)
    return siti
  }

  it('signs people in all the same: eight times, ALTER TABLE, and again', async () => {
    await using story = await startStory()
    const siti = await planned(story)
    await story.sql(ALTER)
    expect((await story.login(siti.email)).code).toBeUndefined()
  })

  it('runs the transactions of many at once again, and each is done once', async () => {
    await using story = await startStory()
    const siti = await planned(story)
    await parallel(8, () => story.login(siti.email))
    await story.sql('DELETE FROM sessions')
    await story.sql(ALTER)
    const outcomes = await parallel(8, () => story.login(siti.email))
    expect(outcomes.map((outcome) => outcome.status === 'fulfilled' && outcome.value.code)).toEqual(
      Array(8).fill(undefined),
    )
    expect(await story.sql('SELECT id FROM sessions')).toHaveLength(8)
  })

  it('reads people by key and page by page all the same', async () => {
    await using story = await startStory()
    const admin = await story.admin()
    const read = '{ me { name } users { edges { node { name } } } }'
    for (let n = 0; n < 8; n += 1) await admin.ask(read)
    await story.sql(ALTER)
    const { data, code } = await admin.ask(read)
    expect(code).toBeUndefined()
    expect(data.me).toEqual({ name: 'Admin' })
  })
})

const startAnother = (story: { databaseUrl: string }, overrides = {}) =>
  startStory({ DATABASE_URL: story.databaseUrl, ...overrides })
