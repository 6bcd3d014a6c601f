import { type FaultPoint, whenReached } from '@karcis/kit/fault-points'
import { eventually } from '@karcis/testkit/eventually'
import { person } from '@karcis/testkit/people'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sweepBookings } from '../src/domain/fulfilment/release-booking.ts'
import { refundEvent, sweepEventRefunds } from '../src/domain/refunds/refund-event.ts'
import { sweepPayments } from '../src/domain/refunds/send-refund.ts'
import { balanceOf } from './booking-process.ts'
import { audit } from './money.ts'
import { REFUND } from './operations.ts'
import { boughtAt, GRANT, knownEvent, PRICE, REQUEST, REVIEW, setPolicy, tellOf } from './refund-stories.ts'
import { type OnSale, startWorld, type World } from './world.ts'

// Whoever refunds ends between two steps, and their job is lost with them: the sweeps bring it to its end.

let world: World
beforeAll(async () => {
  world = await startWorld()
})
afterAll(() => world[Symbol.asyncDispose]())

type Bought = Awaited<ReturnType<typeof boughtAt>> & { event: OnSale }

const askFor = ({ buyer, bookingId, tickets }: Bought) =>
  world.ask(buyer, REQUEST, { input: { bookingId, ticketIds: [tickets[0]], reason: 'Ill.' } })

/** The buyer asks for one of three tickets. */
const AT_ONCE = { what: 'of a ticket, at once', approval: 'AUTOMATIC', refunded: PRICE, refund: askFor }

const REVIEWED = {
  what: 'of a ticket, reviewed',
  approval: 'ORGANIZER',
  refunded: PRICE,
  async refund(bought: Bought) {
    const { id } = (await askFor(bought)).data.requestRefund
    await world.ask(bought.event.organizer, REVIEW, { id, input: { decision: 'APPROVED' } })
  },
}

const IN_FULL = {
  what: 'in full',
  approval: 'AUTOMATIC',
  refunded: 3 * PRICE,
  refund: ({ bookingId }: Bought) =>
    world.ask(person({ role: 'ADMIN' }), REFUND, { id: bookingId, reason: 'Rain.' }),
}

const OF_THE_EVENT = {
  what: 'of an event that is called off',
  approval: 'AUTOMATIC',
  refunded: 3 * PRICE,
  refund: async ({ event }: Bought) => {
    await tellOf(world, event, { status: 'CANCELLED' })
    await refundEvent(world.subgraph.deps, event.eventId).catch(() => undefined) // the job may be there first
  },
}

interface Moment {
  at: FaultPoint
  refund: typeof AT_ONCE | typeof REVIEWED | typeof IN_FULL | typeof OF_THE_EVENT
}

const MOMENTS: Moment[] = [
  { at: 'request-refund/written', refund: AT_ONCE },
  { at: 'end-tickets/ended', refund: AT_ONCE },
  { at: 'refund-tickets/ended', refund: AT_ONCE },
  { at: 'refund-tickets/written', refund: AT_ONCE },
  { at: 'decide-refund/decided', refund: REVIEWED },
  { at: 'refund-tickets/ended', refund: REVIEWED },
  { at: 'refund-booking/decided', refund: IN_FULL },
  { at: 'end-tickets/ended', refund: IN_FULL },
  { at: 'cancel-tickets/cancelled', refund: IN_FULL },
  { at: 'cancel-tickets/released', refund: IN_FULL },
  { at: 'cancel-tickets/noted', refund: IN_FULL },
  { at: 'refund-event/decided', refund: OF_THE_EVENT },
  { at: 'refund-event/noted', refund: OF_THE_EVENT },
]

/** The jobs that go on with refunds and ended tickets are lost; what they have left is old enough for the sweeps, which look now. */
async function loseJobsAndSweep(): Promise<void> {
  const { db, subgraph } = world
  await db.$executeRaw`DELETE FROM graphile_worker._private_jobs
    WHERE locked_at IS NULL AND (key LIKE 'refund-%' OR key LIKE 'cancel-tickets:%')`
  await db.$executeRaw`UPDATE booking_refunds SET updated_at = now() - interval '1 hour' WHERE status = 'ENDING'`
  await db.$executeRaw`UPDATE event_refunds SET updated_at = now() - interval '1 hour' WHERE status = 'RUNNING'`
  await db.$executeRaw`UPDATE bookings SET updated_at = now() - interval '1 hour' WHERE NOT fulfilled`
  for (const sweep of [sweepPayments, sweepEventRefunds, sweepBookings]) await sweep(subgraph.deps)
}

describe('a refund whose process ends', () => {
  it.for(MOMENTS)(
    '$refund.what, at $at, is made once',
    async ({ at, refund: { approval, refunded, refund } }) => {
      const event = await knownEvent(world)
      await setPolicy(world, event, { approval })
      const bought = { ...(await boughtAt(world, event)), event }
      const { bookingId, buyer, type } = bought
      let deaths = 0
      {
        using _ = whenReached((point) => {
          if (point === at && ++deaths === 1) throw new Error('dies')
        })
        await refund(bought)
        await eventually(() => expect(deaths).toBeGreaterThan(0))
      }
      await loseJobsAndSweep()
      await eventually(async () => {
        const booking = await world.db.booking.findUnique({ where: { id: bookingId } })
        expect(booking).toMatchObject({ refundedAmount: BigInt(refunded), fulfilled: true })
        const sold = 3 - refunded / PRICE
        expect(await world.stock(type)).toEqual({ sold, held: 0, available: 10 - sold })
      })
      expect(await world.db.bookingRefund.count({ where: { bookingId } })).toBe(1)
      expect(await balanceOf(world, buyer)).toBe(GRANT - 3 * PRICE + refunded)
      expect(await audit(world.db)).toEqual([])
    },
  )
})
