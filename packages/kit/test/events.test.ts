import { createServer } from 'node:http'
import { eventually } from '@karcis/testkit/eventually'
import { expect, it } from 'vitest'
import { createInbox, deliverEvents, type KarcisEvent, recordEvent } from '../src/events.ts'
import { listen } from '../src/http.ts'
import { startJobs } from '../src/jobs.ts'
import { createServiceClient } from '../src/service-client.ts'
import { createServiceTokens } from '../src/service-token.ts'
import { openKitDatabase } from './pg-sql.ts'
import { log, SECRET, startServer } from './server.ts'

const tokens = createServiceTokens(SECRET, 'producer')

it('delivers events of one aggregate in order, once each, also when the consumer was away and when deliveries repeat', async () => {
  await using producer = await openKitDatabase()
  await using consumer = await openKitDatabase()
  const taken: unknown[] = []
  const batches: KarcisEvent[][] = []
  const inbox = createInbox(consumer.$transaction, {
    counted: async (_tx, event) => {
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
    deps: { db: producer, clients: { consumer: createServiceClient(`http://127.0.0.1:${port}`, tokens) } },
  })
  try {
    for (const n of [1, 2, 3]) {
      await producer.$transaction((tx) =>
        recordEvent(tx, { type: 'counted', aggregateId: 'a', payload: { n }, consumers: ['consumer'] }),
      )
    }
    await using _server = await startServer({
      port,
      receive: async (events) => {
        batches.push(events)
        await inbox(events)
      },
    })
    await producer.$transaction((tx) =>
      recordEvent(tx, { type: 'counted', aggregateId: 'a', payload: { n: 4 }, consumers: ['consumer'] }),
    )
    await eventually(() => expect(taken).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }, { n: 4 }]))
    const client = createServiceClient(`http://127.0.0.1:${port}`, tokens)
    const delivered = batches.slice() // what is sent again is noted again
    for (const events of delivered) await client.post('/internal/events', { events })
    expect(taken).toHaveLength(4)
  } finally {
    await jobs.close()
  }
})

it('tells nobody of a change that was rolled back', async () => {
  await using producer = await openKitDatabase()
  await expect(
    producer.$transaction(async (tx) => {
      await recordEvent(tx, { type: 'counted', aggregateId: 'a', payload: {}, consumers: ['consumer'] })
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
  const inbox = createInbox(consumer.$transaction, {
    counted: async () => {
      if (fails) throw new Error('not now')
      handled += 1
    },
  })
  const event = {
    id: '019a9b6e-0000-7000-8000-000000000001',
    type: 'counted',
    aggregateId: 'a',
    payload: {},
    occurredAt: '',
  }
  await expect(inbox([event])).rejects.toThrow('not now')
  fails = false
  await inbox([event])
  await inbox([event])
  expect(handled).toBe(1)
})
