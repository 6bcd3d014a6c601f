import { deliverEvents } from '@karcis/kit/events'
import { isAway } from '@karcis/kit/outages'
import type { Deps } from '../deps.ts'

/**
 * Delivers a change before whoever made it is answered: what is said to have ended sells nothing. Where that fails, the sweep of the outbox does it.
 * @param consumers who is told.
 */
export async function tellSellers(
  deps: Deps,
  eventId: string,
  ...consumers: ('ticket' | 'booking')[]
): Promise<void> {
  for (const consumer of consumers) {
    try {
      await deliverEvents.run(deps, { consumer, aggregateId: eventId })
    } catch (error) {
      if (isAway(error, deps.log)) continue
      deps.log.warn({ err: error, eventId }, `${consumer} will be told of the change by the sweep`)
    }
  }
}
