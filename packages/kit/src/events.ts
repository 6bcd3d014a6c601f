import { z } from 'zod'
import { EVENTS, type EventPayload, type EventType, isEventType } from './contracts/events.ts'
import { SUBGRAPHS, type SubgraphName } from './contracts/subgraphs.ts'
import { type RawSql, type TransactionSource, transaction, type Tx } from './database.ts'
import { KarcisError } from './errors.ts'
import { deliver, type OutboxDeps } from './events/outbox.ts'
import { newId } from './ids.ts'
import { defineJob, type NewJob, newJob } from './jobs.ts'

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

/**
 * Records an event in the transaction that makes it happen, and the jobs that will deliver it. The caller holds the
 * aggregate's row lock, so the numbers of one aggregate's events rise in the order of their commits.
 * @param jobs others that the same change asks for, which go in the same statement.
 */
export async function recordEvent<Type extends EventType>(
  tx: Tx,
  event: {
    type: Type
    aggregateId: string
    payload: EventPayload<Type>
    consumers: readonly SubgraphName[]
  },
  jobs: readonly NewJob[] = [],
): Promise<void> {
  const { type, aggregateId, consumers } = event
  const payload = JSON.stringify(event.payload)
  const all = [...consumers.map((consumer) => newJob(deliverEvents, { consumer, aggregateId })), ...jobs]
  if (all.length === 0) return
  await tx.$executeRaw`WITH told AS (
      INSERT INTO kit.outbox (id, consumer, type, aggregate_id, payload)
      SELECT ${newId()}::uuid, consumer, ${type}, ${aggregateId}, ${payload}::jsonb FROM unnest(${consumers}::text[]) AS consumer
    )
    SELECT count(*) FROM graphile_worker.add_jobs((
      SELECT array_agg(ROW(job.name, job.body::json, NULL,
        coalesce(job.run_at, now() + make_interval(secs => job.after_seconds)), 25, job.key, NULL, NULL)::graphile_worker.job_spec)
      FROM unnest(${all.map(({ name }) => name)}::text[], ${all.map(({ body }) => body)}::text[],
        ${all.map(({ runAt }) => runAt)}::timestamptz[], ${all.map(({ afterSeconds }) => afterSeconds)}::float8[],
        ${all.map(({ key }) => key)}::text[]) AS job (name, body, run_at, after_seconds, key)))`
}

/**
 * Delivers what was just recorded. What cannot be delivered now is left to the sweep (`sweepOutbox`), which rests on nothing but
 * the outbox: no event waits for a job.
 */
export const deliverEvents = defineJob({
  name: 'deliver-events',
  schema: z.object({ consumer: z.enum(SUBGRAPHS), aggregateId: z.string() }),
  async run(deps: OutboxDeps, told) {
    try {
      await deliver(deps, told)
    } catch (error) {
      if (!(error instanceof KarcisError)) throw error
      deps.log.debug({ ...told, reason: error.message }, 'not delivered yet')
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
 * The consuming side: each event is handled once, whatever the number of deliveries. Types without a handler are noted and passed by,
 * so producers may tell of more than a consumer knows yet.
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

  return async (events) => {
    for (const event of events) {
      await transaction(db, async (tx) => {
        const fresh =
          await tx.$executeRaw`INSERT INTO kit.inbox (event_id) VALUES (${event.id}::uuid) ON CONFLICT DO NOTHING`
        if (fresh === 1 && isEventType(event.type)) await handle(tx, event.type, event)
      })
    }
  }
}
