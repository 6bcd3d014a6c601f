import { Conflict } from '@karcis/kit/errors'
import type { Viewer } from '@karcis/kit/service-token'
import { idSchema } from '@karcis/kit/ids'
import { parseInput } from '@karcis/kit/validate'
import { type Hold, requireOwnHold } from '../allocation/hold.ts'
import { endHolds } from '../allocation/hold-ender.ts'
import { findHold, listOpenHolds } from '../allocation/hold-store.ts'
import type { Deps } from '../deps.ts'

/** A hold of the viewer; admins read everyone's. @throws NotFound, BadUserInput. */
export async function readHold({ db }: Deps, viewer: Viewer, id: string): Promise<Hold> {
  const holdId = parseInput(idSchema, id, 'id')
  return requireOwnHold(await findHold(db, holdId), holdId, viewer)
}

/** How many open holds are told of at once; at one place each it takes ten events to have as many. */
const MAX_LISTED = 100

/** What the viewer's holds keep for them just now, newest first, bound to a booking or not. @throws BadUserInput. */
export const readOpenHolds = (
  { db }: Deps,
  viewer: Viewer,
  eventId: string | null | undefined,
): Promise<Hold[]> =>
  listOpenHolds(db, viewer.id, eventId == null ? null : parseInput(idSchema, eventId, 'eventId'), MAX_LISTED)

/**
 * Gives a hold of the viewer back; one that has ended stays as it is.
 * @throws NotFound, BadUserInput, Conflict when a booking has bound it.
 */
export async function releaseHold(deps: Deps, viewer: Viewer, id: string): Promise<Hold> {
  const hold = await readHold(deps, viewer, id)
  const ended = await endHolds(deps, {
    eventId: hold.eventId,
    holdIds: [hold.id],
    to: 'RELEASED',
    unboundOnly: true,
  })
  const now = await readHold(deps, viewer, hold.id)
  if (ended.length === 0 && now.bookingId !== null && now.status === 'ACTIVE') {
    throw new Conflict('A booking pays for this hold. Cancel the booking instead.', {
      bookingId: now.bookingId,
    })
  }
  return now
}
