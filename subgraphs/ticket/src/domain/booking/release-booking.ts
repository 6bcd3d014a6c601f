import { requireService } from '@karcis/kit/viewer'
import type { Context } from '../deps.ts'
import { endHolds } from '../allocation/hold-ender.ts'
import { holdsOfBookings } from '../allocation/hold-store.ts'
import { requireId } from '../input.ts'

/** Frees what a booking holds. For booking only; issued tickets stay, and there may be nothing (left) to free. */
export async function releaseBooking({ deps, ...scope }: Context, bookingId: string): Promise<boolean> {
  requireService(scope, 'booking')
  requireId(bookingId, 'bookingId')
  for (const hold of await holdsOfBookings(deps.db, [bookingId])) {
    await endHolds(deps, { eventId: hold.eventId, holdIds: [hold.id], to: 'RELEASED' })
  }
  return true
}
