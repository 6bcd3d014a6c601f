import { Conflict } from '@karcis/kit/errors'
import type { Context } from './deps.ts'
import { Prisma } from '../generated/prisma/client.ts'
import type { Event } from './event.ts'
import { announce } from './event-live.ts'
import { changeEvent } from './event-store.ts'
import { keptEvent } from './kept-event.ts'
import { holdRoom, scheduleTransaction } from './room-bookings.ts'

/** Puts a draft or a rejected event up for review; it takes its room. @throws NotFound, Forbidden, Conflict, RoomNotAvailable. */
export async function submitEvent(ctx: Context, id: string): Promise<Event> {
  await keptEvent(ctx, id)
  const event = await scheduleTransaction(ctx.deps.db, async (tx) => {
    const submitted = await changeEvent(
      tx,
      id,
      Prisma.sql`status = 'PENDING', message = NULL`,
      Prisma.sql`e.status IN ('DRAFT', 'REJECTED') AND e.starts_at > now()`,
    )
    if (!submitted)
      throw new Conflict('Only a draft or a rejected event that starts in the future can be submitted.')
    await holdRoom(tx, id, submitted, 'CURRENT')
    return submitted
  })
  return announce(ctx, event)
}
