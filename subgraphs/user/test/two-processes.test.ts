import { newId } from '@karcis/kit/ids'
import type { Answer } from '@karcis/testkit/ask'
import { eventually } from '@karcis/testkit/eventually'
import { parallel } from '@karcis/testkit/parallel'
import { SERVICE_SECRET } from '@karcis/testkit/people'
import { startProcess, type TestProcess } from '@karcis/testkit/process'
import { testRedisUrl } from '@karcis/testkit/redis'
import { TOTP } from 'otpauth'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PASSWORD, type Person, type Story, startStory } from './stories.ts'

const NEW_PASSWORD = 'another one altogether'

let story: Story
let process: TestProcess
/** Starts another process of the user subgraph, on the database of the first. */
const another = () =>
  startProcess('subgraphs/user/src/main.ts', {
    NODE_ENV: 'test',
    LOG_LEVEL: 'silent',
    SERVICE_SECRET,
    DATABASE_URL: story.databaseUrl,
    REDIS_URL: testRedisUrl(),
    KEY_ENCRYPTION_SECRET: story.settings.KEY_ENCRYPTION_SECRET,
    PASSWORD_PEPPER: story.settings.PASSWORD_PEPPER,
    BCRYPT_COST: '4',
    EVENT_URL: story.neighbours.url,
    TICKET_URL: story.neighbours.url,
    BOOKING_URL: story.neighbours.url,
  })
beforeAll(async () => {
  story = await startStory()
  process = await another()
  await process.ready()
})
afterAll(async () => {
  await process[Symbol.asyncDispose]()
  await story[Symbol.asyncDispose]()
})

/** Asks six times at once, in turn of one process and of the other. @returns how many succeed, and what the others are refused with. */
async function race(
  operation: string,
  variables: (n: number) => Record<string, unknown>,
  viewer: Person['viewer'] | null = null,
) {
  const urls = [story.subgraph.url, process.url]
  const outcomes = await parallel(6, (n) =>
    story.askAs(viewer, 'router', undefined, {}, urls[n % 2])(operation, variables(n)),
  )
  const codes = outcomes.map((one: PromiseSettledResult<Answer>) =>
    one.status === 'fulfilled' ? one.value.code : 'FAILED',
  )
  const refused = codes.filter((code) => code !== undefined)
  return { won: codes.length - refused.length, refused: [...new Set(refused)] }
}

describe('a link that is used at once in two processes', () => {
  const once = { won: 1, refused: ['TOKEN_REUSED'] }
  const counts = async ({ email }: Person, kind: string) =>
    (await story.told(email)).filter((told) => told === kind).length

  it('verifies an address once, and ticket is told once', async () => {
    const siti = await story.signUp()
    const token = await story.mailed(siti.email, 'VERIFY_EMAIL')
    expect(
      await race('mutation ($token: String!) { verifyEmail(token: $token) { id } }', () => ({ token })),
    ).toEqual(once)
    await eventually(() =>
      expect(story.neighbours.received.filter(({ type }) => type === 'user.email-verified')).toHaveLength(1),
    )
  })

  it('gives one new password, of which the person is told once', async () => {
    const siti = await story.signUp()
    await story.anybody('mutation ($email: String!) { requestPasswordReset(email: $email) }', {
      email: siti.email,
    })
    const token = await story.mailed(siti.email, 'RESET_PASSWORD')
    const RESET = 'mutation ($input: ResetPasswordInput!) { resetPassword(input: $input) { id } }'
    expect(await race(RESET, (n) => ({ input: { token, password: `${NEW_PASSWORD} ${n}` } }))).toEqual(once)
    expect(await counts(siti, 'PASSWORD_CHANGED')).toBe(1)
  })

  it('signs in once', async () => {
    const siti = await story.signUp()
    await story.anybody('mutation ($email: String!) { requestMagicLink(email: $email) }', {
      email: siti.email,
    })
    const token = await story.mailed(siti.email, 'SIGN_IN_LINK')
    const SIGN_IN = 'mutation ($token: String!) { loginWithMagicLink(token: $token) { expiresIn } }'
    expect(await race(SIGN_IN, () => ({ token }))).toEqual(once)
    const [live] = await story.sql(
      `SELECT count(*)::int AS live FROM sessions WHERE user_id = '${siti.id}' AND revoked_at IS NULL`,
    )
    expect(live.live).toBe(1)
  })

  it('claims what a guest bought once, by one password', async () => {
    const guest = await story.guest(`${newId()}@karcis.test`)
    await story.paid(guest)
    const token = await story.mailed(guest.email, 'CLAIM_PURCHASE')
    const CLAIM = 'mutation ($input: ClaimAccountInput!) { claimAccount(input: $input) { expiresIn } }'
    expect(await race(CLAIM, (n) => ({ input: { token, password: `${PASSWORD} ${n}` } }))).toEqual(once)
  })
})

describe('a second factor that is shown at once in two processes', () => {
  const VERIFY =
    'mutation ($input: VerifySecondFactorInput!) { verifySecondFactor(input: $input) { expiresIn } }'
  const once = { won: 1, refused: ['INVALID_CREDENTIALS'] }

  /** Somebody with an app, at the second step of as many sign-ins as there are going to be tries. */
  async function atSecondStep() {
    const siti = await story.signUp()
    const { secret } = (await siti.ask('mutation { enableTotp { secret } }')).data.enableTotp
    const code = () => new TOTP({ secret }).generate()
    const CONFIRM = 'mutation ($code: String!) { confirmTotp(code: $code) { recoveryCodes accessToken } }'
    const { recoveryCodes, accessToken } = (await siti.ask(CONFIRM, { code: code() })).data.confirmTotp
    // As if the code of now had not been used yet.
    await story.sql(`UPDATE totp_factors SET last_step = last_step - 10 WHERE user_id = '${siti.id}'`)
    const challenges: string[] = []
    for (let n = 0; n < 6; n += 1) challenges.push((await story.login(siti.email)).facts.challenge)
    return { siti: story.person({ ...siti, accessToken }), code, recoveryCodes, challenges }
  }

  it('lets in once by a code of an app, and by a recovery code', async () => {
    const { code, recoveryCodes, challenges } = await atSecondStep()
    const now = code()
    expect(await race(VERIFY, (n) => ({ input: { challenge: challenges[n], code: now } }))).toEqual(once)
    const { siti, challenges: others, recoveryCodes: codes } = await atSecondStep()
    expect(recoveryCodes).not.toEqual(codes)
    expect(await race(VERIFY, (n) => ({ input: { challenge: others[n], code: codes[0] } }))).toEqual(once)
    const [left] = await story.sql(
      `SELECT count(*)::int AS left FROM recovery_codes WHERE user_id = '${siti.id}'`,
    )
    expect(left.left).toBe(9)
  })

  it('lets in once by one challenge, whatever code comes with it', async () => {
    const { challenges, recoveryCodes } = await atSecondStep()
    const outcome = await race(VERIFY, (n) => ({
      input: { challenge: challenges[0], code: recoveryCodes[n] },
    }))
    expect(outcome).toEqual({ won: 1, refused: ['UNAUTHENTICATED'] })
  })

  it('steps up once by a code', async () => {
    const { siti, recoveryCodes } = await atSecondStep()
    const STEP_UP = 'mutation ($input: StepUpInput!) { stepUp(input: $input) { expiresIn } }'
    expect(await race(STEP_UP, () => ({ input: { code: recoveryCodes[3] } }), siti.viewer)).toEqual(once)
  })
})

describe('an announcement whose process is killed', () => {
  it('reaches each of two thousand people once', async () => {
    const mark = newId()
    await story.sql(`INSERT INTO users (id, email, name, password_hash)
      SELECT uuidv7(), 'crowd.' || n || '@karcis.test', 'Crowd', NULL FROM generate_series(1, 2000) n`)
    await using doomed = await another()
    await doomed.ready()
    await story.sql(`INSERT INTO announcements (id, kind, cause, audience, event_id, user_ids, data)
      SELECT '${newId()}', 'SYSTEM_REFUNDS_HANGING', '${mark}', 'USERS', NULL,
        (SELECT array_agg(id) FROM users WHERE name = 'Crowd'), '{"day":"2026-11-26","count":1}'`)
    const told = async () =>
      (
        await story.sql(`SELECT count(*)::int AS told, count(DISTINCT user_id)::int AS people FROM notifications
        WHERE cause = '${mark}'`)
      )[0]
    await eventually(async () => expect((await told()).told).toBeGreaterThan(0))
    doomed.signal('SIGKILL')
    process.signal('SIGKILL') // whichever of them had it
    await Promise.all([doomed.ended, process.ended])
    // What a process has died with is another's after a minute.
    await eventually(async () => {
      await story.sql(
        `UPDATE announcements SET not_before = now() WHERE cause = '${mark}' AND done_at IS NULL`,
      )
      expect(await told()).toEqual({ told: 2000, people: 2000 })
    })
  })
})
