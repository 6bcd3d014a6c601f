import { networkOf } from '@karcis/kit/network'
import type { Answer } from '@karcis/testkit/ask'
import { parallel } from '@karcis/testkit/parallel'
import { describe, expect, it } from 'vitest'
import { type From, PASSWORD, type Story, startStory } from './stories.ts'

const HOME = { address: '192.0.2.1' }
const ELSEWHERE = { address: '192.0.2.66' }

/** Tries so many wrong passwords, one after the other. @returns the last answer. */
async function guess(story: Story, email: string, times: number, from: From = ELSEWHERE): Promise<Answer> {
  let last: Answer | undefined
  for (let n = 0; n < times; n += 1) last = await story.login(email, `guess number ${n}`, from)
  if (!last) throw new Error('nothing was tried')
  return last
}

/** Lets the wait be over that somebody was told of. */
const waitOver = (story: Story) =>
  story.sql(
    "UPDATE login_attempts SET blocked_until = now() - interval '1 second' WHERE blocked_until IS NOT NULL",
  )

describe('line 18: a guesser at one place', () => {
  it('has ten tries, then waits longer and longer, and is told how long', async () => {
    await using story = await startStory()
    const { email } = await story.signUp('Siti')
    expect((await guess(story, email, 10)).code).toBe('INVALID_CREDENTIALS')
    const waits: number[] = []
    for (let round = 0; round < 9; round += 1) {
      const { code, facts } = await guess(story, email, 1)
      expect(code).toBe('RATE_LIMITED')
      waits.push(facts.retryAfterSeconds)
      await waitOver(story)
      expect((await guess(story, email, 1)).code).toBe('INVALID_CREDENTIALS')
    }
    expect(waits).toEqual([30, 60, 120, 240, 480, 960, 1920, 3600, 3600])
  })

  it('is refused the right password too while waiting, and begins anew once it was right', async () => {
    await using story = await startStory()
    const { email } = await story.signUp('Siti')
    for (let round = 0; round < 2; round += 1) {
      await guess(story, email, 9)
      expect((await story.login(email, PASSWORD, ELSEWHERE)).code).toBeUndefined()
    }
    await guess(story, email, 10)
    expect((await story.login(email, PASSWORD, ELSEWHERE)).code).toBe('RATE_LIMITED')
    await waitOver(story)
    expect((await story.login(email, PASSWORD, ELSEWHERE)).code).toBeUndefined()
  })

  it('begins anew after a day without a try', async () => {
    await using story = await startStory()
    const { email } = await story.signUp('Siti')
    await guess(story, email, 10)
    await story.sql("UPDATE login_attempts SET window_ends_at = now() - interval '1 second'")
    expect((await guess(story, email, 9)).code).toBe('INVALID_CREDENTIALS')
    expect((await story.login(email, PASSWORD, ELSEWHERE)).code).toBeUndefined()
  })

  it('is slowed down just the same at an address that nobody has, of which no trace is left', async () => {
    await using story = await startStory()
    expect((await guess(story, 'nobody@karcis.test', 11)).code).toBe('RATE_LIMITED')
    const [row] = await story.sql(`SELECT count(*) FILTER (WHERE whole ~ 'nobody|192')::int AS traces
      FROM (SELECT to_jsonb(a)::text AS whole FROM login_attempts a) t`)
    expect(row.traces).toBe(0)
  })
})

describe('line 18: the owner of an account under attack', () => {
  it('signs in from a device that signed in before, wherever it is and wherever the guesser is', async () => {
    await using story = await startStory()
    const { email, deviceToken } = await story.signUp('Siti')
    await guess(story, email, 12)
    expect((await story.login(email, PASSWORD, ELSEWHERE)).code).toBe('RATE_LIMITED')
    const back = await story.comeBack(email, PASSWORD, { ...ELSEWHERE, deviceToken })
    expect(back.deviceToken).toBe(deviceToken)
    expect((await story.refresh(back.refreshToken)).code).toBeUndefined()
  })

  it('signs in from an address that they signed in from before, and from any new one', async () => {
    await using story = await startStory()
    const { email } = await story.signUp('Siti')
    await story.comeBack(email, PASSWORD, HOME)
    await guess(story, email, 12)
    expect((await story.login(email, PASSWORD, HOME)).code).toBeUndefined()
    expect((await story.login(email, PASSWORD, { address: '192.0.2.99' })).code).toBeUndefined()
  })

  it('signs in from where they have been while a hundred addresses guess, which slow each other down', async () => {
    await using story = await startStory()
    const { email, deviceToken } = await story.signUp('Siti')
    await story.comeBack(email, PASSWORD, HOME)
    for (let n = 0; n < 100; n += 1) await guess(story, email, 1, { address: `198.51.100.${n}` })
    const next = await guess(story, email, 1, { address: '203.0.113.5' })
    expect(next).toMatchObject({ code: 'RATE_LIMITED', facts: { retryAfterSeconds: 10 } })
    expect((await story.login(email, PASSWORD, HOME)).code).toBeUndefined()
    expect((await story.login(email, PASSWORD, { ...ELSEWHERE, deviceToken })).code).toBeUndefined()
  })

  it('is not held up by what is counted for others: one address that works off many accounts is', async () => {
    await using story = await startStory()
    const { email } = await story.signUp('Siti')
    await story.comeBack(email, PASSWORD, ELSEWHERE)
    const budi = await story.signUp('Budi')
    for (let n = 0; n < 100; n += 1) await guess(story, `person.${n}@karcis.test`, 1)
    expect(await guess(story, budi.email, 1)).toMatchObject({ code: 'RATE_LIMITED' })
    expect((await story.login(budi.email, PASSWORD, HOME)).code).toBeUndefined()
    expect((await story.login(email, PASSWORD, ELSEWHERE)).code).toBeUndefined() // was here before
  })

  it("gains nothing by a device token of another's, one that was made up, or a stolen one", async () => {
    await using story = await startStory()
    const [{ email, deviceToken }, budi] = [await story.signUp('Siti'), await story.signUp('Budi')]
    await guess(story, email, 10)
    const [device] = deviceToken.split('.')
    for (const token of [
      budi.deviceToken,
      'made up',
      `${device}.AAAA`,
      `${device}x.${deviceToken.split('.')[1]}`,
    ]) {
      const from = { ...ELSEWHERE, deviceToken: token }
      expect((await story.login(email, PASSWORD, from)).code).toBe('RATE_LIMITED')
    }
    const stolen = { ...ELSEWHERE, deviceToken }
    expect((await guess(story, email, 10, stolen)).code).toBe('INVALID_CREDENTIALS')
    expect((await guess(story, email, 1, stolen)).code).toBe('RATE_LIMITED')
    expect((await story.login(email, PASSWORD, HOME)).code).toBeUndefined()
  })

  it('is not locked out by whoever has stolen a session and guesses for the password there', async () => {
    await using story = await startStory()
    const siti = await story.signUp('Siti')
    const change = (currentPassword: string) =>
      siti.ask('mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { id } }', {
        input: { currentPassword, newPassword: 'something new' },
      })
    for (let n = 0; n < 10; n += 1) expect((await change(`guess ${n}`)).code).toBe('INVALID_CREDENTIALS')
    expect((await change(PASSWORD)).code).toBe('RATE_LIMITED')
    const erase = `mutation ($id: ID!) { deleteUser(id: $id, input: { password: "a guess" }) { id } }`
    expect((await siti.ask(erase, { id: siti.id })).code).toBe('RATE_LIMITED')
    expect((await story.login(siti.email)).code).toBeUndefined()
  })

  it('is known by a network, not by one of the many addresses of it', () => {
    expect(networkOf('2001:db8:1:2:3:4:5:6')).toBe('2001:db8:1:2::/64')
    expect(networkOf('2001:0DB8:1:2::1')).toBe('2001:db8:1:2::/64')
    expect(networkOf('2001:db8::1')).toBe('2001:db8:0:0::/64')
    expect(networkOf('::1')).toBe('0:0:0:0::/64')
    expect(networkOf('fe80::1%eth0')).toBe('fe80:0:0:0::/64')
    expect(networkOf('::ffff:192.0.2.1')).toBe('192.0.2.1')
    expect(networkOf('192.0.2.1')).toBe('192.0.2.1')
    expect(networkOf('a host')).toBeNull()
    expect(networkOf(undefined)).toBeNull()
  })
})

describe('line 18: a request', () => {
  const LOGIN = 'login(input: { email: $email, password: "a guess" }) { expiresIn }'
  const SIGN_UP = (n: number) =>
    `createUser(input: { email: "p${n}@karcis.test", password: "${PASSWORD}", name: "P" }) { expiresIn }`

  it('uses one password, by however many names it asks for it', async () => {
    await using story = await startStory()
    const { email } = await story.signUp('Siti')
    const aliases = Array.from({ length: 99 }, (_, n) => `a${n}: ${LOGIN}`).join(' ')
    const { errors } = await story.anybody(`mutation ($email: String!) { ${aliases} }`, { email })
    const codes = errors.map(({ extensions }) => extensions?.code)
    expect(codes[0]).toBe('INVALID_CREDENTIALS')
    expect(new Set(codes.slice(1))).toEqual(new Set(['RATE_LIMITED']))
    expect(errors[1]?.extensions?.retryAfterSeconds).toBe(1)
    expect((await story.login(email)).code).toBeUndefined() // one try was counted
  })

  it.each([
    ['createUser', `a: ${SIGN_UP(1)} b: ${SIGN_UP(2)}`],
    ['changePassword', 'a: changePassword(input: $change) { id } b: changePassword(input: $change) { id }'],
    ['updateUser', 'a: updateUser(input: $update) { id } b: updateUser(input: $update) { id }'],
    [
      'deleteUser',
      'a: deleteUser(id: $id, input: $erase) { id } b: deleteUser(id: $id, input: $erase) { id }',
    ],
    ['one after another kind', `a: ${SIGN_UP(1)} b: changePassword(input: $change) { id }`],
  ])('counts all that checks or hashes one: %s', async (_, fields) => {
    await using story = await startStory()
    const { id, ask } = await story.signUp('Siti')
    const { errors } = await ask(
      `mutation ($id: ID!, $change: ChangePasswordInput!, $update: UpdateUserInput!, $erase: DeleteUserInput) {
        ${fields} x: updateUser(input: $update) { id } y: changePassword(input: $change) { id }
        z: deleteUser(id: $id, input: $erase) { id } }`,
      {
        id,
        change: { currentPassword: 'a guess', newPassword: 'something new' },
        update: { id, password: 'something new', currentPassword: 'a guess' },
        erase: { password: 'a guess' },
      },
    )
    const limited = errors.filter(({ extensions }) => extensions?.code === 'RATE_LIMITED')
    expect(limited.map(({ path }) => path?.[0])).toEqual(['b', 'x', 'y', 'z'])
  })

  it('that changes nothing about passwords uses none', async () => {
    await using story = await startStory()
    const { id, ask } = await story.signUp('Siti')
    const { errors } = await ask(
      'mutation ($a: UpdateUserInput!, $b: UpdateUserInput!) { a: updateUser(input: $a) { id } b: updateUser(input: $b) { id } }',
      { a: { id, name: 'Siti R.' }, b: { id, name: 'Siti Rahma' } },
    )
    expect(errors).toEqual([])
  })
})

describe('line 18: a flood of sign-ins from one address', () => {
  it('leaves everybody else their turn, and everything but passwords untouched', async () => {
    await using story = await startStory({ BCRYPT_COST: '9' })
    const siti = await story.signUp('Siti')
    let answered = 0
    const flood = parallel(160, async (n) => {
      const answer = await story.login(`person.${n}@karcis.test`, 'a guess', ELSEWHERE)
      answered += 1
      return answer
    })
    await story.login('first@karcis.test', 'a guess', { address: '203.0.113.9' }) // the flood is under way
    await siti.ask('{ me { id } }')
    expect((await story.login(siti.email, PASSWORD, HOME)).code).toBeUndefined()
    expect(answered).toBeLessThan(160) // who came after the flood was served before its end
    const outcomes = await flood
    const codes = outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value.code : 'FAILED'))
    expect(new Set(codes)).toEqual(new Set(['INVALID_CREDENTIALS', 'RATE_LIMITED']))
  })

  it('takes back the try of whoever has no turn', async () => {
    await using story = await startStory()
    const siti = await story.signUp('Siti')
    await story.subgraph.deps.passwords.close() // nobody has a turn from now on
    for (let n = 0; n < 12; n += 1) {
      expect((await story.login(siti.email, PASSWORD, ELSEWHERE)).code).toBe('SERVICE_UNAVAILABLE')
    }
  })
})

describe('line 18: sign-ups from one address', () => {
  it('that fail because somebody has the account are limited, those that succeed are not', async () => {
    await using story = await startStory()
    const { email } = await story.signUp('Siti')
    const signUp = (address: string, of: string) =>
      story.askAs(
        null,
        'router',
        address,
      )('mutation ($input: CreateUserInput!) { createUser(input: $input) { expiresIn } }', {
        input: { email: of, password: PASSWORD, name: 'Somebody else' },
      })
    for (let n = 0; n < 300; n += 1) expect((await signUp(ELSEWHERE.address, email)).code).toBe('EMAIL_TAKEN')
    expect((await signUp(ELSEWHERE.address, email)).code).toBe('RATE_LIMITED')
    for (let n = 0; n < 12; n += 1)
      expect((await signUp(HOME.address, `new.${n}@karcis.test`)).code).toBeUndefined()
  })
})
