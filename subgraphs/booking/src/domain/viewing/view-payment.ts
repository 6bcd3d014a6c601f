import { Forbidden, NotFound } from '@karcis/kit/errors'
import { idSchema } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { parseInput } from '@karcis/kit/validate'
import type { Booking } from '../bookings/booking.ts'
import type { Deps } from '../deps.ts'
import { isManualOffered } from '../manual/start-manual-payment.ts'
import { findPayment, type Payment } from '../payments/payment-store.ts'
import { methodsFor, type PaymentMethod } from '../payments/providers.ts'

/** How a booking of the viewer can be paid. @throws NotFound, Forbidden, BadUserInput. */
export async function viewPaymentMethods(
  deps: Pick<Deps, 'db' | 'providers'>,
  find: (id: string) => Promise<Booking | null>,
  viewer: Viewer,
  rawId: string,
): Promise<PaymentMethod[]> {
  const id = parseInput(idSchema, rawId, 'bookingId')
  const booking = await find(id)
  if (!booking) throw new NotFound('booking', id)
  if (booking.userId !== viewer.id) throw new Forbidden('A booking is paid by its buyer.')
  // There is nothing in a guest's wallet, nor can they put anything into it.
  const methods = methodsFor(deps.providers, booking.currency).filter(
    (method) => method !== 'WALLET' || viewer.role !== 'GUEST',
  )
  return (await isManualOffered(deps, booking)) ? methods : methods.filter((method) => method !== 'MANUAL')
}

/** One payment, null when there is none. @throws Forbidden unless the viewer makes it, or is an admin; BadUserInput. */
export async function viewPayment({ db }: Deps, viewer: Viewer, rawId: string): Promise<Payment | null> {
  const payment = await findPayment(db, parseInput(idSchema, rawId, 'id'))
  if (payment && payment.userId !== viewer.id && viewer.role !== 'ADMIN')
    throw new Forbidden('This is not your payment.')
  return payment
}
