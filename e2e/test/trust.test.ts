import { gql } from '@karcis/testkit/gql'
import { TOTP } from 'otpauth'
import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import {
  PASSWORD,
  arena,
  createBooking,
  holdSeats,
  pay,
  signInAdmin,
  signUp,
  signUpOrganizer,
} from './builders.ts'
import { type Karcis, startKarcis } from './karcis.ts'

let karcis: Karcis
beforeAll(async () => {
  karcis = await startKarcis()
})
afterAll(() => karcis[Symbol.asyncDispose]())

it('answers nothing behind the router to somebody who has no service token', async () => {
  const { token } = await signUp(karcis, 'Budi')
  for (const url of Object.values(karcis.subgraphs)) {
    for (const query of [
      '{ __typename }',
      '{ _service { sdl } }',
      '{ _entities(representations: []) { __typename } }',
    ]) {
      const { status, body } = await gql(
        `${url}/graphql`,
        query,
        {},
        {
          authorization: `Bearer ${token}`,
          'x-user-id': 'someone',
          'x-karcis-service-token': token,
        },
      )
      expect([status, body.data]).toEqual([401, undefined])
    }
  }
})

it('does not believe identity headers from outside', async () => {
  const { id, token } = await signUp(karcis, 'Budi')
  const { body } = await gql(
    `${karcis.url}/graphql`,
    '{ me { id } }',
    {},
    {
      'x-user-id': id,
      'x-karcis-viewer': JSON.stringify({ id, role: 'ADMIN' }),
      'x-karcis-service-token': token,
    },
  )
  expect(body.errors?.[0]?.extensions?.code).toBe('UNAUTHENTICATED')
})

it('shows of another person no more than id, name and picture', async () => {
  const admin = await signInAdmin(karcis)
  const organizer = await signUpOrganizer(karcis, admin)
  const { eventId } = await arena(karcis, admin, organizer)
  const buyer = await signUp(karcis, 'Budi')
  const { event } = await karcis
    .run(
      `query ($id: ID!) {
      event(id: $id) { organizer { id name email phoneNumber role balance bookings { totalCount } tickets { totalCount } } }
    }`,
      { id: eventId },
      buyer.token,
    )
    .catch((error: Error) => {
      // A field may also refuse; what counts is that nothing private is in the answer.
      expect(error.message).not.toContain(organizer.email)
      return { event: { organizer: { name: 'Rara', email: null } } }
    })
  expect(event.organizer).toMatchObject({ name: 'Rara', email: null })
})

it('keeps other people out of holds, bookings, tickets and events that are not theirs', async () => {
  const admin = await signInAdmin(karcis)
  const organizer = await signUpOrganizer(karcis, admin)
  const rival = await signUpOrganizer(karcis, admin, 'Tono')
  const { eventId, vip, seat } = await arena(karcis, admin, organizer)
  const [buyer, stranger] = [await signUp(karcis, 'Budi'), await signUp(karcis, 'Mallory')]
  const { holdSeats: hold } = await holdSeats(karcis, buyer, eventId, [seat('Front', 'A', 1)])
  const refusals = ['FORBIDDEN', 'NOT_FOUND']
  const refused = async (query: string, variables: Record<string, unknown>, token: string) => {
    const { errors } = await karcis.attempt(query, variables, token)
    expect(refusals, `${query} ${JSON.stringify(errors)}`).toContain(errors?.[0]?.extensions?.code)
  }
  await refused('mutation ($id: ID!) { releaseHold(id: $id) { id } }', { id: hold.id }, stranger.token)
  await refused(
    'mutation ($id: ID!) { createBooking(input: { holdId: $id }) { id } }',
    { id: hold.id },
    stranger.token,
  )
  const { createBooking: booking } = await createBooking(karcis, buyer, { holdId: hold.id })
  await refused('query ($id: ID!) { booking(id: $id) { id } }', { id: booking.id }, stranger.token)
  await refused('mutation ($id: ID!) { cancelBooking(id: $id) { id } }', { id: booking.id }, stranger.token)
  const { confirmPayment: paid } = await pay(karcis, buyer, booking.id)
  await refused('query ($id: ID!) { ticket(id: $id) { code } }', { id: paid.tickets[0].id }, stranger.token)
  await refused(
    'mutation ($id: ID!) { updateTicketType(input: { id: $id, price: 1 }) { id } }',
    { id: vip },
    rival.token,
  )
  await refused(
    'mutation ($id: ID!) { updateEvent(input: { id: $id, title: "Mine" }) { id } }',
    { id: eventId },
    rival.token,
  )
  await refused(
    'mutation ($id: ID!) { reviewEvent(id: $id, input: { decision: APPROVED }) { id } }',
    { id: eventId },
    rival.token,
  )
  await refused('query ($id: ID!) { user(id: $id) { email } }', { id: buyer.id }, stranger.token)
})

it('shuts a session out within seconds after logout, on its open socket too', async () => {
  const admin = await signInAdmin(karcis)
  const { eventId } = await arena(karcis, admin, await signUpOrganizer(karcis, admin))
  const buyer = await signUp(karcis, 'Budi')
  await using socket = karcis.connect(buyer.token)
  socket.subscribe(
    'subscription ($id: ID!) { seatMapChanged(eventId: $id, sinceRevision: 0) { revision } }',
    { id: eventId },
  )
  await socket.subscribe('{ me { id } }').next()
  await karcis.run(
    'mutation ($token: String!) { logout(refreshToken: $token) }',
    { token: buyer.refreshToken },
    buyer.token,
  )
  expect((await socket.closed).code).toBe(4403)
  const { errors } = await karcis.attempt('{ me { id } }', {}, buyer.token)
  expect(errors?.[0]?.extensions?.code).toBe('UNAUTHENTICATED')
})

it('gives no hint of what is inside when something is wrong', async () => {
  const answers = await Promise.all([
    karcis.attempt('{ nonsense }'),
    karcis.attempt('{'),
    karcis.attempt('{ seatMap(eventId: 7.5) { revision } }'),
    karcis.attempt('mutation { login(input: { email: "a@b.c", password: "wrong" }) { accessToken } }'),
    karcis.attempt('mutation ($input: CreateUserInput!) { createUser(input: $input) { accessToken } }', {
      input: { email: 'no address', password: PASSWORD, name: '' },
    }),
  ])
  for (const { errors } of answers) {
    const text = JSON.stringify(errors)
    expect(text).not.toMatch(/serviceName|stacktrace|prisma|SELECT|127\.0\.0\.1|subgraph/i)
  }
  expect(answers.at(-1)?.errors?.[0]?.extensions).toMatchObject({
    code: 'BAD_USER_INPUT',
    fields: [{ path: 'input.email' }, { path: 'input.name' }],
  })
})

it('asks for a second factor at a sign-in, and for a proof of just now where it is dear', async () => {
  await using stack = new AsyncDisposableStack()
  const users = stack.adopt(new pg.Pool({ connectionString: karcis.databases.user, max: 1 }), (pool) =>
    pool.end(),
  )
  const codeOf = (secret: string) => new TOTP({ secret }).generate()
  const organizer = await signUpOrganizer(karcis, await signInAdmin(karcis), 'Sari')
  const { enableTotp } = await karcis.run('mutation { enableTotp { secret uri } }', {}, organizer.token)
  const { confirmTotp } = await karcis.run(
    'mutation ($code: String!) { confirmTotp(code: $code) { recoveryCodes accessToken } }',
    { code: codeOf(enableTotp.secret) },
    organizer.token,
  )
  expect(confirmTotp.recoveryCodes).toHaveLength(10)
  await users.query('UPDATE totp_factors SET last_step = last_step - 10') // as if a minute had gone by

  const { errors } = await karcis.attempt(
    'mutation ($email: String!, $password: String!) { login(input: { email: $email, password: $password }) { expiresIn } }',
    { email: organizer.email, password: PASSWORD },
  )
  const { code, challenge, methods } = errors?.[0]?.extensions ?? {}
  expect({ code, methods }).toEqual({ code: 'SECOND_FACTOR_REQUIRED', methods: ['TOTP', 'RECOVERY_CODE'] })
  const { verifySecondFactor } = await karcis.run(
    'mutation ($input: VerifySecondFactorInput!) { verifySecondFactor(input: $input) { accessToken refreshToken } }',
    { input: { challenge, code: codeOf(enableTotp.secret) } },
  )
  const askForMoney = async (token: string) => {
    const bankAccount = { bankName: 'Bank Nusantara', accountHolder: 'Sari', accountNumber: '123-456 789' }
    const { errors } = await karcis.attempt(
      'mutation ($input: RequestPayoutInput!) { requestPayout(input: $input) { id } }',
      { input: { currency: 'IDR', bankAccount } },
      token,
    )
    return errors?.[0]?.extensions?.code
  }
  expect(await askForMoney(verifySecondFactor.accessToken)).toBe('INSUFFICIENT_BALANCE')

  await users.query("UPDATE sessions SET authenticated_at = authenticated_at - interval '11 minutes'")
  const { refreshToken } = await karcis.run(
    'mutation ($token: String!) { refreshToken(refreshToken: $token) { accessToken } }',
    { token: verifySecondFactor.refreshToken },
  )
  expect(await askForMoney(refreshToken.accessToken)).toBe('STEP_UP_REQUIRED')
  const stepUp = 'mutation ($input: StepUpInput!) { stepUp(input: $input) { accessToken } }'
  const byPassword = await karcis.attempt(stepUp, { input: { password: PASSWORD } }, refreshToken.accessToken)
  expect(byPassword.errors?.[0]?.extensions?.code).toBe('SECOND_FACTOR_REQUIRED')
  const input = { code: confirmTotp.recoveryCodes[0] }
  const stepped = await karcis.run(stepUp, { input }, refreshToken.accessToken)
  expect(await askForMoney(stepped.stepUp.accessToken)).toBe('INSUFFICIENT_BALANCE')
})
