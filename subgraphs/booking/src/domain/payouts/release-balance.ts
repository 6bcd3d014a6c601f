import { transaction } from '@karcis/kit/database'
import { Conflict, Forbidden, NotFound } from '@karcis/kit/errors'
import { idSchema } from '@karcis/kit/ids'
import type { Connection, PageArgs } from '@karcis/kit/pagination'
import type { Viewer } from '@karcis/kit/service-token'
import { parseInput, reasonSchema } from '@karcis/kit/validate'
import { requireStepUp } from '@karcis/kit/viewer'
import type { Deps } from '../deps.ts'
import { type CalledOffBalance, findCalledOff, insertRelease, listCalledOff } from './called-off-store.ts'
import { whose } from './view-payouts.ts'

export type CalledOffBalanceConnection = Connection<CalledOffBalance>

export type CalledOffArgs = PageArgs & {
  organizerId?: string | null | undefined
  released?: boolean | null | undefined
}

/** What is left of events that were called off: the viewer's own; of everybody, or whom they name, for admins. @throws Forbidden, BadUserInput. */
export const viewCalledOff = (
  { db }: Deps,
  viewer: Viewer,
  { organizerId, released, ...page }: CalledOffArgs,
): Promise<CalledOffBalanceConnection> =>
  listCalledOff(db, { organizerId: whose(viewer, organizerId), released: released === true }, page)

/**
 * An admin lets an organizer have what is left of an event that was called off, once all of its bookings are refunded: it can be paid out from now on.
 * What is released stays so. @throws Forbidden, StepUpRequired, NotFound, Conflict, BadUserInput.
 */
export async function releaseEventBalance(
  { db }: Deps,
  viewer: Viewer,
  rawEventId: string,
  rawReason: string,
): Promise<CalledOffBalance> {
  if (viewer.role !== 'ADMIN') throw new Forbidden('Only an admin releases what is held back.')
  requireStepUp(viewer)
  const eventId = parseInput(idSchema, rawEventId, 'eventId')
  const reason = parseInput(reasonSchema(), rawReason, 'reason')
  const released = await transaction(db, async (tx) => {
    const balance = await findCalledOff(tx, eventId)
    if (!balance) throw new NotFound('balance of an event that was called off', eventId)
    if (balance.refunding)
      throw new Conflict('Bookings of this event are still being refunded.', { eventId, left: balance.left })
    await insertRelease(tx, { eventId, reason, by: viewer.id })
    return findCalledOff(tx, eventId)
  })
  if (!released) throw new Error(`event ${eventId} is gone`)
  return released
}
