import { untilTold } from '@karcis/kit/events/courier'
import type { Deps } from '../deps.ts'

/**
 * Has a change delivered before whoever made it is answered: what is said to have ended sells nothing. Where that fails, the sweep of the outbox does it.
 * @param consumers who is told.
 */
export async function tellSellers(
  { db }: Deps,
  eventId: string,
  ...consumers: ('ticket' | 'booking')[]
): Promise<void> {
  await Promise.all(consumers.map((consumer) => untilTold(db, { consumer, aggregateId: eventId })))
}
