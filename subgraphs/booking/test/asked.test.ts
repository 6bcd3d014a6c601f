import { transaction } from '@karcis/kit/database'
import { newId } from '@karcis/kit/ids'
import { person } from '@karcis/testkit/people'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { insertPaymentUnderWay } from '../src/domain/payments/payment-store.ts'
import { topUpBill } from '../src/domain/payments/subject.ts'
import { type BookingProcess, startBooking } from './booking-process.ts'
import { countQueries } from './count-queries.ts'
import { pendingBooking } from './money.ts'
import { CANCEL, PAY, READ } from './operations.ts'

let booking: BookingProcess

beforeAll(async () => {
  booking = await startBooking()
})

afterAll(() => booking[Symbol.asyncDispose]())

describe('line 12: ids in upper case', () => {
  it('are the same ids, in every operation', async () => {
    const buyer = await booking.buyer()
    const { id } = await pendingBooking(booking.db, buyer.id, 1_000)
    const shouted = id.toUpperCase()
    expect((await booking.ask(buyer, READ, { id: shouted })).data.booking.id).toBe(id)
    const next = await booking.watch(buyer, 'subscription ($id: ID!) { bookingChanged(id: $id) { id } }', {
      id: shouted,
    })
    expect((await next()).data.bookingChanged.id).toBe(id)
    const byUser = 'query ($id: ID!) { bookingsByUser(userId: $id) { totalCount } }'
    expect(
      (await booking.ask(buyer, byUser, { id: buyer.id.toUpperCase() })).data.bookingsByUser.totalCount,
    ).toBe(1)
    expect((await booking.ask(buyer, PAY, { id: shouted, key: 'shout' })).data.confirmPayment.status).toBe(
      'PAID',
    )
    expect((await booking.ask(buyer, PAY, { id, key: 'shout' })).data.confirmPayment.status).toBe('PAID')
  })

  it('and what is no id is refused, or names nothing', async () => {
    const buyer = person()
    for (const wrong of ['', 'x', `${newId()} `, `${newId()}\0`]) {
      for (const query of [READ, PAY, CANCEL])
        expect((await booking.ask(buyer, query, { id: wrong })).code, wrong).toBe('BAD_USER_INPUT')
      const byUser = 'query ($id: ID!) { bookingsByUser(userId: $id) { totalCount } }'
      expect((await booking.ask(buyer, byUser, { id: wrong })).code).toBe('BAD_USER_INPUT')
    }
    const refs = ['', 'x'].map((id) => ({ __typename: 'User', id }))
    const query =
      'query ($refs: [_Any!]!) { _entities(representations: $refs) { ... on User { id balance } } }'
    expect((await booking.ask(buyer, query, { refs })).data._entities).toEqual([null, null])
  })
})

describe('lines 12 and 13: texts', () => {
  const REFUND_WITH =
    'mutation ($id: ID!, $reason: String!) { refundBooking(id: $id, reason: $reason) { id } }'
  const CREATE_WITH = `mutation ($key: String) {
    createBooking(input: { holdId: "${newId()}", idempotencyKey: $key }) { id } }`

  it.for(['', ' ', 'a\0b', '\u200b', '\ud800', 'x'.repeat(256), 'two\nlines'])(
    'an idempotency key of %j is refused by its field',
    async (key) => {
      const buyer = person()
      const { id } = await pendingBooking(booking.db, buyer.id, 1_000)
      for (const [query, variables] of [
        [PAY, { id, key }],
        [CREATE_WITH, { key }],
      ] as const) {
        const { errors } = await booking.ask(buyer, query, variables)
        expect(errors[0]?.extensions).toMatchObject({
          code: 'BAD_USER_INPUT',
          fields: [{ path: expect.stringContaining('ey'), message: expect.stringMatching(/^must /) }],
        })
      }
    },
  )

  it.for(['', ' ', '\u200b\u200b', 'a\0b', 'x'.repeat(501)])(
    'a reason of %j is refused by its field',
    async (reason) => {
      const { errors } = await booking.ask(person({ role: 'ADMIN' }), REFUND_WITH, { id: newId(), reason })
      expect(errors[0]?.extensions).toMatchObject({
        code: 'BAD_USER_INPUT',
        fields: [{ path: 'reason', message: expect.stringMatching(/^must /) }],
      })
    },
  )

  it('what is null or missing is told in plain words', async () => {
    const messages = async (input: string) => {
      const { errors } = await booking.ask(person(), `mutation { createBooking(input: ${input}) { id } }`)
      return errors[0]?.extensions?.fields
    }
    const type = newId()
    expect(await messages('{}')).toEqual([
      { path: 'input.holdId', message: 'is needed, or ticketTypeId with quantity, or items' },
    ])
    expect(await messages(`{ ticketTypeId: "${type}", quantity: null }`)).toEqual([
      { path: 'input.quantity', message: 'is needed with ticketTypeId' },
    ])
    expect(await messages(`{ ticketTypeId: "${type}", quantity: 11 }`)).toEqual([
      { path: 'input.quantity', message: 'must be from 1 to 10' },
    ])
  })
})

describe('line 21: what is lost with an account', () => {
  const LOSS =
    'query ($id: ID!) { walletsForErasure(userId: $id) { balances { currency balance } pendingBookings pendingTopUps pendingRefunds moneyOwed { currency balance } } }'

  it('is what is in its wallets or on its way there, and bookings that can still be paid; for the user subgraph only', async () => {
    const buyer = await booking.buyer()
    await pendingBooking(booking.db, buyer.id, 1_000)
    await pendingBooking(booking.db, buyer.id, 1_000, { payableUntil: new Date() })
    const loss = async (id: string) => (await booking.askAs('user', LOSS, { id })).data.walletsForErasure
    expect(await loss(buyer.id.toUpperCase())).toEqual({
      balances: [{ currency: 'IDR', balance: 1_000_000 }],
      pendingBookings: 1,
      pendingTopUps: 0,
      pendingRefunds: 0,
      moneyOwed: [],
    })
    const bill = topUpBill({
      userId: buyer.id,
      amount: 50_000,
      currency: 'IDR',
      expiresAt: new Date(Date.now() + 600_000),
    })
    await transaction(booking.db, (tx) => insertPaymentUnderWay(tx, bill, 'MIDTRANS'))
    expect(await loss(buyer.id)).toMatchObject({ pendingTopUps: 1 })
    expect(await loss(newId())).toEqual({
      balances: [],
      pendingBookings: 0,
      pendingTopUps: 0,
      pendingRefunds: 0,
      moneyOwed: [],
    })
    expect((await booking.ask(buyer, LOSS, { id: buyer.id })).code).toBe('FORBIDDEN')
  })
})

describe('line 4: chargeableCurrencies', () => {
  it('are those of the wallet; for the ticket subgraph only', async () => {
    const query = '{ chargeableCurrencies }'
    expect((await booking.askAs('ticket', query)).data).toEqual({ chargeableCurrencies: ['IDR'] })
    expect((await booking.ask(person({ role: 'ADMIN' }), query)).code).toBe('FORBIDDEN')
  })
})

describe('line 22: a request of a hundred changes', () => {
  it('makes ten of them, and is told to come again with the others', async () => {
    const buyer = await booking.buyer()
    const ids = await Promise.all(
      Array.from({ length: 12 }, async () => (await pendingBooking(booking.db, buyer.id, 1_000)).id),
    )
    const aliases = ids.map((id, n) => `a${n}: cancelBooking(id: "${id}") { status }`)
    const { data, errors } = await booking.ask(buyer, `mutation { ${aliases.join(' ')} }`)
    expect(Object.values(data).filter(Boolean)).toHaveLength(10)
    expect(errors.map(({ extensions }) => extensions)).toEqual([
      { code: 'RATE_LIMITED', limit: 10, retryAfterSeconds: 1 },
      { code: 'RATE_LIMITED', limit: 10, retryAfterSeconds: 1 },
    ])
  })
})

describe('line 15: lists under lists', () => {
  it('of many people cost one query each for pages and for sizes, whoever has none among them', async () => {
    const people = Array.from({ length: 30 }, () => person())
    for (const [at, { id }] of people.entries()) {
      for (let n = 0; n < at % 3; n += 1) await pendingBooking(booking.db, id, 1_000)
    }
    const query = `query ($refs: [_Any!]!) { _entities(representations: $refs) { ... on User {
      bookings(first: 1, status: PENDING) { totalCount edges { node { id items { name } } } pageInfo { hasNextPage } } } } }`
    const refs = people.map(({ id }) => ({ __typename: 'User', id }))
    const admin = person({ role: 'ADMIN' })
    const { queries, result } = await countQueries(booking, () => booking.ask(admin, query, { refs }))
    for (const [at, { bookings }] of result.data._entities.entries()) {
      expect(bookings).toMatchObject({ totalCount: at % 3, pageInfo: { hasNextPage: at % 3 === 2 } })
      expect(bookings.edges).toHaveLength(Math.min(at % 3, 1))
    }
    expect(queries).toBe(3) // pages, sizes, items
  })

  it('and so do a hundred aliases of one booking, or of one list', async () => {
    const buyer = person()
    const { id } = await pendingBooking(booking.db, buyer.id, 1_000)
    const aliases = Array.from(
      { length: 50 },
      (_, n) => `b${n}: booking(id: "${id}") { id } l${n}: myBookings { totalCount }`,
    )
    const { queries, result } = await countQueries(booking, () =>
      booking.ask(buyer, `{ ${aliases.join(' ')} }`),
    )
    expect(result.errors).toEqual([])
    expect(queries).toBe(3) // the booking, the page, its size
  })
})
