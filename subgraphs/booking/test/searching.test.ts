import { newId } from '@karcis/kit/ids'
import { person } from '@karcis/testkit/people'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type BookingProcess, startBooking } from './booking-process.ts'
import { pendingBooking } from './money.ts'
import { CANCEL, PAY } from './operations.ts'

let booking: BookingProcess

beforeAll(async () => {
  booking = await startBooking()
})

afterAll(() => booking[Symbol.asyncDispose]())

const QUERY = `query ($filter: BookingFilter, $orderBy: BookingOrder, $first: Int, $after: String, $last: Int) {
  bookings(filter: $filter, orderBy: $orderBy, first: $first, after: $after, last: $last) {
    totalCount pageInfo { endCursor hasNextPage } edges { node { id } } } }`

const admin = person({ role: 'ADMIN' })

const search = async (variables: object) => {
  const { data, errors } = await booking.ask(admin, QUERY, { ...variables })
  expect(errors).toEqual([])
  const { edges, ...list } = data.bookings
  return { ...list, ids: edges.map(({ node }: { node: { id: string } }) => node.id) }
}

it('every booking is found by what it is, in either order', async () => {
  const [eventId, elsewhere] = [newId(), newId()]
  const buyer = await booking.buyer()
  const stranger = await booking.buyer()
  const make = async (viewer = buyer, of = eventId, currency = 'IDR') =>
    (await pendingBooking(booking.db, viewer.id, 1_000, { eventId: of, currency })).id
  const pending = await make()
  const paid = await make()
  await booking.ask(buyer, PAY, { id: paid })
  const cancelled = await make()
  await booking.ask(buyer, CANCEL, { id: cancelled })
  const overdue = await make()
  await booking.db.$executeRaw`UPDATE bookings SET expires_at = clock_timestamp() WHERE id = ${overdue}::uuid`
  const others = await make(stranger)
  const far = await make(stranger, elsewhere, 'USD')
  const all = [far, others, overdue, cancelled, paid, pending]

  expect(await search({})).toMatchObject({ ids: all, totalCount: 6 })
  expect((await search({ orderBy: 'CREATED_AT_ASC' })).ids).toEqual(all.toReversed())
  const page = await search({ first: 4 })
  expect(page).toMatchObject({ ids: all.slice(0, 4), pageInfo: { hasNextPage: true } })
  expect((await search({ after: page.pageInfo.endCursor })).ids).toEqual(all.slice(4))
  expect((await search({ last: 1 })).ids).toEqual([pending])

  const found: [object, string[]][] = [
    [{ status: 'PENDING' }, [far, others, pending]],
    [{ status: 'EXPIRED' }, [overdue]],
    [{ status: 'CANCELLED' }, [cancelled]],
    [{ status: 'PAID', eventId }, [paid]],
    [{ eventId: elsewhere.toUpperCase() }, [far]],
    [{ userId: stranger.id }, [far, others]],
    [{ userId: stranger.id, eventId }, [others]],
    [{ currency: 'usd' }, [far]],
    [{ eventId: newId() }, []],
  ]
  for (const [filter, ids] of found)
    expect(await search({ filter })).toMatchObject({ ids, totalCount: ids.length })
})

it('bookings are found by when they were made, also those that were begun long before', async () => {
  const eventId = newId()
  const { userId, id } = await pendingBooking(booking.db, newId(), 1_000, { eventId })
  const made = async (hours: number) => {
    await booking.db
      .$executeRaw`UPDATE bookings SET created_at = now() + make_interval(hours => ${hours}::int) WHERE id = ${id}::uuid`
    const [row] = await booking.db.$queryRaw<
      { at: Date }[]
    >`SELECT created_at AS at FROM bookings WHERE id = ${id}::uuid`
    return row?.at ?? new Date(0)
  }
  for (const hours of [0, 23]) {
    const at = await made(hours)
    const beside = (ms: number) => new Date(at.getTime() + ms).toISOString()
    const find = async (filter: object) => (await search({ filter: { eventId, userId, ...filter } })).ids
    expect(await find({ from: at, to: beside(1) })).toEqual([id])
    expect(await find({ from: beside(1) })).toEqual([])
    expect(await find({ to: at })).toEqual([])
    expect(await find({ from: beside(-1_000), to: beside(1_000) })).toEqual([id])
  }
})

it('nobody but an admin searches, and for nothing that makes no sense', async () => {
  const asked = async (viewer: typeof admin | null, variables: object = {}) =>
    (await booking.ask(viewer, QUERY, { ...variables })).code
  expect(await asked(null)).toBe('UNAUTHENTICATED')
  for (const role of ['CUSTOMER', 'ORGANIZER'] as const)
    expect(await asked(person({ role }))).toBe('FORBIDDEN')
  const now = new Date().toISOString()
  for (const filter of [
    { eventId: 'nonsense' },
    { userId: '' },
    { currency: 'rupiah' },
    { from: now, to: now },
  ])
    expect(await asked(admin, { filter })).toBe('BAD_USER_INPUT')
  const oldest = (await booking.ask(admin, QUERY, { orderBy: 'CREATED_AT_ASC', first: 1 })).data.bookings
  expect(await asked(admin, { after: oldest.pageInfo.endCursor })).toBe('BAD_USER_INPUT')
  expect(await asked(admin, { first: 101 })).toBe('BAD_USER_INPUT')
})
