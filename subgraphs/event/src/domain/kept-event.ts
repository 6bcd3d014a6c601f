import { NotFound } from '@karcis/kit/errors'
import { requireRole } from '@karcis/kit/viewer'
import type { Context } from './deps.ts'
import type { Event } from './event.ts'
import { requireKeeper } from './ownership.ts'

/** The event, for its organizer or an admin; who that is never changes. @throws Unauthenticated, NotFound, Forbidden. */
export async function keptEvent(ctx: Context, id: string): Promise<Event> {
  requireRole(ctx, 'ORGANIZER')
  const event = await ctx.loaders.event.load(id)
  if (!event) throw new NotFound('event', id)
  requireKeeper(ctx.viewer, event.organizerId, 'event')
  return event
}
