import { newId } from '@karcis/kit/ids'
import type { Answer } from '@karcis/testkit/ask'
import { withMutant } from '@karcis/testkit/mutants'
import { parallel } from '@karcis/testkit/parallel'
import { decodeJwt } from 'jose'
import { TOTP } from 'otpauth'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ADMIN, bearerOf, PASSWORD, type Person, type Story, startStory } from './stories.ts'

const ENABLE = 'mutation { enableTotp { secret uri } }'
const CONFIRM = `mutation ($code: String!) { confirmTotp(code: $code) { recoveryCodes accessToken expiresIn } }`
const DISABLE = `mutation ($code: String!) { disableTotp(code: $code) { totpEnabled recoveryCodesLeft } }`
const RENEW = 'mutation { regenerateRecoveryCodes }'
const FACTORS = '{ mySecondFactors { totpEnabled passkeys recoveryCodesLeft required } }'
const VERIFY = `mutation ($input: VerifySecondFactorInput!) { verifySecondFactor(input: $input) {
  accessToken refreshToken deviceToken user { id email name } } }`
const STEP_UP = 'mutation ($input: StepUpInput!) { stepUp(input: $input) { accessToken expiresIn } }'
const CHANGE_PASSWORD = `mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { id } }`
const SET_ROLE = 'mutation ($id: ID!, $role: Role!) { setUserRole(id: $id, role: $role) { role } }'
const DELETE =
  'mutation ($id: ID!, $input: DeleteUserInput) { deleteUser(id: $id, input: $input) { id name } }'

/** The code of an app, so many steps of 30 seconds from now. */
const codeOf = (secret: string, steps = 0): string =>
  new TOTP({ secret }).generate({ timestamp: Date.now() + steps * 30_000 })

/** Somebody with an app. */
interface Guarded extends Person {
  secret: string
  recoveryCodes: string[]
}

let story: Story
beforeAll(async () => {
  story = await startStory()
})
afterAll(() => story[Symbol.asyncDispose]())

/** Signs somebody up and sets an app up for them. */
async function guarded(person: Person): Promise<Guarded> {
  const { secret } = (await person.ask(ENABLE)).data.enableTotp
  const { recoveryCodes, accessToken } = (await person.ask(CONFIRM, { code: codeOf(secret) })).data
    .confirmTotp
  await later(person)
  return { ...story.person({ ...person, accessToken }), secret, recoveryCodes }
}

/** As if the app's codes of now had not been used yet. */
const later = ({ id }: Person) =>
  story.sql(`UPDATE totp_factors SET last_step = last_step - 10 WHERE user_id = '${id}'`)

/** The same person with a token that says what their session says now. */
async function anew(person: Person): Promise<Person> {
  const { data } = await story.refresh(person.refreshToken)
  return story.person({ ...person, ...data.refreshToken })
}

/** As if their last proof were older than is good. */
async function proofOfYore(person: Person): Promise<Person> {
  await story.sql(
    `UPDATE sessions SET authenticated_at = now() - interval '11 minutes' WHERE id = '${person.viewer.sessionId}'`,
  )
  return anew(person)
}

const challengeFor = async ({ email }: Person): Promise<string> => (await story.login(email)).facts.challenge

const verify = (challenge: string, code: string, address?: string): Promise<Answer> =>
  story.askAs(null, 'router', address)(VERIFY, { input: { challenge, code } })

const toldOf = async ({ id }: Person): Promise<string[]> => {
  const rows = await story.sql(`SELECT data->>'change' AS change FROM notifications
    WHERE user_id = '${id}' AND kind = 'SECOND_FACTOR_CHANGED' ORDER BY id`)
  return rows.map(({ change }) => change)
}

describe('an authenticator app', () => {
  it('protects nothing before its first code; with that, all other sessions end and recovery codes are shown once', async () => {
    const siti = await story.signUp('Siti Setup')
    const laptop = await story.comeBack(siti.email)
    const { secret, uri } = (await siti.ask(ENABLE)).data.enableTotp
    expect(uri).toBe(
      `otpauth://totp/Karcis:siti.setup%40karcis.test?issuer=Karcis&secret=${secret}&algorithm=SHA1&digits=6&period=30`,
    )
    expect((await story.login(siti.email)).code).toBeUndefined()
    expect((await siti.ask(CONFIRM, { code: '000000' })).code).toBe('INVALID_CREDENTIALS')
    const confirmed = (await siti.ask(CONFIRM, { code: codeOf(secret) })).data.confirmTotp
    expect(new Set(confirmed.recoveryCodes).size).toBe(10)
    expect(decodeJwt(confirmed.accessToken)).toMatchObject({
      sid: siti.viewer.sessionId,
      amr: ['pwd', 'otp', 'mfa'],
    })
    expect((await story.refresh(laptop.refreshToken)).code).toBe('UNAUTHENTICATED')
    expect((await story.refresh(siti.refreshToken)).code).toBeUndefined()
    expect((await story.login(siti.email)).code).toBe('SECOND_FACTOR_REQUIRED')
    expect((await siti.ask(FACTORS)).data.mySecondFactors).toEqual({
      totpEnabled: true,
      passkeys: 0,
      recoveryCodesLeft: 10,
      required: false,
    })
    expect((await siti.ask(ENABLE)).code).toBe('CONFLICT')
    expect((await siti.ask(CONFIRM, { code: codeOf(secret) })).code).toBe('CONFLICT')
    expect(await toldOf(siti)).toEqual(['TOTP_ENABLED'])
  })

  it('stores nothing that makes a code, is one, or answers a challenge', async () => {
    const siti = await guarded(await story.signUp('Siti Store'))
    const challenge = await challengeFor(siti)
    const rows = await story.sql(`SELECT to_jsonb(t)::text AS whole FROM totp_factors t
      UNION ALL SELECT to_jsonb(r)::text FROM recovery_codes r
      UNION ALL SELECT to_jsonb(c)::text FROM sign_in_challenges c
      UNION ALL SELECT to_jsonb(n)::text FROM notifications n`)
    const secrets = [siti.secret, challenge, ...siti.recoveryCodes]
    const shapes = secrets.flatMap((text) => [text, text.replace('-', ''), Buffer.from(text).toString('hex')])
    const all = rows.map(({ whole }) => whole).join('\n')
    for (const shape of shapes) expect(all).not.toContain(shape)
  })

  it('asks for a code after the right password, and after that alone', async () => {
    const siti = await guarded(await story.signUp('Siti Code'))
    expect((await story.login(siti.email, 'not her password')).code).toBe('INVALID_CREDENTIALS')
    const asked = await story.login(siti.email)
    expect(asked).toMatchObject({
      code: 'SECOND_FACTOR_REQUIRED',
      facts: { challenge: expect.any(String), methods: ['TOTP', 'RECOVERY_CODE'] },
    })
    const { challenge } = asked.facts
    expect((await verify(challenge, codeOf(siti.secret, 5))).code).toBe('INVALID_CREDENTIALS')
    const { data } = await verify(
      challenge,
      ` ${codeOf(siti.secret).slice(0, 3)} ${codeOf(siti.secret).slice(3)}`,
    )
    expect(data.verifySecondFactor).toMatchObject({ user: { id: siti.id }, deviceToken: expect.any(String) })
    const { amr, auth_time } = decodeJwt(data.verifySecondFactor.accessToken)
    expect(amr).toEqual(['pwd', 'otp', 'mfa'])
    expect(Math.abs(Number(auth_time) - Date.now() / 1000)).toBeLessThan(60)
    expect((await verify(challenge, codeOf(siti.secret, 1))).code).toBe('UNAUTHENTICATED') // good for one sign-in
  })

  it('takes the code before and after, each once, and none from before one that was used', async () => {
    const siti = await guarded(await story.signUp('Siti Steps'))
    const attempt = async (steps: number) =>
      (await verify(await challengeFor(siti), codeOf(siti.secret, steps))).code
    expect(await attempt(-3)).toBe('INVALID_CREDENTIALS')
    expect(await attempt(0)).toBeUndefined()
    expect(await attempt(0)).toBe('INVALID_CREDENTIALS')
    expect(await attempt(-1)).toBe('INVALID_CREDENTIALS')
    expect(await attempt(1)).toBeUndefined()
    expect(await attempt(3)).toBe('INVALID_CREDENTIALS')
  })

  it('takes a recovery code in its place, however it is written, once; its owner is told', async () => {
    const siti = await guarded(await story.signUp('Siti Lost'))
    const [code = ''] = siti.recoveryCodes
    const written = code.toLowerCase().replace('-', ' ').replaceAll('0', 'o').replaceAll('1', 'l')
    expect((await verify(await challengeFor(siti), written)).code).toBeUndefined()
    expect((await verify(await challengeFor(siti), code)).code).toBe('INVALID_CREDENTIALS')
    expect((await siti.ask(FACTORS)).data.mySecondFactors.recoveryCodesLeft).toBe(9)
    expect(await toldOf(siti)).toEqual(['TOTP_ENABLED', 'RECOVERY_CODE_USED'])
  })

  it('is taken away by one of its codes, and with it the recovery codes', async () => {
    const siti = await guarded(await story.signUp('Siti Gone'))
    expect((await siti.ask(DISABLE, { code: '123456' })).code).toBe('INVALID_CREDENTIALS')
    const { data } = await siti.ask(DISABLE, { code: codeOf(siti.secret) })
    expect(data.disableTotp).toEqual({ totpEnabled: false, recoveryCodesLeft: 0 })
    expect((await story.login(siti.email)).code).toBeUndefined()
    expect((await siti.ask(DISABLE, { code: codeOf(siti.secret, 1) })).code).toBe('CONFLICT')
    expect(await toldOf(siti)).toEqual(['TOTP_ENABLED', 'TOTP_DISABLED'])
  })

  it('gets new recovery codes, and the old ones are good for nothing', async () => {
    const siti = await guarded(await story.signUp('Siti Renews'))
    const { regenerateRecoveryCodes: codes } = (await siti.ask(RENEW)).data
    expect(codes).toHaveLength(10)
    expect((await verify(await challengeFor(siti), siti.recoveryCodes[0] ?? '')).code).toBe(
      'INVALID_CREDENTIALS',
    )
    expect((await verify(await challengeFor(siti), codes[0])).code).toBeUndefined()
    const budi = await story.signUp('Budi Without')
    expect((await budi.ask(RENEW)).code).toBe('CONFLICT')
  })
})

describe('a sign-in that waits for its second step', () => {
  it('ends with a new password, after 10 minutes, and for who is shut out meanwhile', async () => {
    const siti = await guarded(await story.signUp('Siti Waits'))
    const before = await challengeFor(siti)
    const input = { currentPassword: PASSWORD, newPassword: 'another horse, another battery' }
    expect((await siti.ask(CHANGE_PASSWORD, { input })).code).toBeUndefined()
    expect((await verify(before, codeOf(siti.secret))).code).toBe('UNAUTHENTICATED')

    const late = (await story.login(siti.email, input.newPassword)).facts.challenge
    await story.sql(`UPDATE sign_in_challenges SET expires_at = now() WHERE user_id = '${siti.id}'`)
    expect((await verify(late, codeOf(siti.secret))).code).toBe('UNAUTHENTICATED')

    const shutOut = (await story.login(siti.email, input.newPassword)).facts.challenge
    const admin = await story.admin()
    await admin.ask('mutation ($id: ID!) { suspendUser(id: $id, reason: "Fraud") { id } }', { id: siti.id })
    expect((await verify(shutOut, codeOf(siti.secret))).code).toBe('UNAUTHENTICATED')
    expect((await verify('never given out', '123456')).code).toBe('UNAUTHENTICATED')
  })

  it('is guessed at ten times, then ever more slowly, from all strange places together; its owner is not held up', async () => {
    const siti = await guarded(await story.signUp('Siti Guessed'))
    const home = '198.51.100.77'
    const first = (await story.login(siti.email, PASSWORD, { address: home })).facts.challenge
    expect((await verify(first, codeOf(siti.secret), home)).code).toBeUndefined() // a place that is known from now on
    const guess = async (n: number) => {
      const { facts } = await story.login(siti.email, PASSWORD, { address: `203.0.113.${n}` })
      return (await verify(facts.challenge, '123456', `203.0.113.${n}`)).code
    }
    for (let n = 0; n < 10; n += 1) expect(await guess(n)).toBe('INVALID_CREDENTIALS')
    expect(await guess(10)).toBe('RATE_LIMITED')
    const own = (await story.login(siti.email, PASSWORD, { address: home })).facts.challenge
    expect((await verify(own, codeOf(siti.secret, 1), home)).code).toBeUndefined()
  })

  it('says the same of input that has both answers, and neither', async () => {
    const both = { challenge: 'x', code: '123456', passkey: {} }
    for (const input of [both, { challenge: 'x' }])
      expect((await story.anybody(VERIFY, { input })).code).toBe('BAD_USER_INPUT')
  })
})

describe('two who race', () => {
  const won = (outcomes: PromiseSettledResult<Answer>[]): number =>
    outcomes.filter((outcome) => outcome.status === 'fulfilled' && outcome.value.code === undefined).length

  /** So many sign-ins, each with a challenge of its own, that all show one code at once. */
  async function sameCode(siti: Guarded, code: string): Promise<number> {
    const challenges: string[] = []
    for (let n = 0; n < 4; n += 1) challenges.push(await challengeFor(siti))
    return won(await parallel(4, (n) => verify(challenges[n] ?? '', code)))
  }

  it('with one code of an app: one is signed in; all would be without the condition on last_step', async () => {
    const siti = await guarded(await story.signUp('Siti Races'))
    expect(await sameCode(siti, codeOf(siti.secret))).toBe(1)
    const other = await guarded(await story.signUp('Siti Mutant'))
    const mutant = ['AND last_step < ', 'AND -1 < '] as const
    expect(await withMutant(story.subgraph.deps, mutant, () => sameCode(other, codeOf(other.secret)))).toBe(4)
  })

  it('with one recovery code: one is signed in; all would be if it were looked up and not deleted', async () => {
    const siti = await guarded(await story.signUp('Siti Recovers'))
    const [first = '', second = ''] = siti.recoveryCodes
    expect(await sameCode(siti, first)).toBe(1)
    const mutant = [
      'DELETE FROM recovery_codes\n    WHERE user_id',
      'UPDATE recovery_codes SET created_at = now() WHERE user_id',
    ] as const
    expect(await withMutant(story.subgraph.deps, mutant, () => sameCode(siti, second))).toBe(4)
  })

  it('with one challenge and a code each: one is signed in; all would be if it were looked up and not deleted', async () => {
    const siti = await guarded(await story.signUp('Siti Challenged'))
    const race = async (codes: string[]) => {
      const challenge = await challengeFor(siti)
      return won(await parallel(4, (n) => verify(challenge, codes[n] ?? '')))
    }
    expect(await race(siti.recoveryCodes.slice(0, 4))).toBe(1)
    const { regenerateRecoveryCodes: codes } = (await siti.ask(RENEW)).data
    const mutant = ['DELETE FROM sign_in_challenges', 'UPDATE sign_in_challenges SET amr = amr'] as const
    expect(await withMutant(story.subgraph.deps, mutant, () => race(codes))).toBe(4)
  })

  it('to sign in while the app is confirmed: whoever got in without it is out', async () => {
    const siti = await story.signUp('Siti Between')
    const { secret } = (await siti.ask(ENABLE)).data.enableTotp
    const [confirmed, ...logins] = await Promise.all([
      siti.ask(CONFIRM, { code: codeOf(secret) }),
      ...Array.from({ length: 4 }, () => story.login(siti.email)),
    ])
    expect(confirmed.code).toBeUndefined()
    for (const { code, data } of logins) {
      const out = code ?? (await story.refresh(data.login.refreshToken)).code
      expect(['SECOND_FACTOR_REQUIRED', 'UNAUTHENTICATED']).toContain(out)
    }
  })
})

describe('a second factor that is lost, with the recovery codes', () => {
  const RESET =
    'mutation ($id: ID!, $reason: String!) { resetSecondFactors(userId: $id, reason: $reason) { id email } }'
  const reset = (by: Person, { id }: { id: string }, reason = 'Lost phone; known by the ticket office.') =>
    by.ask(RESET, { id, reason })

  it('is taken away by an admin who has just shown who they are; sessions end, the person is told why, and it is logged', async () => {
    const [siti, admin] = [await guarded(await story.signUp()), await story.admin()]
    const challenge = await challengeFor(siti)
    expect((await reset(siti, siti)).code).toBe('FORBIDDEN')
    expect((await reset(await proofOfYore(admin), siti)).code).toBe('STEP_UP_REQUIRED')
    const fresh = await story.admin()
    expect((await reset(fresh, siti, ' ')).facts.fields).toMatchObject([{ path: 'reason' }])
    expect((await reset(fresh, { id: newId() })).code).toBe('NOT_FOUND')
    expect((await reset(fresh, fresh)).code).toBe('CONFLICT')
    expect((await reset(fresh, siti)).data.resetSecondFactors).toEqual({ id: siti.id, email: siti.email })
    expect((await story.refresh(siti.refreshToken)).code).toBe('UNAUTHENTICATED')
    expect((await verify(challenge, siti.recoveryCodes[0] ?? '')).code).toBe('UNAUTHENTICATED')
    const back = await story.comeBack(siti.email)
    const { data } = await back.ask('{ notifications(first: 1) { edges { node { kind facts { value } } } } }')
    expect(data.notifications.edges[0].node).toEqual({
      kind: 'SECOND_FACTORS_RESET',
      facts: [{ value: 'Lost phone; known by the ticket office.' }],
    })
    expect(await story.told(siti.email)).toContain('SECOND_FACTORS_RESET')
    const logged = await story.sql(`SELECT ids::text[], code FROM audit_entries
      WHERE action = 'resetSecondFactors' AND actor_id = '${fresh.id}' AND code IS NULL`)
    expect(logged).toMatchObject([{ ids: expect.arrayContaining([siti.id]) }])
    expect((await reset(fresh, siti)).code).toBe('CONFLICT')
  })
})

describe('a step-up', () => {
  it('is asked of an admin whose proof is old before they give roles or take accounts over, and taken by password', async () => {
    const [siti, fresh] = [await story.signUp('Siti Rises'), await story.admin()]
    const admin = await proofOfYore(fresh)
    const give = (person: Person) => person.ask(SET_ROLE, { id: siti.id, role: 'ORGANIZER' })
    const move = (person: Person) =>
      person.ask('mutation ($input: UpdateUserInput!) { updateUser(input: $input) { id } }', {
        input: { id: siti.id, email: 'mine.now@karcis.test' },
      })
    expect(await give(admin)).toMatchObject({ code: 'STEP_UP_REQUIRED', facts: { maxAgeSeconds: 600 } })
    expect((await move(admin)).code).toBe('STEP_UP_REQUIRED')
    expect((await admin.ask(ENABLE)).code).toBe('STEP_UP_REQUIRED')

    expect((await admin.ask(STEP_UP, { input: { password: 'not it' } })).code).toBe('INVALID_CREDENTIALS')
    const stepped = (await admin.ask(STEP_UP, { input: { password: ADMIN.password } })).data.stepUp
    const proved = story.person({ ...admin, accessToken: stepped.accessToken })
    expect((await give(proved)).data.setUserRole).toEqual({ role: 'ORGANIZER' })
    expect((await give(await anew(proved))).code).toBeUndefined() // a refreshed token says the same
    expect((await give(story.person({ ...admin }))).code).toBe('STEP_UP_REQUIRED') // as the one from before does
  })

  it('takes the second factor of who has one, and not their password', async () => {
    const siti = await proofOfYore(await guarded(await story.signUp('Siti Steps Up')))
    const { secret } = siti as Guarded
    const erase = (person: Person) => person.ask(DELETE, { id: siti.id, input: { password: PASSWORD } })
    expect((await erase(siti)).code).toBe('STEP_UP_REQUIRED')
    expect((await siti.ask(STEP_UP, { input: { password: PASSWORD } })).code).toBe('SECOND_FACTOR_REQUIRED')
    expect((await siti.ask(STEP_UP, { input: { code: codeOf(secret, 9) } })).code).toBe('INVALID_CREDENTIALS')
    const code = codeOf(secret)
    const { accessToken } = (await siti.ask(STEP_UP, { input: { code } })).data.stepUp
    expect((await siti.ask(STEP_UP, { input: { code } })).code).toBe('INVALID_CREDENTIALS')
    const proved = story.person({ ...siti, accessToken })
    expect((await proved.ask(DELETE, { id: siti.id, input: {} })).code).toBe('BAD_USER_INPUT')
    expect((await erase(proved)).data.deleteUser).toMatchObject({ name: 'Deleted user' })
    const [left] = await story.sql(`SELECT
      (SELECT count(*)::int FROM totp_factors WHERE user_id = '${siti.id}') AS apps,
      (SELECT count(*)::int FROM recovery_codes WHERE user_id = '${siti.id}') AS codes`)
    expect(left).toEqual({ apps: 0, codes: 0 })
  })

  it('is nothing for a session that has ended, and takes one proof', async () => {
    const siti = await story.signUp('Siti Ended')
    for (const input of [{}, { password: PASSWORD, code: '123456' }])
      expect((await siti.ask(STEP_UP, { input })).code).toBe('BAD_USER_INPUT')
    await siti.ask('mutation { logout }')
    expect((await siti.ask(STEP_UP, { input: { password: PASSWORD } })).code).toBe('UNAUTHENTICATED')
    expect((await story.anybody(STEP_UP, { input: { password: PASSWORD } })).code).toBe('UNAUTHENTICATED')
  })

  it('is asked of tokens that do not say when their owner showed who they are', async () => {
    const siti = await story.signUp('Siti Of Old')
    await story.sql(
      `UPDATE sessions SET authenticated_at = NULL, amr = '{}' WHERE id = '${siti.viewer.sessionId}'`,
    )
    expect((await (await anew(siti)).ask(ENABLE)).code).toBe('STEP_UP_REQUIRED')
  })
})

describe('a role that needs a second factor', () => {
  it('may do nothing but set one up, and not take the last one away', async () => {
    await using strict = await startStory({ SECOND_FACTOR_REQUIRED_FOR: 'ORGANIZER, ADMIN' })
    const siti = await strict.signUp('Siti')
    const admin = await strict.admin()
    const bearer = bearerOf(admin.accessToken)
    expect(bearer.role).toBe('ENROLLING')
    for (const operation of [
      '{ me { id } }',
      '{ users { totalCount } }',
      '{ myPasskeys { totalCount } }',
      RENEW,
    ])
      expect((await admin.ask(operation)).code).toBe('SECOND_FACTOR_REQUIRED')
    expect((await admin.ask(SET_ROLE, { id: siti.id, role: 'ADMIN' })).code).toBe('SECOND_FACTOR_REQUIRED')
    expect((await admin.ask(FACTORS)).data.mySecondFactors.required).toBe(true)

    const { secret } = (await admin.ask(ENABLE)).data.enableTotp
    const { accessToken } = (await admin.ask(CONFIRM, { code: codeOf(secret) })).data.confirmTotp
    const enrolled = strict.person({ ...admin, accessToken })
    expect(enrolled.viewer.role).toBe('ADMIN')
    expect((await enrolled.ask(SET_ROLE, { id: siti.id, role: 'ORGANIZER' })).data.setUserRole.role).toBe(
      'ORGANIZER',
    )
    await strict.sql('UPDATE totp_factors SET last_step = last_step - 10')
    expect((await enrolled.ask(DISABLE, { code: codeOf(secret) })).code).toBe('CONFLICT')
    const { users } = await strict.get('/internal/auth-changes')
    expect(users).toMatchObject([{ id: siti.id, role: 'ORGANIZER', needsSecondFactor: true }])
    expect(bearerOf((await strict.comeBack(siti.email)).accessToken).role).toBe('ENROLLING')
    expect((await strict.askAs(bearer)('mutation { logout }')).data).toEqual({ logout: true })
  })

  it('is asked for when nobody is signed in as well as ever', async () => {
    const nobody = await story.anybody(ENABLE)
    expect(nobody.code).toBe('UNAUTHENTICATED')
    expect((await story.anybody(CONFIRM, { code: newId() })).code).toBe('UNAUTHENTICATED')
  })
})
