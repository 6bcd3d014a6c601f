import { createSignedUrls, type SignedUrls } from '@karcis/kit/signed-urls'
import { LRUCache } from 'lru-cache'
import { z } from 'zod'
import { QueueRequired } from '../errors.ts'
import type { Queue } from './queue.ts'
import type { QueueReads } from './queue-store.ts'

/** Who takes places, and what they show at the gate. */
export interface Buyer {
  userId: string
  /** As `QueuePosition.pass` gave it; without one it is looked up whether they were admitted. */
  queuePass?: string | null | undefined
  /** For types that are not for everybody (inventory/access-codes.ts). */
  accessCode?: string | null | undefined
}

/** The event that they take places of, and its queue; null when it has none. */
export interface Gated {
  eventId: string
  queueId: string | null
}

/** What a pass says: which queue was passed, and by whom. */
const claims = z.object({ queue: z.uuid(), user: z.uuid() })

/** Nobody gets past it who was not admitted. */
export interface Gate {
  /** A pass of somebody who was admitted: good for one queue, for them alone, until then. */
  passOf(queue: Pick<Queue, 'id'>, userId: string, admittedUntil: Date): string
  /** @throws QueueRequired for whoever was not admitted, and for a pass that is forged, expired or somebody else's. */
  requirePass(buyer: Buyer, gated: Gated): Promise<void>
  /**
   * The same, by what was known of the event's queue a second ago at most: it spares those who will not get in whatever comes before
   * `requirePass`, which has to follow all the same.
   */
  requirePassEarly(buyer: Buyer, eventId: string): Promise<void>
}

/** How long it is believed what queue an event has, before it is looked up for good. */
const BELIEVED_MS = 1_000
/** People who were admitted, as far as they have shown it: an admission is never taken back. */
const MOST_KNOWN = 50_000

/** @param secret the same in every process of this subgraph. */
export function createGate(secret: string, reads: QueueReads): Gate {
  const passes: SignedUrls<z.infer<typeof claims>> = createSignedUrls(secret, 'queue passes', claims)
  const queues = new LRUCache<string, { queueId: string | null }>({ max: 10_000, ttl: BELIEVED_MS })
  const admitted = new LRUCache<string, Date>({ max: MOST_KNOWN })

  const isGood = (pass: string, queueId: string, userId: string): boolean => {
    const said = passes.read(pass)
    return said !== null && said.queue === queueId && said.user === userId
  }

  async function isAdmitted(queueId: string, userId: string): Promise<boolean> {
    const key = `${queueId} ${userId}`
    const known = admitted.get(key)
    if (known && known.getTime() > Date.now()) return true
    const until = await reads.admittedUntil(queueId, userId)
    if (until) admitted.set(key, until)
    return until !== null
  }

  const isOpenTo = async ({ userId, queuePass }: Buyer, queueId: string | null): Promise<boolean> =>
    queueId === null || (queuePass == null ? isAdmitted(queueId, userId) : isGood(queuePass, queueId, userId))

  async function lookUp(eventId: string): Promise<string | null> {
    const queueId = (await reads.ofEvent(eventId))?.id ?? null
    queues.set(eventId, { queueId })
    return queueId
  }

  return {
    passOf: ({ id }, userId, admittedUntil) => passes.sign({ queue: id, user: userId }, admittedUntil),

    async requirePass(buyer, { eventId, queueId }) {
      if (!(await isOpenTo(buyer, queueId))) throw new QueueRequired(eventId)
    },

    async requirePassEarly(buyer, eventId) {
      const known = queues.get(eventId)
      if (await isOpenTo(buyer, known ? known.queueId : await lookUp(eventId))) return
      // Nobody is refused for what was ended in the second since.
      if (!known || !(await isOpenTo(buyer, await lookUp(eventId)))) throw new QueueRequired(eventId)
    },
  }
}
