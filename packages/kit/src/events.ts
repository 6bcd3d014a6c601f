import { z } from 'zod'
import { EVENTS, type EventPayload, type EventType, isEventType } from './contracts/events.ts'
import { SUBGRAPHS, type SubgraphName } from './contracts/subgraphs.ts'
import { type RawSql, type TransactionSource, transaction, type Tx } from './database.ts'
import { KarcisError } from './errors.ts'
import { deliverAfterCommit } from './events/courier.ts'
import { deliver, type OutboxDeps } from './events/outbox.ts'
import { newId } from './ids.ts'
import { defineJob, type NewJob } from './jobs.ts'

/** What happened to one aggregate, as told to another subgraph. */
export const eventSchema = z.object({
  id: z.string(),
  type: z.string(),
  aggregateId: z.string(),
  payload: z.unknown(),
  occurredAt: z.string(),
})
export type KarcisEvent<Payload = unknown> = Omit<z.infer<typeof eventSchema>, 'payload'> & {
  payload: Payload
}

/** What is to be recorded of one aggregate. */
export interface NewEvent<Type extends EventType = EventType> {
  type: Type
  aggregateId: string
  payload: EventPayload<Type>
  consumers: readonly SubgraphName[]
}

/**
 * Records an event in the transaction that makes it happen; it is delivered right after the commit. The caller holds the
 * aggregate's row lock, so the numbers of one aggregate's events rise in the order of their commits.
 * @param jobs that the same change asks for, which go in the same statement.
 */
export const recordEvent = <Type extends EventType>(
  tx: Tx,
  event: NewEvent<Type>,
  jobs: readonly NewJob[] = [],
): Promise<void> => recordEvents(tx, [event], jobs)

/** The same for many. */
export async function recordEvents(
  tx: Tx,
  events: readonly NewEvent[],
  jobs: readonly NewJob[] = [],
): Promise<void> {
  const told = events.flatMap(({ consumers, ...event }) =>
    consumers.map((consumer) => ({ ...event, consumer })),
  )
  if (told.length + jobs.length === 0) return
  await tx.$executeRaw`WITH told AS (
      INSERT INTO kit.outbox (id, consumer, type, aggregate_id, payload)
      SELECT event.id, event.consumer, event.type, event.aggregate_id, event.payload::jsonb
      FROM unnest(${told.map(() => newId())}::uuid[], ${told.map(({ consumer }) => consumer)}::text[], ${told.map(({ type }) => type)}::text[],
        ${told.map(({ aggregateId }) => aggregateId)}::text[], ${told.map(({ payload }) => JSON.stringify(payload))}::text[])
        AS event (id, consumer, type, aggregate_id, payload)
    )
    SELECT kit.add_jobs(array_agg(job.name), array_agg(job.body),
      array_agg(coalesce(job.run_at, now() + make_interval(secs => job.after_seconds), now())), array_agg(job.key))
    FROM unnest(${jobs.map(({ name }) => name)}::text[], ${jobs.map(({ body }) => body)}::text[],
      ${jobs.map(({ runAt }) => runAt)}::timestamptz[], ${jobs.map(({ afterSeconds }) => afterSeconds)}::float8[],
      ${jobs.map(({ key }) => key)}::text[]) AS job (name, body, run_at, after_seconds, key)`
  deliverAfterCommit(tx, told)
}

/**
 * Delivers what waits of one aggregate: enqueued by hand, as for a repair. What cannot be delivered now is left to the sweep
 * (`sweepOutbox`), which rests on nothing but the outbox: no event waits for a job.
 */
export const deliverEvents = defineJob({
  name: 'deliver-events',
  schema: z.object({ consumer: z.enum(SUBGRAPHS), aggregateId: z.string() }),
  async run(deps: OutboxDeps, { consumer, aggregateId }) {
    try {
      await deliver(deps, consumer, [aggregateId])
    } catch (error) {
      if (!(error instanceof KarcisError)) throw error
      deps.log.debug({ consumer, aggregateId, reason: error.message }, 'not delivered yet')
    }
  },
})

/** Takes one kind of event into a subgraph, in a transaction that also notes it as taken. */
export type EventHandler<Tx, Type extends EventType> = (
  tx: Tx,
  event: KarcisEvent<EventPayload<Type>>,
) => Promise<void>

/** What a subgraph does with the events that it is told of, by type. */
export type EventHandlers<Tx> = { readonly [Type in EventType]?: EventHandler<Tx, Type> }

/**
 * The consuming side: each event is handled once, whatever the number of deliveries. Types without a handler are noted and passed by, all of one delivery at
 * once, so producers may tell of more than a consumer knows yet.
 */
export function createInbox<Client extends RawSql>(
  db: TransactionSource<Client>,
  handlers: EventHandlers<Tx<Client>>,
): (events: KarcisEvent[]) => Promise<void> {
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- it ties the payload to the handler
  async function handle<Type extends EventType>(
    tx: Tx<Client>,
    type: Type,
    event: KarcisEvent,
  ): Promise<void> {
    const payload = EVENTS[type].parse(event.payload) as EventPayload<Type>
    await handlers[type]?.(tx, { ...event, payload })
  }

  /** @returns how many of these are new. */
  const note = (tx: Tx<Client>, events: readonly KarcisEvent[]): PromiseLike<number> =>
    tx.$executeRaw`INSERT INTO kit.inbox (event_id) SELECT * FROM unnest(${events.map(({ id }) => id)}::uuid[]) ON CONFLICT DO NOTHING`

  return async (events) => {
    const passedBy = events.filter(({ type }) => !isEventType(type) || !handlers[type])
    if (passedBy.length > 0) await transaction(db, (tx) => note(tx, passedBy))
    for (const event of events) {
      const { type } = event
      if (!isEventType(type) || !handlers[type]) continue
      await transaction(db, async (tx) => {
        if ((await note(tx, [event])) === 1) await handle(tx, type, event)
      })
    }
  }
}
