import type { Answer } from '@karcis/testkit/ask'
import type { Loose } from '@karcis/testkit/gql'
import { withMutant } from '@karcis/testkit/mutants'
import { parallel } from '@karcis/testkit/parallel'
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Authenticator, createAuthenticator } from './authenticator.ts'
import { bearerOf, PASSWORD, type Person, type Story, startStory } from './stories.ts'

const START = 'mutation { startPasskeyRegistration { publicKey } }'
const FINISH = `mutation ($input: FinishPasskeyRegistrationInput!) { finishPasskeyRegistration(input: $input) {
  passkey { id name synced lastUsedAt } recoveryCodes accessToken expiresIn } }`
const LIST = '{ myPasskeys { totalCount edges { node { id name lastUsedAt } } } }'
const REMOVE = `mutation ($id: ID!) { removePasskey(id: $id) { passkeys recoveryCodesLeft } }`
const START_LOGIN = 'mutation { startPasskeyLogin { publicKey } }'
const FINISH_LOGIN = `mutation ($input: FinishPasskeyLoginInput!) { finishPasskeyLogin(input: $input) {
  accessToken refreshToken user { id } } }`
const VERIFY = `mutation ($input: VerifySecondFactorInput!) { verifySecondFactor(input: $input) {
  accessToken user { id } } }`
const STEP_UP = 'mutation ($input: StepUpInput!) { stepUp(input: $input) { accessToken } }'

let story: Story
beforeAll(async () => {
  story = await startStory()
})
afterAll(() => story[Symbol.asyncDispose]())

/** Somebody with a passkey, and what holds it. */
interface Holder extends Person {
  authenticator: Authenticator
  passkeyId: string
  recoveryCodes: string[]
}

const options = async (person: Person): Promise<Loose> =>
  (await person.ask(START)).data.startPasskeyRegistration.publicKey

const finish = (person: Person, response: Loose, name?: string): Promise<Answer> =>
  person.ask(FINISH, { input: { response, name } })

async function holder(name: string): Promise<Holder> {
  const person = await story.signUp(name)
  const authenticator = createAuthenticator()
  const { data } = await finish(person, authenticator.create(await options(person)), 'Phone')
  const { passkey, recoveryCodes, accessToken } = data.finishPasskeyRegistration
  return {
    ...story.person({ ...person, accessToken }),
    authenticator,
    passkeyId: passkey.id,
    recoveryCodes,
  }
}

const loginOptions = async (): Promise<Loose> =>
  (await story.anybody(START_LOGIN)).data.startPasskeyLogin.publicKey

const logIn = (response: Loose): Promise<Answer> => story.anybody(FINISH_LOGIN, { input: { response } })

describe('a passkey', () => {
  it('is made for its account, signs its owner in without a name, and is a second factor', async () => {
    const siti = await story.signUp('Siti Key')
    const laptop = await story.comeBack(siti.email)
    const authenticator = createAuthenticator()
    const asked = await options(siti)
    expect(asked).toMatchObject({
      rp: { id: 'localhost', name: 'Karcis' },
      user: { name: siti.email, displayName: siti.name },
      authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
    })
    const answer = authenticator.create(asked)
    const made = (await finish(siti, answer, 'My phone')).data.finishPasskeyRegistration
    expect(made).toMatchObject({ passkey: { name: 'My phone', synced: false, lastUsedAt: null } })
    expect(made.recoveryCodes).toHaveLength(10)
    expect(decodeJwt(made.accessToken).amr).toEqual(['pwd', 'pop', 'user', 'mfa'])
    expect((await story.refresh(laptop.refreshToken)).code).toBe('UNAUTHENTICATED')
    expect((await finish(siti, answer)).code).toBe('INVALID_CREDENTIALS') // its challenge is used up
    const next = await options(siti)
    expect(next.excludeCredentials).toMatchObject([{ id: authenticator.credential?.id }])

    const { publicKey } = (await story.anybody(START_LOGIN)).data.startPasskeyLogin
    expect(publicKey).toMatchObject({ rpId: 'localhost', userVerification: 'required', allowCredentials: [] })
    const { finishPasskeyLogin } = (await logIn(authenticator.get(publicKey))).data
    expect(finishPasskeyLogin.user.id).toBe(siti.id)
    expect(bearerOf(finishPasskeyLogin.accessToken)).toMatchObject({ amr: ['pop', 'user', 'mfa'] })

    const { code, facts } = await story.login(siti.email)
    expect(code).toBe('SECOND_FACTOR_REQUIRED')
    expect(facts.methods).toEqual(['PASSKEY', 'RECOVERY_CODE'])
    expect(facts.passkeyOptions).toMatchObject({
      challenge: facts.challenge,
      allowCredentials: [{ id: authenticator.credential?.id, transports: ['internal'] }],
    })
    const input = { challenge: facts.challenge, passkey: authenticator.get(facts.passkeyOptions) }
    const { verifySecondFactor } = (await story.anybody(VERIFY, { input })).data
    expect(bearerOf(verifySecondFactor.accessToken)).toMatchObject({
      id: siti.id,
      amr: ['pwd', 'pop', 'mfa'],
    })
    const [{ node }] = (await siti.ask(LIST)).data.myPasskeys.edges
    expect(node).toMatchObject({ name: 'My phone', lastUsedAt: expect.any(String) })
  })

  it.each([
    ['of a page of somebody else', { origin: 'https://karcis.example' }],
    ['for another domain', { rpId: 'karcis.example' }],
    ['whose owner has not shown that it is they', { userVerified: false }],
  ])('is refused %s', async (which, changes) => {
    const siti = await holder(`Siti ${which}`)
    const other = createAuthenticator()
    expect((await finish(siti, other.create(await options(siti), changes))).code).toBe('INVALID_CREDENTIALS')
    expect((await logIn(siti.authenticator.get(await loginOptions(), changes))).code).toBe(
      'INVALID_CREDENTIALS',
    )
  })

  it('is refused with an answer that came before, is of another challenge, too late, or no answer at all', async () => {
    const siti = await holder('Siti Replays')
    const answer = siti.authenticator.get(await loginOptions())
    expect((await logIn(answer)).code).toBeUndefined()
    expect((await logIn(answer)).code).toBe('INVALID_CREDENTIALS')
    const forRegistration = siti.authenticator.get(await options(siti))
    expect((await logIn(forRegistration)).code).toBe('INVALID_CREDENTIALS')
    const late = siti.authenticator.get(await loginOptions())
    await story.sql("UPDATE sign_in_challenges SET expires_at = now() WHERE purpose = 'PASSKEY_LOGIN'")
    expect((await logIn(late)).code).toBe('INVALID_CREDENTIALS')
    const strange = createAuthenticator()
    strange.create(await options(siti))
    expect((await logIn(strange.get(await loginOptions()))).code).toBe('INVALID_CREDENTIALS')
    for (const response of [{}, { id: 'x', response: { clientDataJSON: 'x' } }, 'null'])
      expect((await logIn(response)).code).toBe('BAD_USER_INPUT')
    const broken = siti.authenticator.get(await loginOptions())
    broken.response.signature = 'AAAA'
    expect((await logIn(broken)).code).toBe('INVALID_CREDENTIALS')
  })

  it('answers no challenge of a sign-in to another account, nor of another registration', async () => {
    const [siti, budi] = [await holder('Siti Own'), await holder('Budi Own')]
    const { facts } = await story.login(budi.email)
    const input = { challenge: facts.challenge, passkey: siti.authenticator.get(facts.passkeyOptions) }
    expect((await story.anybody(VERIFY, { input })).code).toBe('INVALID_CREDENTIALS')
    const ofBudi = createAuthenticator().create(await options(budi))
    expect((await finish(siti, ofBudi)).code).toBe('INVALID_CREDENTIALS')
    const known = siti.authenticator.create(await options(siti))
    await finish(siti, known)
    const copied = { ...known, response: { ...known.response } }
    const challenge = (await options(budi)).challenge
    copied.response.clientDataJSON = Buffer.from(
      JSON.stringify({ type: 'webauthn.create', challenge, origin: 'http://localhost:4000' }),
    ).toString('base64url') // no attestation binds it to a challenge
    expect((await finish(budi, copied)).code).toBe('CONFLICT')
  })

  it('is a proof for a step-up, once, and of its owner alone', async () => {
    const [siti, budi] = [await holder('Siti Steps'), await holder('Budi Steps')]
    const passkey = siti.authenticator.get(await loginOptions())
    expect((await budi.ask(STEP_UP, { input: { passkey } })).code).toBe('INVALID_CREDENTIALS')
    const { accessToken } = (await siti.ask(STEP_UP, { input: { passkey } })).data.stepUp
    expect(bearerOf(accessToken)).toMatchObject({ id: siti.id, sessionId: siti.viewer.sessionId })
    expect((await siti.ask(STEP_UP, { input: { passkey } })).code).toBe('INVALID_CREDENTIALS')
  })

  it('is removed by its owner, who is told, and opens nothing any more', async () => {
    const [siti, budi] = [await holder('Siti Removes'), await holder('Budi Removes')]
    expect((await budi.ask(REMOVE, { id: siti.passkeyId })).code).toBe('NOT_FOUND')
    const { data } = await siti.ask(REMOVE, { id: siti.passkeyId })
    expect(data.removePasskey).toEqual({ passkeys: 0, recoveryCodesLeft: 0 })
    expect((await logIn(siti.authenticator.get(await loginOptions()))).code).toBe('INVALID_CREDENTIALS')
    expect((await story.login(siti.email)).code).toBeUndefined()
    const told = await story.sql(`SELECT data FROM notifications
      WHERE user_id = '${siti.id}' AND kind = 'SECOND_FACTOR_CHANGED' ORDER BY id`)
    expect(told.map((row) => row.data)).toEqual([
      { change: 'PASSKEY_ADDED', name: 'Phone' },
      { change: 'PASSKEY_REMOVED', name: 'Phone' },
    ])
  })

  it('is one of twenty at most', async () => {
    const siti = await holder('Siti Many')
    const last = createAuthenticator().create(await options(siti))
    await story.sql(`INSERT INTO passkeys (id, user_id, credential_id, public_key, sign_count, synced, name)
      SELECT gen_random_uuid(), '${siti.id}', 'many-' || n, '', 0, false, 'One' FROM generate_series(2, 20) n`)
    expect((await siti.ask(START)).code).toBe('LIMIT_EXCEEDED')
    expect((await finish(siti, last)).code).toBe('LIMIT_EXCEEDED')
  })

  it('is begun from one network so many times only, where that comes to nothing', async () => {
    const from = '192.0.2.44'
    const begin = () => story.askAs(null, 'router', from)(START_LOGIN)
    const siti = await holder('Siti Begins')
    const { publicKey } = (await begin()).data.startPasskeyLogin
    const [{ attempts }] = await story.sql('SELECT max(attempts)::int AS attempts FROM login_attempts')
    const response = siti.authenticator.get(publicKey)
    expect(
      (await story.askAs(null, 'router', from)(FINISH_LOGIN, { input: { response } })).code,
    ).toBeUndefined()
    expect(attempts).toBeGreaterThan(0)
    await begin()
    await story.sql('UPDATE login_attempts SET attempts = 299')
    await begin()
    expect(await begin()).toMatchObject({
      code: 'RATE_LIMITED',
      facts: { retryAfterSeconds: expect.any(Number) },
    })
  })
})

describe('an authenticator of which there are two', () => {
  it('is refused as soon as it has signed no more often than before', async () => {
    const siti = await holder('Siti Copied')
    expect((await logIn(siti.authenticator.get(await loginOptions(), { signCount: 7 }))).code).toBeUndefined()
    for (const signCount of [7, 3, 0])
      expect((await logIn(siti.authenticator.get(await loginOptions(), { signCount }))).code).toBe(
        'INVALID_CREDENTIALS',
      )
    expect((await logIn(siti.authenticator.get(await loginOptions(), { signCount: 8 }))).code).toBeUndefined()
  })

  it('is no such where it does not count at all', async () => {
    const siti = await holder('Siti Uncounted')
    for (let n = 0; n < 2; n += 1)
      expect(
        (await logIn(siti.authenticator.get(await loginOptions(), { signCount: 0 }))).code,
      ).toBeUndefined()
  })

  /** Two answers to challenges of their own, with one count, at once. */
  async function race(name: string): Promise<number> {
    const siti = await holder(name)
    const answers: Loose[] = []
    for (let n = 0; n < 4; n += 1)
      answers.push(siti.authenticator.get(await loginOptions(), { signCount: 5 }))
    const outcomes = await parallel(4, (n) => logIn(answers[n]))
    return outcomes.filter((outcome) => outcome.status === 'fulfilled' && outcome.value.code === undefined)
      .length
  }

  it('signs in once with one count, at once too; would each time without the condition on sign_count', async () => {
    expect(await race('Siti Twice')).toBe(1)
    const guard = ['AND (sign_count < ', 'AND (-1 < '] as const
    expect(await withMutant(story.subgraph.deps, guard, () => race('Siti Mutant'))).toBe(4)
  })

  it('is nobody: an answer that is given four times at once signs in once; would four times if its challenge were not deleted', async () => {
    async function repeat(name: string): Promise<number> {
      const siti = await holder(name)
      const answer = siti.authenticator.get(await loginOptions(), { signCount: 0 })
      const outcomes = await parallel(4, () => logIn(answer))
      return outcomes.filter((outcome) => outcome.status === 'fulfilled' && outcome.value.code === undefined)
        .length
    }
    expect(await repeat('Siti Repeats')).toBe(1)
    const mutant = ['DELETE FROM sign_in_challenges', 'UPDATE sign_in_challenges SET amr = amr'] as const
    expect(await withMutant(story.subgraph.deps, mutant, () => repeat('Siti Repeated'))).toBe(4)
  })
})

it('is given up with the account', async () => {
  const siti = await holder('Siti Erased')
  const { data } = await siti.ask(
    'mutation ($id: ID!, $password: String) { deleteUser(id: $id, input: { password: $password }) { id } }',
    { id: siti.id, password: PASSWORD },
  )
  expect(data.deleteUser.id).toBe(siti.id)
  expect(await story.sql(`SELECT id FROM passkeys WHERE user_id = '${siti.id}'`)).toEqual([])
})
