import { newId } from '@karcis/kit/ids'
import { withMutant } from '@karcis/testkit/mutants'
import { parallel } from '@karcis/testkit/parallel'
import { eventually } from '@karcis/testkit/eventually'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PASSWORD, type Person, type Story, startStory } from './stories.ts'

const VERIFY = 'mutation ($token: String!) { verifyEmail(token: $token) { id email emailVerified address } }'
const RESET = 'mutation ($input: ResetPasswordInput!) { resetPassword(input: $input) { id emailVerified } }'
const SIGN_IN =
  'mutation ($token: String!) { loginWithMagicLink(token: $token) { accessToken refreshToken user { id emailVerified } } }'
const CONFIRM = 'mutation ($token: String!) { confirmEmailChange(token: $token) { id email emailVerified } }'
const UNDO = 'mutation ($token: String!) { undoEmailChange(token: $token) { id email } }'
const UPDATE =
  'mutation ($input: UpdateUserInput!) { updateUser(input: $input) { email newEmail emailVerified } }'
const ASK_RESET = 'mutation ($email: String!) { requestPasswordReset(email: $email) }'
const ASK_SIGN_IN = 'mutation ($email: String!) { requestMagicLink(email: $email) }'
const ASK_VERIFY = 'mutation { requestVerification }'
const NEW_PASSWORD = 'another one altogether'

let story: Story
beforeAll(async () => {
  story = await startStory()
})
afterAll(() => story[Symbol.asyncDispose]())

const use = (operation: string, token: string) => story.anybody(operation, { token })
const reset = (token: string, password = NEW_PASSWORD) => story.anybody(RESET, { input: { token, password } })
const verify = async ({ email }: Person) =>
  expect((await use(VERIFY, await story.mailed(email, 'VERIFY_EMAIL'))).code).toBeUndefined()
const toldTicket = ({ id }: Person) =>
  story.neighbours.received.filter(
    ({ type, payload }) => type === 'user.email-verified' && (payload as { userId: string }).userId === id,
  )
const tally = (codes: (string | undefined)[]) => ({
  won: codes.filter((code) => code === undefined).length,
  refused: [...new Set(codes.filter((code) => code !== undefined))],
})

/** Asks `times` times at once. @returns how many succeed, and what the others are refused with. */
async function race(times: number, ask: (n: number) => Promise<{ code?: string }>) {
  const outcomes = await parallel(times, ask)
  return tally(outcomes.map((one) => (one.status === 'fulfilled' ? one.value.code : 'FAILED')))
}

describe('an address', () => {
  it('is verified by the link that signing up mails, once, also by who is not signed in; ticket is told', async () => {
    const siti = await story.signUp()
    const token = await story.mailed(siti.email, 'VERIFY_EMAIL')
    const { data } = await use(VERIFY, token)
    expect(data.verifyEmail).toEqual({ id: siti.id, email: siti.email, emailVerified: true, address: null })
    expect((await siti.ask('{ me { emailVerified } }')).data.me.emailVerified).toBe(true)
    await eventually(() =>
      expect(toldTicket(siti)).toMatchObject([
        { to: 'ticket', payload: { userId: siti.id, email: siti.email } },
      ]),
    )
    expect((await use(VERIFY, token)).code).toBe('TOKEN_REUSED')
  })

  it('is not verified by what is no link, by one for something else, or one that is too old', async () => {
    const siti = await story.signUp()
    const token = await story.mailed(siti.email, 'VERIFY_EMAIL')
    for (const wrong of ['', 'x'.repeat(201), newId(), `${token}x`]) {
      expect((await use(VERIFY, wrong)).facts.fields, wrong).toMatchObject([{ path: 'token' }])
    }
    for (const operation of [SIGN_IN, CONFIRM, UNDO])
      expect((await use(operation, token)).code).toBe('BAD_USER_INPUT')
    await story.sql(`UPDATE account_links SET expires_at = now() WHERE user_id = '${siti.id}'`)
    expect((await use(VERIFY, token)).code).toBe('TOKEN_EXPIRED')
    expect((await siti.ask('{ me { emailVerified } }')).data.me.emailVerified).toBe(false)
  })

  it('is mailed another link when its owner asks, six at the most in a while, and none once it is verified', async () => {
    const siti = await story.signUp()
    const first = await story.mailed(siti.email, 'VERIFY_EMAIL')
    expect((await siti.ask(ASK_VERIFY)).data.requestVerification).toBe(true)
    const second = await story.mailed(siti.email, 'VERIFY_EMAIL')
    expect(second).not.toBe(first)
    for (let n = 0; n < 4; n += 1) await siti.ask(ASK_VERIFY)
    const refused = await siti.ask(ASK_VERIFY)
    expect(refused.code).toBe('RATE_LIMITED')
    expect(refused.facts.retryAfterSeconds).toBeGreaterThan(50)
    expect(await story.told(siti.email)).toHaveLength(6)
    expect((await use(VERIFY, first)).code).toBeUndefined() // the older one is as good
    expect((await use(VERIFY, second)).code).toBe('TOKEN_REUSED') // but of no use any more
    expect((await siti.ask(ASK_VERIFY)).data.requestVerification).toBe(true)
    expect(await story.told(siti.email)).toHaveLength(6)
  })
})

describe('whether somebody has an address', () => {
  it.each([
    ['requestPasswordReset', ASK_RESET],
    ['requestMagicLink', ASK_SIGN_IN],
  ])('%s neither tells nor lets be measured: it does not look', async (name, operation) => {
    const [siti, email] = [await story.signUp(), `nobody.${newId()}@karcis.test`]
    const { promise: done, resolve: unlock } = Promise.withResolvers<void>()
    const locked = Promise.withResolvers<void>()
    const holding = story.subgraph.deps.db.$transaction(
      async (tx) => {
        await tx.$executeRawUnsafe('LOCK TABLE users')
        locked.resolve()
        await done
      },
      { timeout: 20_000 },
    )
    await locked.promise
    const answers = [siti.email, email].map((address) => story.anybody(operation, { email: address }))
    expect((await Promise.all(answers)).map(({ data }) => data[name])).toEqual([true, true])
    unlock()
    await holding
    await eventually(async () => expect(await story.told(siti.email)).toHaveLength(2))
    expect(await story.told(email)).toEqual([])
  })

  it('is not told by how often it may be asked for, nor by a change of address', async () => {
    const [siti, budi] = [await story.signUp(), await story.signUp()]
    const codes = async (email: string) => {
      const answers: (string | undefined)[] = []
      for (let n = 0; n < 7; n += 1) answers.push((await story.anybody(ASK_RESET, { email })).code)
      return answers
    }
    expect(await codes(siti.email)).toEqual(await codes(`nobody.${newId()}@karcis.test`))
    const move = async (email: string) =>
      siti.ask(UPDATE, { input: { id: siti.id, email, currentPassword: PASSWORD } })
    const [free, taken] = [await move('free@karcis.test'), await move(budi.email)]
    expect({ ...taken.data.updateUser, newEmail: 0 }).toEqual({ ...free.data.updateUser, newEmail: 0 })
    expect((await use(CONFIRM, await story.mailed(budi.email, 'CONFIRM_NEW_EMAIL'))).code).toBe('EMAIL_TAKEN')
    expect((await story.comeBack(siti.email)).id).toBe(siti.id)
  })

  it('is not told by mails to all the addresses of one mailbox: after twenty, whoever signs up is mailed nothing', async () => {
    const SIGN_UP = 'mutation ($input: CreateUserInput!) { createUser(input: $input) { expiresIn } }'
    const signUp = async (email: string) => {
      const { code } = await story.anybody(SIGN_UP, { input: { email, password: PASSWORD, name: 'Siti' } })
      expect(code).toBeUndefined()
      return story.told(email)
    }
    const mailbox = `flood.${newId()}`
    expect(await signUp(`${mailbox}@karcis.test`)).toEqual(['VERIFY_EMAIL'])
    const key = story.subgraph.deps.keyedHashes.place('mail', `${mailbox}@karcis.test`).toString('hex')
    await story.sql(`UPDATE login_attempts SET attempts = 19 WHERE key = '\\x${key}'`)
    expect(await signUp(`${mailbox}+1@karcis.test`)).toEqual(['VERIFY_EMAIL'])
    expect(await signUp(`${mailbox}+2@karcis.test`)).toEqual([])
  })

  it('is asked for no more than a hundred times from one network', async () => {
    const ask = story.askAs(null, 'router', '203.0.113.7')
    const asking = () => ask(ASK_SIGN_IN, { email: `${newId()}@karcis.test` })
    expect((await asking()).code).toBeUndefined()
    const key = story.subgraph.deps.keyedHashes.place('mails', '203.0.113.7').toString('hex')
    await story.sql(`UPDATE login_attempts SET attempts = 98 WHERE key = '\\x${key}'`)
    for (const code of [undefined, undefined, 'RATE_LIMITED']) expect((await asking()).code).toBe(code)
  })
})

describe('a forgotten password', () => {
  const ask = async ({ email }: Person) => {
    await story.anybody(ASK_RESET, { email: email.toUpperCase() })
    return story.mailed(email, 'RESET_PASSWORD')
  }

  it('is replaced by a link: sessions end, other links too, the address is verified, and its owner is told', async () => {
    const siti = await story.signUp()
    const other = await story.comeBack(siti.email)
    await story.anybody(ASK_SIGN_IN, { email: siti.email })
    const signIn = await story.mailed(siti.email, 'SIGN_IN_LINK')
    const token = await ask(siti)
    expect((await reset(token)).data.resetPassword).toEqual({ id: siti.id, emailVerified: true })
    for (const { refreshToken } of [siti, other])
      expect((await story.refresh(refreshToken)).code).toBe('UNAUTHENTICATED')
    expect((await story.login(siti.email)).code).toBe('INVALID_CREDENTIALS')
    expect((await story.login(siti.email, NEW_PASSWORD)).code).toBeUndefined()
    expect((await use(SIGN_IN, signIn)).code).toBe('TOKEN_REUSED')
    expect((await reset(token)).code).toBe('TOKEN_REUSED')
    expect(await story.told(siti.email)).toContain('PASSWORD_CHANGED')
    await eventually(() => expect(toldTicket(siti)).toHaveLength(1))
  })

  it('is not replaced by one that breaks a rule, and the link stays good for another', async () => {
    const siti = await story.signUp()
    const token = await ask(siti)
    for (const password of ['short', 'password1', siti.email])
      expect((await reset(token, password)).facts.fields, password).toMatchObject([
        { path: 'input.password' },
      ])
    expect((await reset(token)).code).toBeUndefined()
  })

  it('would be replaced by many at once without the lock and the condition on used_at', async () => {
    const siti = await story.signUp()
    const token = await ask(siti)
    const mutants = [
      ['AND used_at IS NULL AND expires_at > now()', ''],
      ['FOR UPDATE', 'FOR KEY SHARE'],
    ] as const
    const raced = await mutants.reduce<() => ReturnType<typeof race>>(
      (run, mutant) => () => withMutant(story.subgraph.deps, mutant, run),
      () => race(4, (n) => reset(token, `${NEW_PASSWORD} ${n}`)),
    )()
    expect(raced.won).toBeGreaterThan(1)
  })

  it('is replaced once by a link that is used at once by many: the condition on used_at', async () => {
    const siti = await story.signUp()
    const token = await ask(siti)
    expect(await race(4, (n) => reset(token, `${NEW_PASSWORD} ${n}`))).toEqual({
      won: 1,
      refused: ['TOKEN_REUSED'],
    })
    const told = await story.told(siti.email)
    expect(told.filter((kind) => kind === 'PASSWORD_CHANGED')).toHaveLength(1)
  })
})

describe('a link to sign in by', () => {
  const ask = async ({ email }: Person) => {
    await story.anybody(ASK_SIGN_IN, { email })
    return story.mailed(email, 'SIGN_IN_LINK')
  }

  it('signs in whoever owns a verified address, and leaves their password and sessions alone', async () => {
    const siti = await story.signUp()
    await verify(siti)
    const { data } = await use(SIGN_IN, await ask(siti))
    expect(data.loginWithMagicLink.user).toEqual({ id: siti.id, emailVerified: true })
    expect((await story.refresh(data.loginWithMagicLink.refreshToken)).code).toBeUndefined()
    expect((await story.refresh(siti.refreshToken)).code).toBeUndefined()
    expect((await story.login(siti.email)).code).toBeUndefined()
  })

  it('leaves nothing to whoever has signed up with an address that is not theirs', async () => {
    const stranger = await story.signUp() // with the address of somebody who comes now
    const { data } = await use(SIGN_IN, await ask(stranger))
    expect(data.loginWithMagicLink.user.emailVerified).toBe(true)
    expect((await story.refresh(stranger.refreshToken)).code).toBe('UNAUTHENTICATED')
    expect((await story.login(stranger.email)).code).toBe('INVALID_CREDENTIALS')
    expect((await story.refresh(data.loginWithMagicLink.refreshToken)).code).toBeUndefined()
  })

  it('signs nobody in twice, however many use it at once: the condition on used_at', async () => {
    const siti = await story.signUp()
    const token = await ask(siti)
    expect(await race(4, () => use(SIGN_IN, token))).toEqual({ won: 1, refused: ['TOKEN_REUSED'] })
    const other = await story.signUp()
    const again = await ask(other)
    const unguarded = () =>
      withMutant(story.subgraph.deps, ['AND used_at IS NULL AND expires_at > now()'], () =>
        race(4, () => use(SIGN_IN, again)),
      )
    expect((await unguarded()).won).toBeGreaterThan(1)
  })

  it('opens no account that is suspended, and is worth nothing at an address that the account has left', async () => {
    const [siti, admin] = [await story.signUp(), await story.admin()]
    const token = await ask(siti)
    await story.moveTo(siti, `${newId()}@karcis.test`)
    expect((await use(SIGN_IN, token)).code).toBe('TOKEN_REUSED')
    const budi = await story.signUp()
    await admin.ask('mutation ($id: ID!) { suspendUser(id: $id, reason: "Fraud.") { id } }', { id: budi.id })
    expect((await use(SIGN_IN, await ask(budi))).code).toBe('ACCOUNT_SUSPENDED')
  })
})

describe('a changed address', () => {
  const change = (person: Person, email: string) =>
    person.ask(UPDATE, { input: { id: person.id, email, currentPassword: PASSWORD } })

  it('counts once both have confirmed it, in any order; then the old one can take it back', async () => {
    const siti = await story.signUp()
    await verify(siti)
    const email = `${newId()}@karcis.test`
    expect((await change(siti, email)).data.updateUser).toEqual({
      email: siti.email,
      newEmail: email,
      emailVerified: true,
    })
    const fromOld = await story.mailed(siti.email, 'CONFIRM_OLD_EMAIL')
    const fromNew = await story.mailed(email, 'CONFIRM_NEW_EMAIL')
    expect((await use(CONFIRM, fromOld)).data.confirmEmailChange.email).toBe(siti.email)
    expect((await story.login(siti.email)).code).toBeUndefined()
    const { data } = await use(CONFIRM, fromNew)
    expect(data.confirmEmailChange).toEqual({ id: siti.id, email, emailVerified: true })
    expect((await story.login(siti.email)).code).toBe('INVALID_CREDENTIALS')
    const moved = await story.comeBack(email)
    expect((await moved.ask('{ me { newEmail } }')).data.me.newEmail).toBeNull()

    const input = { email: siti.email, password: PASSWORD, name: 'Squatter' }
    const SIGN_UP = 'mutation ($input: CreateUserInput!) { createUser(input: $input) { expiresIn } }'
    expect((await story.anybody(SIGN_UP, { input })).code).toBe('EMAIL_TAKEN') // it can still be gone back to
    const undo = await story.mailed(siti.email, 'EMAIL_CHANGED')
    await story.sql(`INSERT INTO identities (id, user_id, issuer, subject, email)
      VALUES ('${newId()}', '${siti.id}', 'https://issuer.example', 'mover', 'mover@gmail.example')`)
    expect((await use(UNDO, undo)).data.undoEmailChange).toEqual({ id: siti.id, email: siti.email })
    expect((await story.refresh(moved.refreshToken)).code).toBe('UNAUTHENTICATED')
    expect((await story.login(siti.email)).code).toBe('INVALID_CREDENTIALS') // whoever moved it knew the password
    expect(await story.sql(`SELECT id FROM identities WHERE user_id = '${siti.id}'`)).toEqual([])
    expect((await use(UNDO, undo)).code).toBe('BAD_USER_INPUT')
    await story.anybody(ASK_RESET, { email: siti.email })
    expect((await reset(await story.mailed(siti.email, 'RESET_PASSWORD'))).code).toBeUndefined()
    expect((await story.comeBack(siti.email, NEW_PASSWORD)).id).toBe(siti.id)
  })

  it('takes back with it what protects the account since: factors of the day before, too, and no older ones', async () => {
    const LEFT = `SELECT (SELECT count(*)::int FROM totp_factors WHERE user_id = u.id) AS apps,
      (SELECT count(*)::int FROM passkeys WHERE user_id = u.id) AS passkeys,
      (SELECT count(*)::int FROM recovery_codes WHERE user_id = u.id) AS codes,
      (SELECT count(*)::int FROM sign_in_challenges WHERE user_id = u.id)
        + (SELECT count(*)::int FROM verified_phones WHERE user_id = u.id) AS others FROM users u WHERE id = `
    /** As if it had been set up so long before the address began to move; the app, some passkeys and codes of one moment. */
    const protect = ({ id }: Person, ago: string, { app = false, passkeys = 0, codes = 0 }) =>
      story.sql(`WITH app AS (INSERT INTO totp_factors (user_id, sealed_secret, created_at, confirmed_at)
          SELECT '${id}', '\\x00', now() - interval '30 days', now() - interval '${ago}' WHERE ${app}),
        key AS (INSERT INTO passkeys (id, user_id, credential_id, public_key, sign_count, transports, synced, name, created_at)
          SELECT gen_random_uuid(), '${id}', gen_random_uuid()::text, '\\x00', 0, '{}', true, 'Phone', now() - interval '${ago}'
          FROM generate_series(1, ${passkeys})),
        code AS (INSERT INTO recovery_codes (user_id, code_hash, created_at)
          SELECT '${id}', sha256(gen_random_uuid()::text::bytea), now() - interval '${ago}' FROM generate_series(1, ${codes}))
        SELECT true AS done`)
    const undone = async (siti: Person) => {
      await story.moveTo(siti, `${newId()}@karcis.test`)
      await protect(siti, '0 s', { passkeys: 1 })
      await story.sql(
        `INSERT INTO verified_phones (user_id, number) VALUES ('${siti.id}', '+62811${siti.id.replaceAll(/[^0-9]/g, '').slice(-8)}')`,
      )
      await story.sql(`INSERT INTO sign_in_challenges (token_hash, purpose, user_id, amr, expires_at)
        VALUES (sha256('${siti.id}'), 'PASSKEY_REGISTRATION', '${siti.id}', '{}', now() + interval '1 hour')`)
      expect((await use(UNDO, await story.mailed(siti.email, 'EMAIL_CHANGED'))).code).toBeUndefined()
      return (await story.sql(`${LEFT}'${siti.id}'`))[0]
    }
    const siti = await story.signUp()
    await protect(siti, '3 days', { app: true, passkeys: 2, codes: 10 })
    expect(await undone(siti)).toEqual({ apps: 1, passkeys: 2, codes: 10, others: 0 })
    const budi = await story.signUp() // whose codes were replaced
    await protect(budi, '3 days', { app: true })
    await protect(budi, '1 hour', { codes: 10 })
    expect(await undone(budi)).toEqual({ apps: 1, passkeys: 0, codes: 0, others: 0 })
    const taken = await story.signUp() // by somebody who set their own up first
    await protect(taken, '2 hours', { app: true, passkeys: 1 })
    await protect(taken, '3 days', { codes: 10 })
    expect(await undone(taken)).toEqual({ apps: 0, passkeys: 0, codes: 0, others: 0 })
    await story.anybody(ASK_RESET, { email: taken.email })
    expect((await reset(await story.mailed(taken.email, 'RESET_PASSWORD'))).code).toBeUndefined()
    expect((await story.login(taken.email, NEW_PASSWORD)).code).toBeUndefined() // and nothing else is asked for
  })

  it('takes the new one alone while the old one was never verified; of two changes the later one counts', async () => {
    const siti = await story.signUp()
    const [first, second] = [`${newId()}@karcis.test`, `${newId()}@karcis.test`]
    await change(siti, first)
    const stale = await story.mailed(first, 'CONFIRM_NEW_EMAIL')
    await change(siti, second)
    expect((await use(CONFIRM, stale)).code).toBe('BAD_USER_INPUT')
    expect(
      (await use(CONFIRM, await story.mailed(second, 'CONFIRM_NEW_EMAIL'))).data.confirmEmailChange.email,
    ).toBe(second)
    expect(await story.told(siti.email)).not.toContain('CONFIRM_OLD_EMAIL')
    expect(await story.told(siti.email)).toContain('EMAIL_CHANGED')
  })

  it('is given up by asking for the one that there is', async () => {
    const siti = await story.signUp()
    const email = `${newId()}@karcis.test`
    await change(siti, email)
    const token = await story.mailed(email, 'CONFIRM_NEW_EMAIL')
    expect((await change(siti, siti.email)).data.updateUser.newEmail).toBeNull()
    expect((await use(CONFIRM, token)).code).toBe('BAD_USER_INPUT')
  })

  it('goes to one of two who confirm it at once', async () => {
    const [siti, budi] = [await story.signUp(), await story.signUp()]
    const email = `${newId()}@karcis.test`
    await change(siti, email)
    const first = await story.mailed(email, 'CONFIRM_NEW_EMAIL')
    await change(budi, email)
    const tokens = [first, await story.mailed(email, 'CONFIRM_NEW_EMAIL')]
    expect(await race(2, (n) => use(CONFIRM, tokens[n] ?? ''))).toEqual({ won: 1, refused: ['EMAIL_TAKEN'] })
  })

  it('counts at once when an admin changes it; both are told, and the old one can take it back', async () => {
    const [siti, admin] = [await story.signUp(), await story.admin()]
    await verify(siti)
    const email = `${newId()}@karcis.test`
    const { data } = await admin.ask(UPDATE, { input: { id: siti.id, email } })
    expect(data.updateUser).toEqual({ email, newEmail: null, emailVerified: false })
    expect(await story.told(email)).toEqual(['VERIFY_EMAIL'])
    expect(
      (await use(UNDO, await story.mailed(siti.email, 'EMAIL_CHANGED'))).data.undoEmailChange.email,
    ).toBe(siti.email)
  })
})

describe('what is kept of links', () => {
  it('is hashes alone, and nothing of who is erased', async () => {
    const siti = await story.signUp()
    await story.moveTo(siti, `${newId()}@karcis.test`)
    const token = await story.mailed(siti.email, 'VERIFY_EMAIL')
    const [found] = await story.sql(
      `SELECT string_agg(l::text, ' ') AS all FROM account_links l WHERE user_id = '${siti.id}'`,
    )
    expect(found.all).toContain(siti.email)
    expect(found.all).not.toContain(token)
    const gone = await siti.ask(
      'mutation ($id: ID!, $input: DeleteUserInput) { deleteUser(id: $id, input: $input) { id } }',
      { id: siti.id, input: { password: PASSWORD } },
    )
    expect(gone.code).toBeUndefined()
    const left = await story.sql(`SELECT id FROM account_links WHERE user_id = '${siti.id}'
      UNION ALL SELECT id FROM email_changes WHERE user_id = '${siti.id}'`)
    expect(left).toEqual([])
  })
})
