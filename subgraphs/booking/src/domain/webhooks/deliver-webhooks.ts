import { backOffSeconds } from '@karcis/kit/back-off'
import { transaction } from '@karcis/kit/database'
import { recordEvent } from '@karcis/kit/events'
import type { Logger } from '@karcis/kit/log'
import { keepLooking } from '@karcis/kit/lookout'
import { isAway } from '@karcis/kit/outages'
import type { Db, Tx } from '../database.ts'
import {
  type DueDelivery,
  moveToDelivered,
  moveToFailed,
  takeDue,
  updateGivenBack,
  updateTried,
} from './delivery-store.ts'
import { disableEndpoint, updateFailing, updateTaken } from './endpoint-store.ts'
import type { Outcome, Sender } from '@karcis/kit/outside/post'
import { signedHeaders } from './signature.ts'
import type { WebhookDeps } from './webhook.ts'

/** Requests that one process has under way at once, and how many of them at most to endpoints that fail: the others always have room. */
const AT_ONCE = 32
const AT_ONCE_FAILING = 16
/** Between two looks for what is due; after something came to its end the next look is sooner. */
const LOOK_MS = 1_000
const SOON_MS = 50
/** What is under way when the process closes has so long; then it is given back, for another process to send. */
const CLOSE_MS = 2_000

/** Some fourteen attempts in three days. */
const BACK_OFF = { firstSeconds: 5, grows: 3, mostSeconds: 6 * 3_600 }
const GONE = 410

/**
 * How long to wait before the next attempt.
 * @param attempt the number of the one that failed, from 1. @param chance 0 to 1: it spreads those that failed together, over the half.
 * @param askedSeconds what the receiver asked for.
 */
export const pauseSeconds = (attempt: number, chance: number, askedSeconds: number | null): number =>
  Math.min(Math.max(backOffSeconds(attempt, chance, BACK_OFF), askedSeconds ?? 0), BACK_OFF.mostSeconds)

/** Only a 2xx says that it was taken. */
const isTaken = ({ status }: Outcome): boolean => status !== null && status >= 200 && status < 300

export interface DispatcherDeps {
  db: Db
  log: Logger
  webhooks: WebhookDeps
}

/**
 * Sends what is due to organizers' endpoints, for as long as the process lives. It rests on nothing but the table of deliveries, no job
 * among it, and any number of processes may do it: each takes others, and what one took and died with is due again after its lease.
 * So everything is sent at least once, until it was taken or its time is over.
 */
export function dispatchWebhooks(deps: DispatcherDeps, send: Sender): { close(): Promise<void> } {
  const givingUp = new AbortController()
  const underWay = new Map<DueDelivery, Promise<void>>()

  async function look(): Promise<number> {
    const all = [...underWay.keys()]
    const failing = all.filter((delivery) => delivery.failing).length
    const room = AT_ONCE - all.length
    if (room <= 0) return LOOK_MS
    const byEndpoint = new Map<string, number>()
    for (const { endpointId } of all) byEndpoint.set(endpointId, (byEndpoint.get(endpointId) ?? 0) + 1)
    const roomForFailing = Math.min(room, Math.max(0, AT_ONCE_FAILING - failing))
    const due = await transaction(deps.db, (tx) => takeDue(tx, { byEndpoint, room, roomForFailing }))
    for (const delivery of due) underWay.set(delivery, attempt(delivery))
    return LOOK_MS
  }

  async function attempt(delivery: DueDelivery): Promise<void> {
    try {
      await tryDelivery(deps, send, delivery, givingUp.signal)
    } catch (error) {
      // What came of it is not known here: it is due again after its lease.
      if (!isAway(error, deps.log))
        deps.log.error({ err: error, deliveryId: delivery.id }, 'a webhook failed')
    } finally {
      underWay.delete(delivery)
      lookout.wake()
    }
  }

  const lookout = keepLooking(look, {
    soonMs: SOON_MS,
    idleMs: LOOK_MS,
    log: deps.log,
    failed: 'due webhooks cannot be looked for',
  })

  return {
    async close() {
      await lookout.close()
      const cut = setTimeout(() => givingUp.abort(), CLOSE_MS)
      await Promise.all(underWay.values())
      clearTimeout(cut)
    },
  }
}

/** Makes one attempt, and writes down what came of it. @param closing gives up: the process ends. */
async function tryDelivery(
  { db, webhooks }: DispatcherDeps,
  send: Sender,
  delivery: DueDelivery,
  closing: AbortSignal,
): Promise<void> {
  const { id, endpointId, webhookId, body, url, attempt } = delivery
  const secrets = delivery.secrets.map((sealed) => webhooks.sealer.unseal(sealed))
  const timestamp = Math.floor(Date.now() / 1_000)
  const outcome = await send(url, signedHeaders({ id: webhookId, timestamp, body }, secrets), body, closing)
  await transaction(db, async (tx) => {
    if (isTaken(outcome)) {
      await moveToDelivered(tx, id, outcome)
      if (delivery.failing) await updateTaken(tx, endpointId)
    } else if (closing.aborted) await updateGivenBack(tx, delivery)
    else {
      await updateTried(
        tx,
        delivery,
        outcome,
        pauseSeconds(attempt, Math.random(), outcome.retryAfterSeconds),
      )
      await updateFailing(tx, endpointId)
      await disable(tx, endpointId, outcome.status === GONE ? 'GONE' : 'FAILING')
    }
  })
}

/** Disables an endpoint where there is reason to, and tells of it. What it is owed stays due. */
async function disable(tx: Tx, endpointId: string, reason: 'GONE' | 'FAILING'): Promise<void> {
  const disabled = await disableEndpoint(tx, endpointId, reason)
  if (!disabled) return
  await recordEvent(tx, {
    type: 'booking.webhook-disabled',
    aggregateId: endpointId,
    payload: { endpointId, ...disabled, reason },
    consumers: ['user'],
  })
}

/** How many deliveries one transaction gives up. */
const SWEEP_BATCH = 1_000

/** Gives up what could not be delivered in its time. */
export async function sweepWebhooks({ db }: { db: Db }): Promise<void> {
  while ((await transaction(db, (tx) => moveToFailed(tx, SWEEP_BATCH))) === SWEEP_BATCH);
}
