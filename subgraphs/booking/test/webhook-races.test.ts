import { transaction } from '@karcis/kit/database'
import { newId } from '@karcis/kit/ids'
import { createTestDatabase } from '@karcis/testkit/database'
import { eventually } from '@karcis/testkit/eventually'
import { withMutant } from '@karcis/testkit/mutants'
import { parallel } from '@karcis/testkit/parallel'
import { person } from '@karcis/testkit/people'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { moveToDelivered, takeDue, updateTried } from '../src/domain/webhooks/delivery-store.ts'
import { type BookingProcess, startBooking } from './booking-process.ts'
import { pendingBooking } from './money.ts'
import { dropTriggers, pileUp } from './mutants.ts'
import { CANCEL, PAY } from './operations.ts'
import { CREATE_ENDPOINT, logOf, makeDue, makeEndpoint, PING } from './webhook-operations.ts'
import { startReceiver, take } from './webhook-receiver.ts'

let booking: BookingProcess

beforeAll(async () => {
  booking = await startBooking()
})

afterAll(() => booking[Symbol.asyncDispose]())

const organizer = () => person({ role: 'ORGANIZER' })

/** Cancels so many bookings of an organizer: each is something to tell. */
async function cancelMany({ db, ask }: BookingProcess, organizerId: string, count: number): Promise<void> {
  const admin = person({ role: 'ADMIN' })
  await parallel(count, async () => {
    const { id } = await pendingBooking(db, newId(), 0, { organizerId })
    await ask(admin, CANCEL, { id })
  })
}

const NOTHING = { byEndpoint: new Map<string, number>(), room: 100, roomForFailing: 100 }

describe('two processes', () => {
  it('send everything, each thing once while neither dies; and what a dead one took, the other sends', async () => {
    await using database = await createTestDatabase('booking')
    await using one = await startBooking({}, database)
    await using two = await startBooking({}, database)
    await using receiver = await startReceiver()
    const viewer = organizer()
    const { id } = await makeEndpoint(one, viewer, { url: receiver.url })
    await cancelMany(one, viewer.id, 30)
    await cancelMany(two, viewer.id, 30)
    await receiver.until(60)
    await eventually(async () =>
      expect(await one.db.webhookDelivery.count({ where: { status: 'DELIVERED' } })).toBe(60),
    )
    expect(receiver.received).toHaveLength(60)
    expect(new Set(receiver.received.map((received) => received.id)).size).toBe(60)

    // Taken by a process that is killed before it can send, or before it can write down that it has.
    await one.db
      .$executeRaw`UPDATE webhook_endpoints SET enabled = false, disabled_reason = 'BY_HAND', disabled_at = now()`
    await cancelMany(one, viewer.id, 3)
    const taken = await transaction(one.db, async (tx) => {
      await tx.$executeRaw`UPDATE webhook_endpoints SET enabled = true, disabled_reason = NULL, disabled_at = NULL`
      return takeDue(tx, NOTHING)
    })
    expect(taken).toHaveLength(3)
    expect(await transaction(two.db, (tx) => takeDue(tx, NOTHING))).toEqual([]) // while its lease lasts
    await makeDue(two)
    await receiver.until(63)
    await eventually(async () =>
      expect(await one.db.webhookDelivery.count({ where: { status: 'DELIVERED' } })).toBe(63),
    )
    const log = await logOf(one, viewer, id, 'DELIVERED')
    expect(log.filter(({ attempts }) => attempts === 2)).toHaveLength(3)
  })

  it('that are closed give back what is under way, as if it had not been tried', async () => {
    await using database = await createTestDatabase('booking')
    await using one = await startBooking({}, database)
    await using receiver = await startReceiver()
    receiver.behave(() => undefined)
    const viewer = organizer()
    {
      await using two = await startBooking({}, database)
      const { id } = await makeEndpoint(two, viewer, { url: receiver.url })
      await two.ask(viewer, PING, { id })
      await receiver.until(1)
    }
    await one[Symbol.asyncDispose]()
    receiver.behave(take) // before anybody sends again, which the next process does while it still starts
    await using three = await startBooking({}, database)
    await eventually(async () => {
      const [delivery] = await three.db.webhookDelivery.findMany()
      expect(delivery).toMatchObject({ status: 'DELIVERED', attempts: 1 })
    })
  })

  it('guard "attempts =": an attempt that comes to its end late does not undo what a later one has come to', async () => {
    const viewer = organizer()
    const endpoint = await makeEndpoint(booking, viewer, { url: 'https://hooks.example.com/' })
    const off = booking.db.$executeRaw`UPDATE webhook_endpoints
      SET enabled = false, disabled_reason = 'BY_HAND', disabled_at = now() WHERE id = ${endpoint.id}::uuid`
    await off
    await cancelMany(booking, viewer.id, 1)
    const [{ id } = { id: '' }] = await logOf(booking, viewer, endpoint.id)
    const failed = { status: 500, body: '', error: null, retryAfterSeconds: null, durationMs: 1 }
    const look = async () => (await logOf(booking, viewer, endpoint.id))[0]
    const attempt = (n: number) => booking.db.$executeRaw`UPDATE webhook_deliveries
      SET attempts = ${n}::int, next_try_at = now() + interval '1 minute' WHERE id = ${id}::uuid`
    const late = () =>
      transaction(booking.subgraph.deps.db, (tx) => updateTried(tx, { id, attempt: 1 }, failed, 7_200))

    await attempt(2) // under way, somewhere else
    const before = await look()
    await late()
    expect(await look()).toEqual(before)
    await withMutant(booking.subgraph.deps, [' AND attempts = ', ' AND 0 < '], late)
    expect((await look()).responseStatus).toBe(500)

    // Yet that it was taken is true whoever says so.
    const done = { ...failed, status: 200 }
    await transaction(booking.db, (tx) => moveToDelivered(tx, id, done))
    await late()
    expect((await look()).status).toBe('DELIVERED')
  })
})

describe('what happens to one booking', () => {
  /** Fails the first that comes, then takes all: what came after it? */
  async function order(run: <T>(sent: () => Promise<T>) => Promise<T>): Promise<string[]> {
    await using receiver = await startReceiver()
    const viewer = organizer()
    receiver.behave((_, response) => response.writeHead(receiver.received.length === 1 ? 500 : 204).end())
    await makeEndpoint(booking, viewer, { url: receiver.url })
    const buyer = await booking.buyer()
    return await run(async () => {
      const { id } = await pendingBooking(booking.db, buyer.id, 700, { organizerId: viewer.id })
      await booking.ask(buyer, PAY, { id })
      await receiver.until(1)
      await transaction(
        booking.db,
        (tx) => tx.$queryRaw`SELECT tell_webhooks(
        ${viewer.id}::uuid, 'booking.refunded', ${id}::uuid, '{}')::text`,
      )
      await eventually(() => expect(receiver.received.length).toBeGreaterThan(1))
      await makeDue(booking)
      await receiver.until(3)
      return receiver.received.map(({ type }) => type)
    })
  }

  it('goes in its order: what was not taken is sent again before what came after it', async () => {
    expect(await order((sent) => sent())).toEqual(['booking.paid', 'booking.paid', 'booking.refunded'])
  })

  it('guard "earlier.seq < one.seq": without it what came after overtakes', async () => {
    const types = await order((sent) =>
      withMutant(booking.subgraph.deps, [' AND earlier.seq < one.seq', ' AND false'], sent),
    )
    expect(types).toEqual(['booking.paid', 'booking.refunded', 'booking.paid'])
  })
})

describe('a slow endpoint', () => {
  it('has few requests under way, whatever it is owed, and delays nobody else', async () => {
    await using slow = await startReceiver()
    await using quick = await startReceiver()
    let most = 0
    let open = 0
    slow.behave((_, response) => {
      most = Math.max(most, (open += 1))
      setTimeout(() => {
        open -= 1
        response.writeHead(204).end()
      }, 700)
    })
    const [theirs, mine] = [organizer(), organizer()]
    await makeEndpoint(booking, theirs, { url: slow.url })
    await makeEndpoint(booking, mine, { url: quick.url })
    await cancelMany(booking, theirs.id, 40)
    await slow.until(1)
    await cancelMany(booking, mine.id, 5)
    await quick.until(5)
    expect(slow.received.length).toBeLessThan(40)
    await slow.until(12)
    expect(most).toBe(4)
  })

  it('that fails has one under way at a time', async () => {
    await using broken = await startReceiver()
    const viewer = organizer()
    broken.behave((_, response) => setTimeout(() => response.writeHead(500).end(), 300))
    const { id } = await makeEndpoint(booking, viewer, { url: broken.url })
    await booking.ask(viewer, PING, { id })
    await broken.until(1)
    await eventually(async () => expect((await logOf(booking, viewer, id))[0].responseStatus).toBe(500))
    let most = 0
    let open = 0
    broken.behave((_, response) => {
      most = Math.max(most, (open += 1))
      setTimeout(() => {
        open -= 1
        response.writeHead(500).end()
      }, 300)
    })
    await cancelMany(booking, viewer.id, 6)
    await broken.until(5)
    expect(most).toBe(1)
  })
})

describe('guard webhook_endpoints_one_per_slot', () => {
  const input = { url: 'https://example.com/', events: ['booking.paid'] }
  async function race({ db, ask }: BookingProcess): Promise<number> {
    const viewer = organizer()
    const all = () => Promise.all(Array.from({ length: 16 }, () => ask(viewer, CREATE_ENDPOINT, { input })))
    const answers = await pileUp(db, 'webhook_endpoints', 6, all)
    const refused = answers.filter(({ code }) => code !== undefined)
    for (const { code } of refused) expect(code).toBe('LIMIT_EXCEEDED')
    return answers.length - refused.length
  }

  it('gives an organizer ten endpoints, however many they ask for at once; without it more', async () => {
    expect(await race(booking)).toBe(10)
    await using other = await startBooking()
    await other.db.$executeRaw`DROP INDEX webhook_endpoints_one_per_slot`
    expect(await race(other)).toBeGreaterThan(10)
  })
})

describe('guard bookings_tell_webhooks', () => {
  it('tells in the transaction in which it happens: what is rolled back is not told, and without it nothing is', async () => {
    await using other = await startBooking()
    const viewer = organizer()
    const { id } = await makeEndpoint(other, viewer, { url: 'https://hooks.example.com/' })
    const { id: bookingId } = await pendingBooking(other.db, newId(), 0, { organizerId: viewer.id })
    const rolledBack = transaction(other.db, async (tx) => {
      await tx.$executeRaw`UPDATE bookings SET status = 'CANCELLED' WHERE id = ${bookingId}::uuid`
      throw new Error('crash')
    })
    await expect(rolledBack).rejects.toThrow('crash')
    expect(await logOf(other, viewer, id)).toEqual([])
    await other.db.$executeRaw`UPDATE bookings SET status = 'CANCELLED' WHERE id = ${bookingId}::uuid`
    expect(await logOf(other, viewer, id)).toHaveLength(1)

    await dropTriggers(other.db, 'bookings.bookings_tell_webhooks')
    await cancelMany(other, viewer.id, 1)
    expect(await logOf(other, viewer, id)).toHaveLength(1)
  })
})
