import { setTimeout as sleep } from 'node:timers/promises'
import { importMutant } from '@karcis/testkit/code-mutants'
import { eventually } from '@karcis/testkit/eventually'
import { createTcpProxy } from '@karcis/testkit/tcp-proxy'
import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import { readBacklog } from '../src/backlog.ts'
import { transaction, type Tx } from '../src/database.ts'
import { EVENTS_PATH } from '../src/contracts/events.ts'
import { createInbox, deliverEvents, type KarcisEvent, recordEvent } from '../src/events.ts'
import { startCourier, untilTold } from '../src/events/courier.ts'
import { sweepOutbox } from '../src/events/outbox.ts'
import { startJobs } from '../src/jobs.ts'
import { createServiceClient } from '../src/service-client.ts'
import { createServiceTokens } from '../src/service-token.ts'
import { type KitDatabase, openKitDatabase } from './kit-database.ts'
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
  // The consumer is away at first. Its port is held for it all the same: another process might take a free one meanwhile.
  let server: Awaited<ReturnType<typeof startServer>> | undefined
  await using line = await createTcpProxy({ next: () => server?.url, refused: () => undefined })
  const client = createServiceClient(`http://127.0.0.1:${line.port}`, tokens)
  const deps = { db: producer, log, clients: { booking: client } }
  const courier = startCourier(deps)
  const sweep = sweepOutbox(deps) // the courier tries once
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
    server = await startServer({
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
    const delivered = batches.slice() // what is sent again is noted again
    for (const events of delivered) await client.post(EVENTS_PATH, { events })
    expect(taken).toHaveLength(4)
  } finally {
    await sweep.close()
    await courier.close()
    await server?.close()
  }
})

it('delivers what is recorded right after its commit, what comes meanwhile together, and leaves to the sweep what fails', async () => {
  await using producer = await openKitDatabase()
  const batches: string[][] = []
  const held = Promise.withResolvers<void>()
  let away = true
  await using server = await startServer({
    receive: async (events) => {
      batches.push(events.map(({ aggregateId }) => aggregateId))
      if (batches.length === 1) await held.promise
      if (batches.length === 3 && away) throw new Error('not now')
    },
  })
  const deps = { db: producer, log, clients: { booking: createServiceClient(server.url, tokens) } }
  const courier = startCourier(deps)
  const record = (aggregateId: string) =>
    transaction(producer, (tx) =>
      recordEvent(tx, {
        type: 'user.registered',
        aggregateId,
        payload: registered(1),
        consumers: ['booking'],
      }),
    )
  const undelivered = async () => {
    const rows = await producer.$queryRaw<
      { id: string }[]
    >`SELECT aggregate_id AS id FROM kit.outbox WHERE delivered_at IS NULL ORDER BY seq`
    return rows.map(({ id }) => id)
  }
  try {
    await record('a')
    await eventually(() => expect(batches).toEqual([['a']]))
    for (const id of ['b', 'c', 'd']) await record(id)
    held.resolve()
    await eventually(() => expect(batches).toEqual([['a'], ['b', 'c', 'd']]))
    await eventually(async () => expect(await undelivered()).toEqual([]))
    await record('e')
    await eventually(() => expect(batches).toHaveLength(3))
    expect(await undelivered()).toEqual(['e'])
    away = false
    await using sweeping = new AsyncDisposableStack()
    const sweep = sweepOutbox(deps)
    sweeping.defer(() => sweep.close())
    await eventually(async () => expect(await undelivered()).toEqual([]))
  } finally {
    await courier.close()
  }
})

describe('who is to answer only once others were told', () => {
  type Courier = { startCourier: typeof startCourier; untilTold: typeof untilTold }
  const COURIER = new URL('../src/events/courier.ts', import.meta.url)

  /** Has `a` and `b` told, of which the consumer takes its time with `a`. @returns what came in which order, and what was sent. */
  async function story(courier: Courier): Promise<{ order: string[]; sent: string[] }> {
    await using producer = await openKitDatabase()
    const sent: string[] = []
    const held = Promise.withResolvers<void>()
    await using server = await startServer({
      receive: async (events) => {
        sent.push(...events.map(({ aggregateId }) => aggregateId))
        await held.promise
      },
    })
    const deps = { db: producer, log, clients: { booking: createServiceClient(server.url, tokens) } }
    const started = courier.startCourier(deps)
    try {
      for (const aggregateId of ['a', 'b'])
        await transaction(producer, (tx) =>
          recordEvent(tx, {
            type: 'user.registered',
            aggregateId,
            payload: registered(1),
            consumers: ['booking'],
          }),
        )
      // `recordEvent` tells the product's own courier; here it is this one.
      const first = ['a', 'b'].map((aggregateId) =>
        courier.untilTold(producer, { consumer: 'booking', aggregateId }),
      )
      await eventually(() => expect(sent).toContain('a'))
      const order: string[] = []
      const waiting = [
        ...first,
        courier.untilTold(producer, { consumer: 'booking', aggregateId: 'a' }).then(() => order.push('told')),
      ]
      await sleep(20)
      order.push('taken')
      held.resolve()
      await Promise.all(waiting)
      await courier.untilTold(producer, { consumer: 'booking', aggregateId: 'a' }) // nothing is left to tell of it
      return { order, sent: sent.toSorted() }
    } finally {
      held.resolve()
      await started.close()
    }
  }

  it('waits for what the courier delivers at that moment, and that is sent once', async () => {
    expect(await story({ startCourier, untilTold })).toEqual({ order: ['taken', 'told'], sent: ['a', 'b'] })
  })

  it('would answer before, if it did not wait for what is under way', async () => {
    const mutant = await importMutant<Courier>(COURIER, [['      await find(told)\n', '']])
    expect((await story(mutant)).order).toEqual(['told', 'taken'])
  })

  it('would have it sent twice, if it did not look for what is under way', async () => {
    const mutant = await importMutant<Courier>(COURIER, [
      ['if (!find(told)) tell([told])', 'tell([told])'],
      ['if (underWay.has(consumer)) continue', ''],
    ])
    expect((await story(mutant)).sent.filter((id) => id === 'a').length).toBeGreaterThan(1)
  })

  /** @returns whether it was over although the consumer never takes anything. */
  async function whileAway(courier: Courier): Promise<boolean> {
    await using producer = await openKitDatabase()
    const clients = { booking: createServiceClient('http://127.0.0.1:9', tokens) }
    const started = courier.startCourier({ db: producer, log, clients })
    try {
      await producer.$executeRaw`INSERT INTO kit.outbox (id, consumer, type, aggregate_id, payload)
        VALUES (uuidv7(), 'booking', 'user.registered', 'a', '{}')`
      const told = courier.untilTold(producer, { consumer: 'booking', aggregateId: 'a' }).then(() => true)
      return await Promise.race([told, sleep(1_000, false, { ref: false })])
    } finally {
      await started.close()
    }
  }

  it('goes on where the consumer is away: the sweep will tell it', async () => {
    expect(await whileAway({ startCourier, untilTold })).toBe(true)
  })

  it('would wait for ever, if only what arrived ended the waiting', async () => {
    const mutant = await importMutant<Courier>(COURIER, [
      [
        '        await deliver(deps, consumer, [...now.keys()])\n',
        '        await deliver(deps, consumer, [...now.keys()])\n        for (const tried of now.values()) tried.resolve()\n',
      ],
      ['      for (const tried of now.values()) tried.resolve()\n      now.clear()', '      now.clear()'],
    ])
    expect(await whileAway(mutant)).toBe(false)
  })
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

describe('line 27: an event whose job is lost', () => {
  const KINDS = ['dead queue', 'no attempts left', 'no job'] as const
  const AGGREGATES = 16

  /** Sixteen aggregates with two events each, whose jobs are lost in one way or another. */
  async function loseJobs(db: KitDatabase): Promise<void> {
    for (const kind of KINDS) {
      for (let n = 0; n < AGGREGATES; n++) {
        const aggregateId = `${kind} ${n}`
        const record = (tx: Tx, number: number) =>
          recordEvent(tx, {
            type: 'user.registered',
            aggregateId,
            payload: registered(number),
            consumers: ['booking'],
          })
        await transaction(db, (tx) => record(tx, 1))
        await transaction(db, (tx) => record(tx, 2))
      }
    }
    await db.$executeRaw`SELECT graphile_worker.add_job('deliver-events',
      payload => json_build_object('consumer', 'booking', 'aggregateId', 'no attempts left ' || n))
      FROM generate_series(0, ${AGGREGATES - 1}::int) n`
    await db.$executeRaw`UPDATE graphile_worker._private_jobs SET attempts = max_attempts`
    // As it happened: a queue that nobody seems to need is deleted while a job for it is being added.
    await db.$executeRaw`INSERT INTO graphile_worker._private_job_queues (queue_name)
      SELECT 'dead queue ' || n FROM generate_series(0, ${AGGREGATES - 1}::int) n`
    await transaction(db, async (tx) => {
      await tx.$executeRaw`SELECT graphile_worker.add_job('deliver-events', queue_name => 'dead queue ' || n,
        payload => json_build_object('consumer', 'booking', 'aggregateId', 'dead queue ' || n))
        FROM generate_series(0, ${AGGREGATES - 1}::int) n`
      await db.$executeRaw`DELETE FROM graphile_worker._private_job_queues WHERE locked_at IS NULL
        AND id NOT IN (SELECT job_queue_id FROM graphile_worker._private_jobs WHERE job_queue_id IS NOT NULL)`
    })
    const lost = await db.$queryRaw<unknown[]>`SELECT id FROM graphile_worker._private_jobs j
      WHERE job_queue_id IS NOT NULL AND job_queue_id NOT IN (SELECT id FROM graphile_worker._private_job_queues)`
    expect(lost).toHaveLength(AGGREGATES)
  }

  it('is delivered within seconds by the sweeps of two processes, in order and once; without them never', async () => {
    await using producer = await openKitDatabase()
    await using consumer = await openKitDatabase()
    await loseJobs(producer)
    const sent: KarcisEvent[] = []
    let requests = 0
    const taken = new Map<string, unknown[]>()
    const inbox = createInbox(consumer, {
      'user.registered': async (_tx, { aggregateId, payload }) => {
        taken.set(aggregateId, [...(taken.get(aggregateId) ?? []), payload])
      },
    })
    await using server = await startServer({
      receive: async (events) => {
        sent.push(...events)
        requests += 1
        await inbox(events)
      },
    })
    const deps = { db: producer, log, clients: { booking: createServiceClient(server.url, tokens) } }
    await using stack = new AsyncDisposableStack()
    const jobs = await startJobs({ connectionString: producer.url, log, jobs: [deliverEvents], deps })
    stack.defer(() => jobs.close())
    const ofKind = (kind: string) => [...taken.keys()].filter((id) => id.startsWith(kind))
    await eventually(() => expect(ofKind('dead queue')).toHaveLength(AGGREGATES)) // freed from their queues
    await sleep(5_000) // the sweep leaves what is younger to the jobs
    expect(taken.size).toBe(AGGREGATES)

    requests = 0
    for (const sweep of [sweepOutbox(deps), sweepOutbox(deps)]) stack.defer(() => sweep.close())
    await eventually(() => expect(taken.size).toBe(KINDS.length * AGGREGATES))
    await eventually(async () =>
      expect(await readBacklog(producer)).toMatchObject({ undeliveredEvents: 0, oldestEventSeconds: 0 }),
    )
    for (const payloads of taken.values()) expect(payloads).toEqual([1, 2].map(registered))
    expect(requests).toBeLessThan(AGGREGATES) // many go together
    // Two sweeps may come upon the two events of an aggregate at the same moment, and then both deliver them.
    expect(new Set(sent.map(({ id }) => id)).size).toBe(KINDS.length * AGGREGATES * 2)
  })

  it('is tried again while the consumer is away, and what cannot be taken is named and keeps nobody else waiting', async () => {
    await using producer = await openKitDatabase()
    const record = (aggregateId: string) =>
      transaction(producer, (tx) =>
        recordEvent(tx, {
          type: 'user.registered',
          aggregateId,
          payload: registered(1),
          consumers: ['booking'],
        }),
      )
    for (const id of ['poison', 'a', 'b']) await record(id)
    const taken: string[] = []
    await using server = await startServer({
      receive: async (events) => {
        for (const { aggregateId } of events) {
          if (aggregateId === 'poison') throw new Error('this one never')
          taken.push(aggregateId)
        }
      },
    })
    await producer.$executeRaw`UPDATE kit.outbox SET next_try_at = now(), tries = CASE aggregate_id WHEN 'poison' THEN 11 ELSE 0 END`
    const lines: string[] = []
    const told = pino({ level: 'error' }, { write: (line) => void lines.push(line) })
    const sweep = sweepOutbox({
      db: producer,
      log: told,
      clients: { booking: createServiceClient(server.url, tokens) },
    })
    try {
      await eventually(() => expect(taken.toSorted()).toEqual(['a', 'b']))
      await eventually(() => expect(lines).toHaveLength(1))
      expect(JSON.parse(lines[0] ?? '')).toMatchObject({
        consumer: 'booking',
        aggregateId: 'poison',
        tries: 12,
      })
      const [waiting] = await producer.$queryRaw<[{ pause: number }]>`SELECT
        extract(epoch FROM next_try_at - now())::int AS pause FROM kit.outbox WHERE delivered_at IS NULL`
      expect(waiting.pause).toBeGreaterThan(10) // and never more than fifteen
    } finally {
      await sweep.close()
    }
  })
})
