import { Conflict } from '@karcis/kit/errors'
import { requireViewer } from '@karcis/kit/viewer'
import type { Context } from '../deps.ts'
import { endHolds } from '../allocation/hold-ender.ts'
import { type Hold, requireOwnHold } from '../allocation/hold.ts'
import { holdsById } from '../allocation/hold-store.ts'
import { requireId } from '../input.ts'

/** Gives a hold of the viewer back; one that has ended stays as it is. @throws Conflict when a booking has bound it. */
export async function releaseHold({ deps, ...scope }: Context, id: string): Promise<Hold> {
  const viewer = requireViewer(scope)
  requireId(id, 'id')
  const hold = requireOwnHold((await holdsById(deps.db, [id]))[0], id, viewer)
  const ended = await endHolds(deps, {
    eventId: hold.eventId,
    holdIds: [id],
    to: 'RELEASED',
    unboundOnly: true,
  })
  const now = requireOwnHold((await holdsById(deps.db, [id]))[0], id, viewer)
  if (ended.length === 0 && now.bookingId !== null && now.status === 'ACTIVE') {
    throw new Conflict('A booking pays for this hold. Cancel the booking instead.', {
      bookingId: now.bookingId,
    })
  }
  return now
}
