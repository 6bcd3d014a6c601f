import { createServer } from 'node:http'
import { eventually } from '@karcis/testkit/eventually'
import { expect, it } from 'vitest'
import { transaction } from '../src/database.ts'
import { EVENTS_PATH } from '../src/contracts/events.ts'
import { createInbox, deliverEvents, type KarcisEvent, recordEvent } from '../src/events.ts'
import { listen } from '../src/http.ts'
import { startJobs } from '../src/jobs.ts'
import { createServiceClient } from '../src/service-client.ts'
import { createServiceTokens } from '../src/service-token.ts'
import { openKitDatabase } from './kit-database.ts'
import { log, SECRET, startServer } from './start-server.ts'

const registered = (n: number) => ({
  userId: `019a9b6e-0000-7000-8000-00000000000${n}`,
  personHash: null,
})
const tokens = createServiceTokens(SECRET, 'user').to('booking')

it('delivers events of one aggregate in order, once each, also when the consumer was away and when deliveries repeat', async () => {
  await using producer = await openKitDatabase()
  await using consumer = await openKitDatabase()
  const taken: unknown[] = []
  const batches: KarcisEvent[][] = []
  const inbox = createInbox(consumer, {
    'user.registered': async (_tx, event) => {
      taken.push(event.payload)
    },
  })
  // The port is known before anyone listens on it: the consumer is away at first.
  const placeholder = createServer()
  const port = await listen(placeholder, 0, '127.0.0.1')
  await new Promise((resolve) => placeholder.close(resolve))

  const jobs = await startJobs({
    connectionString: producer.url,
    log,
    jobs: [deliverEvents],
    deps: { db: producer, clients: { booking: createServiceClient(`http://127.0.0.1:${port}`, tokens) } },
  })
  try {
    for (const n of [1, 2, 3]) {
      await transaction(producer, (tx) =>
        recordEvent(tx, {
          type: 'user.registered',
          aggregateId: 'a',
          payload: registered(n),
          consumers: ['booking'],
        }),
      )
    }
    await using _server = await startServer({
      port,
      receive: async (events) => {
        batches.push(events)
        await inbox(events)
      },
    })
    await transaction(producer, (tx) =>
      recordEvent(tx, {
        type: 'user.registered',
        aggregateId: 'a',
        payload: registered(4),
        consumers: ['booking'],
      }),
    )
    await eventually(() => expect(taken).toEqual([1, 2, 3, 4].map(registered)))
    const client = createServiceClient(`http://127.0.0.1:${port}`, tokens)
    const delivered = batches.slice() // what is sent again is noted again
    for (const events of delivered) await client.post(EVENTS_PATH, { events })
    expect(taken).toHaveLength(4)
  } finally {
    await jobs.close()
  }
})

it('tells nobody of a change that was rolled back', async () => {
  await using producer = await openKitDatabase()
  await expect(
    transaction(producer, async (tx) => {
      await recordEvent(tx, {
        type: 'user.registered',
        aggregateId: 'a',
        payload: registered(1),
        consumers: ['booking'],
      })
      throw new Error('rolled back')
    }),
  ).rejects.toThrow('rolled back')
  const rows = await producer.$queryRaw<
    unknown[]
  >`SELECT seq FROM kit.outbox UNION ALL SELECT id FROM graphile_worker.jobs`
  expect(rows).toEqual([])
})

it('handles a failing event again later, as if it had never come', async () => {
  await using consumer = await openKitDatabase()
  let fails = true
  let handled = 0
  const inbox = createInbox(consumer, {
    'user.registered': async () => {
      if (fails) throw new Error('not now')
      handled += 1
    },
  })
  const event = {
    id: '019a9b6e-0000-7000-8000-000000000001',
    type: 'user.registered',
    aggregateId: 'a',
    payload: registered(1),
    occurredAt: '',
  }
  await expect(inbox([event])).rejects.toThrow('not now')
  fails = false
  await inbox([event])
  await inbox([event])
  expect(handled).toBe(1)
})

it('takes a payload for what its type says, and passes by what it does not know', async () => {
  await using consumer = await openKitDatabase()
  const taken: Date[] = []
  const inbox = createInbox(consumer, {
    'event.changed': async (_tx, { payload }) => {
      taken.push(payload.startsAt)
    },
  })
  const { userId: id } = registered(1)
  const event = { id, type: 'event.changed', aggregateId: id, occurredAt: '' }
  const payload = {
    id,
    organizerId: id,
    title: 'Konser',
    status: 'APPROVED',
    currency: 'IDR',
    timezone: 'Asia/Jakarta',
    version: 1,
    startsAt: '2027-01-01T12:00:00.000Z',
    endsAt: '2027-01-01T14:00:00.000Z',
  }
  await expect(inbox([{ ...event, payload: { ...payload, version: 'one' } }])).rejects.toThrow('version')
  await inbox([{ ...event, payload }])
  await inbox([{ ...event, id: registered(2).userId, type: 'event.renamed', payload: null }])
  expect(taken).toEqual([new Date('2027-01-01T12:00:00Z')])
})
