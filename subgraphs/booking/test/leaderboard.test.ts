import { newId } from '@karcis/kit/ids'
import { tell } from '@karcis/testkit/ask'
import { createTestDatabase } from '@karcis/testkit/database'
import { eventually } from '@karcis/testkit/eventually'
import { person } from '@karcis/testkit/people'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { refundInFull } from '../src/domain/refunds/refund-in-full.ts'
import { foldSales } from '../src/domain/sales/fold-sales.ts'
import { type BookingProcess, startBooking } from './booking-process.ts'
import { pendingBooking } from './money.ts'
import { PAY } from './operations.ts'
import { toldOf } from './world.ts'

let booking: BookingProcess
let other: BookingProcess
const stack = new AsyncDisposableStack()

beforeAll(async () => {
  const database = stack.use(await createTestDatabase('booking'))
  booking = stack.use(await startBooking({}, database))
  other = stack.use(await startBooking({}, database))
})

afterAll(() => stack.disposeAsync())

beforeEach(() => booking.subgraph.deps.redis.flushall())

const QUERY = 'query ($first: Int!) { leaderboard(first: $first) { rank tickets event { id } } }'

const read = async ({ ask }: BookingProcess, first = 10) =>
  (await ask(null, QUERY, { first })).data.leaderboard

/** An event that is on sale, and everybody may see. */
async function anEvent(told: object = {}, version = 1, eventId = newId()): Promise<string> {
  const event = { eventId, organizer: person({ role: 'ORGANIZER' }) }
  const payload = { ...toldOf(event, 'IDR'), version, ...told }
  await tell(booking.subgraph, 'event', { type: 'event.changed', aggregateId: eventId, payload })
  return eventId
}

async function sell(eventId: string, tickets: number): Promise<string> {
  const buyer = await booking.buyer()
  let last = ''
  for (let at = 0; at < tickets; at += 1) {
    const { id } = await pendingBooking(booking.db, buyer.id, 100, { eventId })
    await booking.ask(buyer, PAY, { id })
    last = id
  }
  return last
}

const place = (rank: number, id: string, tickets: number) => ({ rank, tickets, event: { id } })

it('has the events with most tickets sold, of those that everybody may see and that are not over', async () => {
  const [first, second, third] = [await anEvent(), await anEvent(), await anEvent()]
  await sell(first, 3)
  await sell(second, 2)
  await foldSales(booking.subgraph.deps)
  await sell(second, 2) // not in the sums yet
  await sell(third, 1)
  await sell(await anEvent({ status: 'PENDING' }), 4)
  await sell(newId(), 4) // of an event that nobody has told of
  const ended = await anEvent()
  await sell(ended, 4)
  await anEvent({ endsAt: new Date(Date.now() - 1_000).toISOString() }, 2, ended)
  const board = [place(1, second, 4), place(2, first, 3), place(3, third, 1)]
  expect(await read(booking)).toEqual(board)
  expect(await read(other)).toEqual(board)
  expect(await read(booking, 2)).toEqual(board.slice(0, 2))
  for (const wrong of [0, 101, -1])
    expect((await booking.ask(null, QUERY, { first: wrong })).code).toBe('BAD_USER_INPUT')

  // What is hidden is not shown any more, however fresh the board is.
  await anEvent({ status: 'CANCELLED' }, 2, second)
  expect(await read(booking)).toEqual([place(1, first, 3), place(2, third, 1)])
  await anEvent({ status: 'APPROVED' }, 3, second)
})

it('is the same again when Redis has lost everything, also for two processes at once', async () => {
  const before = await read(booking)
  expect(before.length).toBeGreaterThan(0)
  for (let times = 0; times < 5; times += 1) {
    await booking.subgraph.deps.redis.flushall()
    const boards = await Promise.all([booking, other, booking, other].map((process) => read(process)))
    expect(boards).toEqual([before, before, before, before])
  }
})

it('is never wrong for long, and answers without Redis', async () => {
  const top = await anEvent()
  const last = await sell(top, 9)
  const { redis } = booking.subgraph.deps
  await redis.zadd('booking:leaderboard', '1000', newId(), '1', top) // wrong, and without an end
  await redis.expire('booking:leaderboard', 1)
  await eventually(async () => expect((await read(booking))[0]).toEqual(place(1, top, 9)))
  expect(await redis.ttl('booking:leaderboard')).toBeLessThanOrEqual(10)
  expect(await redis.ttl('booking:leaderboard')).toBeGreaterThan(0)

  await refundInFull(booking.subgraph.deps, last, 'test', { fulfilled: false })
  await redis.del('booking:leaderboard')
  expect((await read(booking))[0]).toEqual(place(1, top, 8))

  redis.disconnect()
  expect((await read(booking))[0]).toEqual(place(1, top, 8))
  await redis.connect()
})

it('is there, and empty, while nothing is sold', async () => {
  await using fresh = await startBooking()
  expect(await read(fresh)).toEqual([])
  expect(await fresh.subgraph.deps.redis.zcard('booking:leaderboard')).toBe(1)
  expect(await read(fresh)).toEqual([])
})
