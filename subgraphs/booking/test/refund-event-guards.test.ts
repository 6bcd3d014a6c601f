import { type Edit, importMutant, mutantPath } from '@karcis/testkit/code-mutants'
import { eventually } from '@karcis/testkit/eventually'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Deps } from '../src/domain/deps.ts'
import { refundEvent, sweepEventRefunds } from '../src/domain/refunds/refund-event.ts'
import { refundTogether } from '../src/domain/refunds/refund-together.ts'
import { audit } from './money.ts'
import { PAY } from './operations.ts'
import { boughtAt, knownEvent, PRICE } from './refund-stories.ts'
import { startWorld, type World } from './world.ts'

// Each story is told with the guard it names, and without it.

let world: World
beforeAll(async () => {
  world = await startWorld()
})
afterAll(() => world[Symbol.asyncDispose]())

const domain = (file: string): URL => new URL(`../src/domain/${file}`, import.meta.url)
const REFUND_EVENT = domain('refunds/refund-event.ts')

type RefundEvent = typeof refundEvent
const mutantOf = async (...edits: Edit[]): Promise<RefundEvent> =>
  (await importMutant<{ refundEvent: RefundEvent }>(REFUND_EVENT, edits)).refundEvent

const alone = (): Deps => ({ ...world.subgraph.deps, eventRefundsDue: new Set() })

/** That all bookings of an event are to be refunded, said so many minutes ago; none of our jobs knows of it. */
const beginRefunds = (eventId: string, minutesAgo: number) =>
  world.db.$executeRaw`INSERT INTO event_refunds (event_id, reason, created_at)
    VALUES (${eventId}::uuid, 'Rain.', now() - make_interval(mins => ${minutesAgo}::int))`

const statusOf = async (id: string) => (await world.db.booking.findUniqueOrThrow({ where: { id } })).status

const progressOf = (eventId: string) => world.db.eventRefund.findUniqueOrThrow({ where: { eventId } })

describe('a payment that was under way when its event was called off', () => {
  /** It had looked at the event before, and comes to its end after the first pass has found nothing. @returns the status of its booking after another pass. */
  async function lateAfter(refund: RefundEvent): Promise<string> {
    const event = await knownEvent(world)
    const { eventId } = event
    const type = await world.ticketType(event, { price: PRICE, quota: 10, name: 'Regular' })
    const buyer = await world.buyer()
    const id = await world.book(buyer, { ticketTypeId: type, quantity: 1 })
    await beginRefunds(eventId, 0)
    await refund(alone(), eventId)
    await world.ask(buyer, PAY, { id })
    await eventually(async () => expect(await statusOf(id)).toBe('PAID'))
    await world.db
      .$executeRaw`UPDATE event_refunds SET created_at = now() - interval '1 hour' WHERE event_id = ${eventId}::uuid`
    await refund(alone(), eventId)
    return statusOf(id)
  }

  it('is refunded: no pass is the last before all such payments have come to their end', async () => {
    expect(await lateAfter(refundEvent)).toBe('REFUNDED')
  })

  it('would stay PAID for ever if the first pass that finds nothing were the last', async () => {
    const mutant = await mutantOf(['refund.lastId === null && refund.settled', 'refund.lastId === null'])
    expect(await lateAfter(mutant)).toBe('PAID')
  })
})

describe('a booking whose tickets were being issued as its turn came', () => {
  /** A pass went by it, and ends after it. @returns what the event's refunds are then. */
  async function passedBy(refund: RefundEvent) {
    const event = await knownEvent(world)
    const { bookingId } = await boughtAt(world, event, 1)
    await beginRefunds(event.eventId, 60)
    await world.db
      .$executeRaw`UPDATE event_refunds SET last_id = ${bookingId}::uuid WHERE event_id = ${event.eventId}::uuid`
    await refund(alone(), event.eventId)
    const { status } = await progressOf(event.eventId)
    await refund(alone(), event.eventId)
    return { status, booking: await statusOf(bookingId) }
  }

  it('is refunded by the next pass: one that began in the middle is never the last', async () => {
    expect(await passedBy(refundEvent)).toEqual({ status: 'RUNNING', booking: 'REFUNDED' })
  })

  it('would stay PAID if the end of any pass were the end', async () => {
    const mutant = await mutantOf(['&& refund.lastId === null', ''])
    expect(await passedBy(mutant)).toEqual({ status: 'DONE', booking: 'PAID' })
  })
})

describe('a piece that is refunded twice', () => {
  /** @returns how many refunds were written the second time. */
  async function twice(refund: typeof refundTogether): Promise<number> {
    const event = await knownEvent(world)
    const ids = [(await boughtAt(world, event, 1)).bookingId, (await boughtAt(world, event, 2)).bookingId]
    expect((await refundTogether(world.subgraph.deps, ids, 'Rain.')).size).toBe(2)
    await refund(world.subgraph.deps, ids, 'Rain.')
    expect(await audit(world.db)).toEqual([])
    return (await world.db.bookingRefund.count({ where: { bookingId: { in: ids } } })) - ids.length
  }

  it('does nothing the second time, by the condition of the UPDATE', async () => {
    expect(await twice(refundTogether)).toBe(0)
  })

  it('would tell everybody once more that their money goes back, and of nothing, without it: what is left is reckoned under the lock', async () => {
    const store = mutantPath(domain('bookings/booking-store.ts'), [
      [
        `AND status IN ('PAID', 'PARTIALLY_REFUNDED') AND fulfilled\n      AND \${NOTHING_OPEN}\n    RETURNING`,
        'RETURNING',
      ],
    ])
    const { refundTogether: mutant } = await importMutant<{ refundTogether: typeof refundTogether }>(
      domain('refunds/refund-together.ts'),
      [["from '../bookings/booking-store.ts'", `from '${store}'`]],
    )
    expect(await twice(mutant)).toBe(2)
  })
})

describe('an event whose job is lost', () => {
  const job = (eventId: string) =>
    world.db
      .$queryRaw`SELECT true AS waits FROM graphile_worker._private_jobs WHERE key = ${`refund-event:${eventId}`}`

  it('is gone on with by the sweep alone, once it was quiet for long enough', async () => {
    const event = await knownEvent(world)
    const { bookingId } = await boughtAt(world, event, 1)
    await beginRefunds(event.eventId, 1)
    await sweepEventRefunds(world.subgraph.deps)
    expect([await job(event.eventId), await statusOf(bookingId)]).toEqual([[], 'PAID'])
    await world.db
      .$executeRaw`UPDATE event_refunds SET updated_at = now() - interval '2 minutes' WHERE event_id = ${event.eventId}::uuid`
    await sweepEventRefunds(world.subgraph.deps)
    await eventually(async () => expect(await statusOf(bookingId)).toBe('REFUNDED'))
  })
})

describe('events that are called off together', () => {
  /** The job of the second one comes while that of the first is between two pieces. @returns how many pieces were under way at once at the most. */
  async function most(refund: RefundEvent): Promise<number> {
    const events = [await knownEvent(world), await knownEvent(world)].map(({ eventId }) => eventId)
    for (const eventId of events) await beginRefunds(eventId, 0)
    let now = 0
    let atOnce = 0
    /** A piece of the other one has begun too, or its job is over. */
    const othersCame = Promise.withResolvers<void>()
    const { deps } = world.subgraph
    const counted = new Proxy(deps.db, {
      get(db, name) {
        if (name !== '$transaction') return Reflect.get(db, name) as unknown
        return async (...args: Parameters<typeof db.$transaction>) => {
          atOnce = Math.max(atOnce, ++now)
          if (now > 1) othersCame.resolve()
          try {
            await othersCame.promise
            return await db.$transaction(...args)
          } finally {
            now -= 1
          }
        }
      },
    })
    const shared: Deps = { ...deps, db: counted, eventRefundsDue: new Set() }
    await Promise.all(events.map((eventId) => refund(shared, eventId).finally(othersCame.resolve)))
    return atOnce
  }

  it('are refunded one piece at a time by a process', async () => {
    expect(await most(refundEvent)).toBe(1)
  })

  it('would take as many connections and turns as there are of them, if each went on by itself', async () => {
    expect(await most(await mutantOf(['if (isUnderWay) return', '']))).toBeGreaterThan(1)
  })
})
