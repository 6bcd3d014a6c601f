import { transaction } from '@karcis/kit/database'
import { idSchema } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { parseInput } from '@karcis/kit/validate'
import { z } from 'zod'
import { requireDuty } from '../allocation/known-events.ts'
import type { Deps } from '../deps.ts'
import { updateResaleHours } from '../events/event-copy-store.ts'
import type { EventRef } from '../events/event-copy.ts'

/** A year. */
const MOST_HOURS = 8_760

const inputSchema = z.object({
  eventId: idSchema,
  untilHoursBeforeStart: z
    .int()
    .min(0)
    .max(MOST_HOURS)
    .nullish()
    .transform((hours) => hours ?? null),
})

/**
 * Says until when before it starts tickets of an event of the viewer's may be offered; null: not at all. What is offered already stays so.
 * @throws Forbidden, NotFound, BadUserInput, ServiceUnavailable.
 */
export async function setResale(deps: Deps, viewer: Viewer, input: unknown): Promise<EventRef> {
  const { eventId: id, untilHoursBeforeStart } = parseInput(inputSchema, input)
  await requireDuty(deps, viewer, id, 'OWN')
  await transaction(deps.db, (tx) => updateResaleHours(tx, id, untilHoursBeforeStart))
  return { id }
}
