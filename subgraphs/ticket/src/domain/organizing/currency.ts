import { FIX_CURRENCY } from '@karcis/kit/contracts/event-for-sale'
import { BadUserInput, ServiceUnavailable } from '@karcis/kit/errors'
import type { ServiceClient } from '@karcis/kit/service-client'
import type { Db } from '../database.ts'
import type { ChargeableCurrencies } from '../inventory/chargeable-currencies.ts'
import { findTicketTypesOfEvents } from '../inventory/ticket-type-store.ts'

/**
 * The currency in which an event's ticket types are priced, all of them. With the first of them it is fixed where events are
 * kept, so that the organizer cannot change it from then on.
 * @throws NotFound when there is no such event (any more); ServiceUnavailable when its owner does not answer.
 */
export async function currencyOfTicketTypes(
  { db, clients }: { db: Db; clients: Record<string, ServiceClient> },
  eventId: string,
): Promise<string> {
  const [first] = (await findTicketTypesOfEvents(db, [eventId])).get(eventId) ?? []
  if (first) return first.currency
  if (!clients.event) throw new ServiceUnavailable()
  return (await clients.event.query<{ fixCurrency: string }>(FIX_CURRENCY, { eventId })).fixCurrency
}

/** @throws BadUserInput for a currency in which nothing could ever be paid; ServiceUnavailable when booking does not answer. */
export async function requireChargeable(
  deps: { chargeableCurrencies: ChargeableCurrencies },
  currency: string,
): Promise<void> {
  const chargeable = await deps.chargeableCurrencies()
  if (chargeable.includes(currency)) return
  const those = new Intl.ListFormat('en').format([...chargeable].sort())
  const message = `is priced in ${currency}, which no payment method charges: ${those || 'nothing'} can be charged`
  throw new BadUserInput([{ path: 'input.eventId', message }])
}
