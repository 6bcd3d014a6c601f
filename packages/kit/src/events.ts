import { z } from 'zod'
import { EVENTS, EVENTS_PATH, type EventPayload, type EventType, isEventType } from './contracts/events.ts'
import { SUBGRAPHS, type SubgraphName } from './contracts/subgraphs.ts'
import { type RawSql, type TransactionSource, transaction, type Tx } from './database.ts'
import type { subgraphSettings } from './env.ts'
import { newId } from './ids.ts'
import { defineJob, enqueue, type Job } from './jobs.ts'
import type { Logger } from './log.ts'
import { retention } from './retention.ts'
import type { ServiceClient } from './service-client.ts'

const BATCH = 100

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

const delivery = z.object({ consumer: z.enum(SUBGRAPHS), aggregateId: z.string() })

/**
 * Records an event in the transaction that makes it happen, and the job that will deliver it. The caller holds the
 * aggregate's row lock, so the numbers of one aggregate's events rise in the order of their commits.
 */
export async function recordEvent<Type extends EventType>(
  tx: Tx,
  event: {
    type: Type
    aggregateId: string
    payload: EventPayload<Type>
    consumers: readonly SubgraphName[]
  },
): Promise<void> {
  const id = newId()
  const payload = JSON.stringify(event.payload)
  for (const consumer of event.consumers) {
    await tx.$executeRaw`INSERT INTO kit.outbox (id, consumer, type, aggregate_id, payload)
      VALUES (${id}::uuid, ${consumer}, ${event.type}, ${event.aggregateId}, ${payload}::jsonb)`
    const inOrder = `deliver:${consumer}:${event.aggregateId}`
    await enqueue(
      tx,
      deliverEvents,
      { consumer, aggregateId: event.aggregateId },
      { key: inOrder, queue: inOrder },
    )
  }
}

/**
 * Delivers what one consumer has not yet had of one aggregate, in order. Fails as a whole when the consumer is away,
 * so a later event never overtakes an earlier one; graphile-worker tries again with growing pauses.
 */
export const deliverEvents = defineJob({
  name: 'deliver-events',
  schema: delivery,
  async run(
    deps: { db: RawSql; clients: Partial<Record<SubgraphName, ServiceClient>> },
    { consumer, aggregateId },
  ) {
    const client = deps.clients[consumer]
    if (!client) throw new Error(`no consumer named ${consumer}`)
    for (;;) {
      const rows = await deps.db.$queryRaw<
        OutboxRow[]
      >`SELECT seq, id, type, payload, occurred_at FROM kit.outbox
        WHERE consumer = ${consumer} AND aggregate_id = ${aggregateId} AND delivered_at IS NULL
        ORDER BY seq LIMIT ${BATCH}`
      if (rows.length === 0) return
      const events: KarcisEvent[] = rows.map((row) => ({
        id: row.id,
        type: row.type,
        aggregateId,
        payload: row.payload,
        occurredAt: row.occurred_at.toISOString(),
      }))
      await client.post(EVENTS_PATH, { events })
      await deps.db.$executeRaw`UPDATE kit.outbox SET delivered_at = now()
        WHERE seq = ANY(${rows.map((row) => row.seq)}::bigint[])`
    }
  },
})

interface OutboxRow {
  seq: bigint
  id: string
  type: string
  payload: unknown
  occurred_at: Date
}

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

/** The jobs that forget events long delivered or taken in, to be run every hour. */
export const forgetEvents = (
  settings: Pick<z.infer<typeof subgraphSettings>, 'OUTBOX_RETENTION_DAYS' | 'INBOX_RETENTION_DAYS'>,
): Job<Record<string, never>, { db: TransactionSource<RawSql>; log: Logger }>[] => [
  retention({
    name: 'forget-delivered-events',
    table: 'kit.outbox',
    since: 'delivered_at',
    keepForDays: settings.OUTBOX_RETENTION_DAYS,
  }),
  retention({
    name: 'forget-taken-events',
    table: 'kit.inbox',
    since: 'received_at',
    keepForDays: settings.INBOX_RETENTION_DAYS,
  }),
]
