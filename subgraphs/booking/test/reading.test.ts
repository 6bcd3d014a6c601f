import { newId } from '@karcis/kit/ids'
import { SERVICE_TOKEN_HEADER, type Viewer } from '@karcis/kit/service-token'
import { person } from '@karcis/testkit/people'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expireBooking } from '../src/domain/fulfilment/release-booking.ts'
import { type BookingProcess, startBooking } from './booking-process.ts'
import { countQueries } from './count-queries.ts'
import { pendingBooking } from './money.ts'
import { CANCEL, PAY, READ, REFUND, WALLET } from './operations.ts'

let booking: BookingProcess

beforeAll(async () => {
  booking = await startBooking()
})

afterAll(() => booking[Symbol.asyncDispose]())

describe('who may see a booking', () => {
  it('its buyer, the organizer and admins; nobody else', async () => {
    const [buyer, organizer] = [person(), person({ role: 'ORGANIZER' })]
    const { id } = await pendingBooking(booking.db, buyer.id, 75_000, { organizerId: organizer.id })
    const read = (viewer: Viewer | null) => booking.ask(viewer, READ, { id })

    const { data } = await read(buyer)
    expect(data.booking).toMatchObject({
      id,
      status: 'PENDING',
      subtotal: 75_000,
      discount: 0,
      totalPrice: 75_000,
      currency: 'IDR',
      user: { id: buyer.id },
      items: [{ name: 'Regular', seat: null, unitPrice: 75_000, quantity: 1 }],
      tickets: [],
      payment: null,
    })
    for (const viewer of [organizer, person({ role: 'ADMIN' })])
      expect((await read(viewer)).data.booking.id).toBe(id)
    for (const viewer of [person(), person({ role: 'ORGANIZER' })])
      expect((await read(viewer)).code).toBe('FORBIDDEN')
    expect((await read(null)).code).toBe('UNAUTHENTICATED')
    expect((await booking.ask(buyer, READ, { id: newId() })).data).toEqual({ booking: null })
    const wrong = await booking.ask(buyer, READ, { id: 'nonsense' })
    expect(wrong.errors[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', fields: [{ path: 'id' }] })
  })

  it('as an entity: those same people; for others there is none', async () => {
    const buyer = person()
    const { id } = await pendingBooking(booking.db, buyer.id, 1_000)
    const query =
      'query ($refs: [_Any!]!) { _entities(representations: $refs) { ... on Booking { id status } } }'
    const refs = [id, id.toUpperCase(), newId(), 'nonsense'].map((ref) => ({
      __typename: 'Booking',
      id: ref,
    }))
    const found = { id, status: 'PENDING' }
    const nothing = [null, null, null, null]
    expect((await booking.ask(buyer, query, { refs })).data._entities).toEqual([found, found, null, null])
    expect((await booking.ask(person(), query, { refs })).data._entities).toEqual(nothing)
    expect((await booking.ask(null, query, { refs })).data._entities).toEqual(nothing)
  })

  it('nobody without a service token, whatever is asked', async () => {
    for (const query of ['{ __typename }', '{ _service { sdl } }']) {
      const response = await fetch(`${booking.subgraph.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', [SERVICE_TOKEN_HEADER]: 'forged' },
        body: JSON.stringify({ query }),
      })
      expect(response.status).toBe(401)
    }
  })
})

describe('fifty bookings asked for by reference', () => {
  it('cost one query for each kind of thing', async () => {
    const buyer = person()
    const ids = await Promise.all(
      Array.from({ length: 50 }, async () => (await pendingBooking(booking.db, buyer.id, 1_000)).id),
    )
    const query = `query ($refs: [_Any!]!) { _entities(representations: $refs) { ... on Booking {
      id items { name } tickets { id } payment { id } event { id } user { id } } } }`
    const refs = ids.map((id) => ({ __typename: 'Booking', id }))
    const { queries, result } = await countQueries(booking, () => booking.ask(buyer, query, { refs }))
    expect(result.data._entities.map((entity: { id: string }) => entity.id)).toEqual(ids)
    expect(queries).toBe(5) // the bookings, their items, tickets, payments and events
  })

  it('and fifty wallets one, seen by an admin', async () => {
    const users = Array.from({ length: 50 }, () => person())
    for (const user of users) await booking.signUp(user)
    const query =
      'query ($refs: [_Any!]!) { _entities(representations: $refs) { ... on User { balance balanceCurrency } } }'
    const refs = users.map(({ id }) => ({ __typename: 'User', id }))
    const { queries, result } = await countQueries(booking, () =>
      booking.ask(person({ role: 'ADMIN' }), query, { refs }),
    )
    expect(result.data._entities).toEqual(users.map(() => ({ balance: 1_000_000, balanceCurrency: 'IDR' })))
    expect(queries).toBe(1)
  })
})

describe('lists', () => {
  it('go through my bookings newest first, forth and back', async () => {
    const buyer = person()
    const ids: string[] = []
    for (let n = 0; n < 5; n += 1) ids.unshift((await pendingBooking(booking.db, buyer.id, 1_000)).id)
    const page = async (args: string, viewer = buyer) => {
      const answer = await booking.ask(
        viewer,
        `{ myBookings(${args}) { totalCount edges { node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`,
      )
      return {
        ...answer,
        list: answer.data.myBookings,
        ids: answer.data.myBookings?.edges.map((edge: { node: { id: string } }) => edge.node.id),
      }
    }
    const first = await page('first: 2')
    expect(first.ids).toEqual(ids.slice(0, 2))
    expect(first.list).toMatchObject({
      totalCount: 5,
      pageInfo: { hasNextPage: true, hasPreviousPage: false },
    })
    const second = await page(`first: 3, after: "${first.list.pageInfo.endCursor}"`)
    expect(second.ids).toEqual(ids.slice(2))
    expect(second.list.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true })
    const back = await page(`last: 1, before: "${second.list.pageInfo.startCursor}"`)
    expect(back.ids).toEqual(ids.slice(1, 2))
    expect((await page('first: 2', person())).list).toMatchObject({ totalCount: 0, edges: [] })
    for (const wrong of [
      'first: 0',
      'first: 101',
      'first: 1, last: 1',
      'after: "x"',
      `after: "${btoa('["x"]')}"`,
    ]) {
      expect((await page(wrong)).code).toBe('BAD_USER_INPUT')
    }
  })

  it("show a user's bookings to that user and to admins", async () => {
    const buyer = await booking.buyer()
    const { id } = await pendingBooking(booking.db, buyer.id, 1_000)
    const byUser =
      'query ($id: ID!) { bookingsByUser(userId: $id, status: PENDING) { edges { node { id } } } }'
    const refs = [{ __typename: 'User', id: buyer.id }]
    for (const viewer of [buyer, person({ role: 'ADMIN' })]) {
      expect((await booking.ask(viewer, byUser, { id: buyer.id })).data.bookingsByUser.edges).toEqual([
        { node: { id } },
      ])
      expect((await booking.ask(viewer, WALLET, { refs })).data._entities[0].bookings.totalCount).toBe(1)
    }
    expect((await booking.ask(person(), byUser, { id: buyer.id })).code).toBe('FORBIDDEN')
    const shouted = [{ __typename: 'User', id: buyer.id.toUpperCase() }]
    const own = (await booking.ask(buyer, WALLET, { refs: shouted })).data._entities[0]
    expect(own).toMatchObject({ balance: 1_000_000, bookings: { totalCount: 1 } })
    const { data } = await booking.ask(person(), WALLET, { refs })
    expect(data._entities).toEqual([{ id: buyer.id, balance: null, balanceCurrency: null, bookings: null }])
  })

  it('tell what moved the wallet', async () => {
    const buyer = await booking.buyer()
    const { id } = await pendingBooking(booking.db, buyer.id, 1_000)
    const query = '{ walletEntries { totalCount edges { node { kind amount currency booking { id } } } } }'
    const entries = async () => (await booking.ask(buyer, query)).data.walletEntries
    const grant = { node: { kind: 'GRANT', amount: 1_000_000, currency: 'IDR', booking: null } }
    expect(await entries()).toEqual({ totalCount: 1, edges: [grant] })
    await booking.ask(buyer, PAY, { id })
    const payment = { node: { kind: 'PAYMENT', amount: -1_000, currency: 'IDR', booking: { id } } }
    expect(await entries()).toEqual({ totalCount: 2, edges: [payment, grant] })
    const { data } = await booking.ask(buyer, '{ walletEntries(first: 1) { pageInfo { endCursor } } }')
    const { endCursor } = data.walletEntries.pageInfo
    const next = await booking.ask(
      buyer,
      `{ walletEntries(after: "${endCursor}") { edges { node { kind } } } }`,
    )
    expect(next.data.walletEntries.edges).toEqual([{ node: { kind: 'GRANT' } }])
    const strange = await booking.ask(buyer, `{ myBookings(after: "${endCursor}") { totalCount } }`)
    expect(strange.code).toBe('BAD_USER_INPUT')
  })
})

describe('changing a booking', () => {
  it('is refused to strangers, and to states that do not allow it', async () => {
    const buyer = await booking.buyer()
    const { id } = await pendingBooking(booking.db, buyer.id, 1_000)
    const code = async (viewer: Viewer | null, query: string, variables = {}) =>
      (await booking.ask(viewer, query, { id, ...variables })).code
    expect(await code(null, CANCEL)).toBe('UNAUTHENTICATED')
    expect(await code(person(), CANCEL)).toBe('FORBIDDEN')
    expect(await code(buyer, CANCEL, { id: newId() })).toBe('NOT_FOUND')
    expect(await code(buyer, REFUND, { reason: 'please' })).toBe('FORBIDDEN')
    expect(await code(person({ role: 'ADMIN' }), REFUND, { reason: 'not paid' })).toBe('REFUND_NOT_ALLOWED')
    expect(await code(person({ role: 'ADMIN' }), REFUND, { reason: ' ' })).toBe('BAD_USER_INPUT')
    await booking.ask(buyer, PAY, { id })
    expect(await code(buyer, CANCEL)).toBe('REFUND_NOT_ALLOWED')
    // The ticket subgraph is away, its tickets are not issued: a refund would race with them.
    expect(await code(person({ role: 'ADMIN' }), REFUND, { reason: 'too early' })).toBe('SERVICE_UNAVAILABLE')
  })

  it('cancelling twice is cancelling once; an expired one has nothing to cancel', async () => {
    const buyer = person()
    const [one, other] = [
      await pendingBooking(booking.db, buyer.id, 1_000),
      await pendingBooking(booking.db, buyer.id, 1_000),
    ]
    for (let n = 0; n < 2; n += 1) {
      expect((await booking.ask(buyer, CANCEL, { id: one.id })).data.cancelBooking.status).toBe('CANCELLED')
    }
    await booking.db.$executeRaw`UPDATE bookings SET expires_at = now() WHERE id = ${other.id}::uuid`
    expect((await booking.ask(buyer, CANCEL, { id: other.id })).code).toBe('CONFLICT')
  })
})

describe('bookingChanged', () => {
  const CHANGED = 'subscription ($id: ID!) { bookingChanged(id: $id) { id status } }'

  it('tells how it is, and each change after that', async () => {
    const buyer = person()
    const { id } = await pendingBooking(booking.db, buyer.id, 1_000)
    const next = await booking.watch(buyer, CHANGED, { id })
    expect((await next()).data).toEqual({ bookingChanged: { id, status: 'PENDING' } })
    await booking.ask(buyer, CANCEL, { id })
    expect((await next()).data).toEqual({ bookingChanged: { id, status: 'CANCELLED' } })
  })

  it('is for the buyer and admins', async () => {
    const { id } = await pendingBooking(booking.db, newId(), 1_000)
    const firstOf = async (viewer: Viewer | null, of = id) =>
      (await booking.watch(viewer, CHANGED, { id: of }))()
    expect((await firstOf(person())).code).toBe('FORBIDDEN')
    expect((await firstOf(null)).code).toBe('UNAUTHENTICATED')
    expect((await firstOf(person({ role: 'ADMIN' }), newId())).code).toBe('NOT_FOUND')
    expect((await firstOf(person({ role: 'ADMIN' }))).data).toEqual({
      bookingChanged: { id, status: 'PENDING' },
    })
  })

  it('tells of an expiry that Redis has lost', async () => {
    await using quiet = await startBooking({ LIVE_POLL_MS: 100 })
    const buyer = person()
    const { id } = await pendingBooking(quiet.db, buyer.id, 1_000)
    const next = await quiet.watch(buyer, CHANGED, { id })
    await next()
    quiet.subgraph.deps.live.publish = () => undefined // the bus loses the change
    await quiet.db.$executeRaw`UPDATE bookings SET expires_at = now() WHERE id = ${id}::uuid`
    await expireBooking(quiet.subgraph.deps, id)
    expect((await next()).data).toEqual({ bookingChanged: { id, status: 'EXPIRED' } })
  })
})
