import { Conflict } from '@karcis/kit/errors'
import type { Context } from './deps.ts'
import { transaction } from './database.ts'
import type { Event } from './event.ts'
import { announceGone } from './event-live.ts'
import { deleteEventRow } from './event-store.ts'
import { keptEvent } from './kept-event.ts'

/**
 * Removes an event and gives it as it was. Only one that was never approved, because only then nothing can have been sold.
 * @throws NotFound, Forbidden, Conflict.
 */
export async function deleteEvent(ctx: Context, id: string): Promise<Event> {
  await keptEvent(ctx, id)
  const deleted = await transaction(ctx.deps.db, (tx) => deleteEventRow(tx, id))
  if (!deleted)
    throw new Conflict('The event has been approved, so tickets may have been sold: it cannot be deleted.')
  announceGone(ctx, deleted)
  return deleted
}
