import type { Change } from '@karcis/kit/live'
import { Forbidden, NotFound } from '@karcis/kit/errors'
import type { Viewer } from '@karcis/kit/service-token'
import { idSchema, parseInput } from '@karcis/kit/validate'
import { type Booking, mayManage, mayView } from './booking.ts'
import { findBooking } from './booking-reads.ts'
import type { Db, Deps } from './deps.ts'

/** One booking, null when there is none. @throws Forbidden when the viewer may not see it; BadUserInput. */
export async function viewBooking({ db }: Deps, viewer: Viewer, rawId: string): Promise<Booking | null> {
  const booking = await findBooking(db, parseInput(idSchema, rawId, 'id'))
  if (booking && !mayView(viewer, booking)) throw new Forbidden('This is not your booking.')
  return booking
}

/** The booking's changes from now on, beginning with how it is. @throws NotFound, Forbidden, BadUserInput. */
export async function watchBooking(
  { db, live }: Deps,
  viewer: Viewer,
  rawId: string,
): Promise<AsyncIterableIterator<Change>> {
  const id = parseInput(idSchema, rawId, 'id')
  const booking = await findBooking(db, id)
  if (!booking) throw new NotFound('booking', id)
  if (!mayManage(viewer, booking)) throw new Forbidden('This is not your booking.')
  return live.watch(id, 0)
}

/** What changed of a booking after version `since`; null when nothing did. */
export async function readChange(db: Db, id: string, since: number): Promise<Change | null> {
  const revision = (await findBooking(db, id))?.version ?? 0
  return revision > since ? { since, revision } : null
}
