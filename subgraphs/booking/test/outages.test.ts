import { prismaOptions } from '@karcis/kit/database'
import { createLog } from '@karcis/kit/log'
import { ask, tell } from '@karcis/testkit/ask'
import { createTestDatabase } from '@karcis/testkit/database'
import { eventually } from '@karcis/testkit/eventually'
import { NOBODY, person, SERVICE_SECRET } from '@karcis/testkit/people'
import { startProcess } from '@karcis/testkit/process'
import { testRedisUrl } from '@karcis/testkit/redis'
import { createStandIn } from '@karcis/testkit/stand-in'
import { createTcpProxy } from '@karcis/testkit/tcp-proxy'
import { expect, it } from 'vitest'
import { PrismaClient } from '../src/generated/prisma/client.ts'
import { startBooking } from './booking-process.ts'
import { pendingBooking } from './money.ts'
import { CANCEL, PAY } from './operations.ts'

it('line 28: an outage of the ticket subgraph is two lines of the log, whatever fails meanwhile', async () => {
  await using stack = new AsyncDisposableStack()
  const database = stack.use(await createTestDatabase('booking'))
  const db = new PrismaClient(prismaOptions(database.url, 'test', createLog('test', 'silent')))
  stack.defer(() => db.$disconnect())
  const ticket = stack.use(
    await createStandIn({
      issueTickets: () => ({ issued: false, ticketIds: [] }),
      releaseBooking: () => true,
      cancelTickets: () => true,
    }),
  )
  const line = stack.use(await createTcpProxy(ticket.url))
  // Invoices are made once a minute, maybe in this one: they ask for names, and then an event subgraph that is not there.
  const user = stack.use(await createStandIn({ _entities: () => [] }))
  const booking = stack.use(
    await startProcess('subgraphs/booking/src/main.ts', {
      NODE_ENV: 'test',
      SERVICE_SECRET,
      REDIS_URL: testRedisUrl(),
      DATABASE_URL: database.url,
      USER_URL: user.url,
      EVENT_URL: NOBODY,
      TICKET_URL: line.through(ticket.url),
      KEY_ENCRYPTION_SECRET: 'only-for-tests-only-for-tests-only',
    }),
  )
  await booking.ready()
  const at = { name: 'booking', url: booking.url } as const
  const buyer = person()
  const payload = { userId: buyer.id, personHash: null }
  await tell(at, 'user', { type: 'user.registered', aggregateId: buyer.id, payload })
  const told = () => booking.log.filter(({ level, part }) => level >= 40 && part !== 'event')

  await line.refuse()
  const ended = async (_: unknown, n: number) => {
    const { id } = await pendingBooking(db, buyer.id, 1_000)
    const { data } = await ask(at, buyer, n % 2 ? PAY : CANCEL, { id })
    return (data.confirmPayment ?? data.cancelBooking).status
  }
  const statuses = await Promise.all(Array.from({ length: 50 }, ended))
  expect(new Set(statuses)).toEqual(new Set(['PAID', 'CANCELLED']))
  expect(told()).toMatchObject([{ part: 'ticket', msg: 'outage of ticket begins' }])
  await line.restore()
  await eventually(async () => expect(await db.booking.count({ where: { fulfilled: false } })).toBe(0))
  await eventually(() => expect(told()).toHaveLength(2))
  expect(told()[1]).toMatchObject({ part: 'ticket', msg: 'outage of ticket is over' })
  expect(told()[1]?.failures).toBeGreaterThanOrEqual(50)
})

it('line 26: `/ready` says why no jobs are run', async () => {
  await using booking = await startBooking()
  const ready = async () => {
    const response = await fetch(`${booking.subgraph.url}/ready`)
    return { status: response.status, body: await response.json() }
  }
  expect((await ready()).status).toBe(200)
  await booking.db.$executeRaw`ALTER TABLE kit.workers RENAME TO gone`
  const reason = 'relation "kit.workers" does not exist'
  await eventually(async () =>
    expect(await ready()).toEqual({ status: 503, body: { status: 'unavailable', reason } }),
  )
  await booking.db.$executeRaw`ALTER TABLE kit.gone RENAME TO workers`
  await eventually(async () => expect((await ready()).status).toBe(200))
})
