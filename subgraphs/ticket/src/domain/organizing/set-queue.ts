import { randomBytes } from 'node:crypto'
import { transaction } from '@karcis/kit/database'
import { BadUserInput, Conflict, NotFound } from '@karcis/kit/errors'
import { idSchema, newId } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { instantSchema, parseInput } from '@karcis/kit/validate'
import { z } from 'zod'
import { requireDuty } from '../allocation/known-events.ts'
import type { Tx } from '../database.ts'
import type { Deps } from '../deps.ts'
import { EventNotBookable } from '../errors.ts'
import { lockEventCopy } from '../events/event-copy-store.ts'
import type { Queue } from '../waiting-room/queue.ts'
import {
  closeQueue,
  findQueues,
  insertQueue,
  lockQueueOfEvent,
  type QueueTerms,
  updateQueue,
} from '../waiting-room/queue-store.ts'

const MAX_PER_MINUTE = 1_000_000

const inputSchema = z.object({
  eventId: idSchema,
  opensAt: instantSchema.nullish(),
  admitPerMinute: z
    .int()
    .refine((rate) => rate >= 1 && rate <= MAX_PER_MINUTE, `must be from 1 to ${MAX_PER_MINUTE}`)
    .nullish(),
  enabled: z.boolean().nullish(),
})

/**
 * Gives an event of the viewer's a waiting room, changes its terms, or ends it.
 * @returns the queue; null when there was none to end. @throws Forbidden, NotFound, BadUserInput, Conflict (another opening, once it has
 *   opened), EventNotBookable when the event is over.
 */
export async function setQueue(deps: Deps, viewer: Viewer, input: unknown): Promise<Queue | null> {
  const { eventId, opensAt, admitPerMinute, enabled } = parseInput(inputSchema, input)
  const { endsAt } = await requireDuty(deps, viewer, eventId, 'EDIT')
  if (opensAt && opensAt >= endsAt)
    throw new BadUserInput([{ path: 'input.opensAt', message: 'must be before the event ends' }])
  const terms = { opensAt: opensAt ?? null, admitPerMinute: admitPerMinute ?? null }
  const id = await transaction(deps.db, (tx) =>
    enabled === false ? end(tx, eventId) : openOrChange(tx, eventId, terms),
  )
  return id === null ? null : ((await findQueues(deps.db, [id])).get(id) ?? null)
}

async function end(tx: Tx, eventId: string): Promise<string | null> {
  await lockEventCopy(tx, eventId)
  const queue = await lockQueueOfEvent(tx, eventId)
  if (queue) await closeQueue(tx, { id: queue.id, eventId })
  return queue?.id ?? null
}

async function openOrChange(
  tx: Tx,
  eventId: string,
  { opensAt, admitPerMinute }: Omit<QueueTerms, 'opensAt'> & { opensAt: Date | null },
): Promise<string> {
  const event = await lockEventCopy(tx, eventId)
  if (!event) throw new NotFound('event', eventId)
  if (event.over) throw new EventNotBookable(eventId)
  const known = await lockQueueOfEvent(tx, eventId)
  if (!known) {
    const id = newId()
    const terms = { opensAt: opensAt ?? new Date(), admitPerMinute }
    await insertQueue(tx, { id, eventId, seed: randomBytes(32), ...terms })
    return id
  }
  if (opensAt && known.open && opensAt.getTime() !== known.opensAt.getTime())
    throw new Conflict('This waiting room has opened: who was drawn has their place.', {
      opensAt: known.opensAt.toISOString(),
    })
  await updateQueue(tx, known.id, { opensAt: opensAt ?? known.opensAt, admitPerMinute })
  return known.id
}
