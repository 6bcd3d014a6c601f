import { withMutant } from '@karcis/testkit/mutants'
import { describe, expect, it } from 'vitest'
import { PASSWORD, type Story, startStory } from './stories.ts'

const SIGN_UP = `mutation ($input: CreateUserInput!) { createUser(input: $input) {
  accessToken refreshToken deviceToken user { id name } } }`
const SITI = { email: 'siti@karcis.test', password: PASSWORD, name: 'Siti', address: 'Jalan Melati 1' }
const PHONE = { address: '198.51.100.7' }

const signUp = (story: Story, changes: object = {}) =>
  story.askAs(null, 'router', PHONE.address)(SIGN_UP, { input: { ...SITI, ...changes } })

/** What customers have left behind; the first admin registers too. */
async function traces(story: Story) {
  const [counts] = await story.sql(`SELECT
    (SELECT count(*)::int FROM users WHERE role = 'CUSTOMER') AS accounts,
    (SELECT count(*)::int FROM kit.outbox WHERE type = 'user.registered') - 1 AS registered,
    (SELECT count(*)::int FROM sessions) AS sessions,
    (SELECT count(*)::int FROM refresh_tokens WHERE used_at IS NOT NULL) AS used,
    (SELECT count(*)::int FROM login_attempts WHERE attempts > 1) AS tries`)
  return counts
}

/** Changes the sealed keys, as another KEY_ENCRYPTION_SECRET than they were sealed with would; the same again mends them. */
async function spoilKeys(story: Story): Promise<void> {
  await story.sql(`UPDATE kit.signing_keys SET sealed_private_jwk =
    set_byte(sealed_private_jwk, 20, get_byte(sealed_private_jwk, 20) # 255)`)
  await story.subgraph.deps.signingKeys.rotate() // so that they are read anew
}

describe('line 32: an answer that failed has not succeeded', () => {
  it('where nothing can be signed: no account, no session, no token used up, no try counted', async () => {
    await using story = await startStory()
    const budi = await story.signUp('Budi')
    const before = await traces(story)
    await spoilKeys(story)
    for (let n = 0; n < 12; n += 1) {
      expect((await signUp(story)).code).toBe('INTERNAL_SERVER_ERROR')
      expect((await story.login(budi.email, PASSWORD, PHONE)).code).toBe('INTERNAL_SERVER_ERROR')
      expect((await story.refresh(budi.refreshToken)).code).toBe('INTERNAL_SERVER_ERROR')
    }
    expect(await traces(story)).toEqual(before)

    await spoilKeys(story)
    await story.sql("UPDATE refresh_tokens SET used_at = used_at - interval '1 hour'")
    expect((await signUp(story)).code).toBeUndefined()
    expect((await story.login(budi.email, PASSWORD, PHONE)).code).toBeUndefined()
    expect((await story.refresh(budi.refreshToken)).code).toBeUndefined()
  })

  it('where the database is lost in between: no try to sign in is counted', async () => {
    await using story = await startStory()
    await signUp(story)
    const login = () => story.login(SITI.email, PASSWORD, PHONE)
    const lost = [
      'SET seen_at = now()',
      'SET seen_at = (SELECT now() FROM pg_terminate_backend(pg_backend_pid()))',
    ]
    await withMutant(story.subgraph.deps, lost as [string, string], async () => {
      for (let n = 0; n < 11; n += 1) expect((await login()).code).toBe('SERVICE_UNAVAILABLE')
    })
    expect(await traces(story)).toMatchObject({ sessions: 1, tries: 0 })
    expect((await login()).code).toBeUndefined()
  })

  it('where the answer to a sign-up is lost: the same again signs in to the account that was made', async () => {
    await using story = await startStory()
    const lost = await signUp(story)
    const { data, code } = await signUp(story)
    expect(code).toBeUndefined()
    expect(data.createUser).toMatchObject({
      user: lost.data.createUser.user,
      deviceToken: expect.any(String),
    })
    expect((await story.refresh(data.createUser.refreshToken)).code).toBeUndefined()
    expect(await traces(story)).toMatchObject({ accounts: 1, registered: 1, sessions: 2 })
  })

  it('and nothing but the same again does, nor later', async () => {
    await using story = await startStory()
    await signUp(story)
    const others = [{ name: 'Budi' }, { address: null }, { phoneNumber: '+62 812 3456' }]
    for (const other of others) expect((await signUp(story, other)).code).toBe('EMAIL_TAKEN')
    await story.sql("UPDATE users SET created_at = created_at - interval '16 minutes'")
    expect((await signUp(story)).code).toBe('EMAIL_TAKEN')
    expect(await traces(story)).toMatchObject({ accounts: 1, sessions: 1 })
  })

  it('guesses no password by signing up: that is limited as signing in is', async () => {
    await using story = await startStory()
    await signUp(story)
    const guess = (n: number) => signUp(story, { password: `not her password ${n}` })
    for (let n = 0; n < 10; n += 1) expect((await guess(n)).code).toBe('EMAIL_TAKEN')
    expect((await guess(10)).code).toBe('RATE_LIMITED')
    expect((await story.login(SITI.email, PASSWORD, PHONE)).code).toBe('RATE_LIMITED')
    expect(await traces(story)).toMatchObject({ sessions: 1 })
  })

  it('is the same for who was suspended meanwhile', async () => {
    await using story = await startStory()
    await signUp(story)
    await story.sql(
      "UPDATE users SET suspended_at = now(), suspension_reason = 'spam' WHERE role = 'CUSTOMER'",
    )
    expect((await signUp(story)).code).toBe('ACCOUNT_SUSPENDED')
  })
})
