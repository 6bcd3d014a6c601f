import { CHARGEABLE_CURRENCIES, chargeableCurrencies } from '@karcis/kit/contracts/bound-hold'
import { FIX_CURRENCY } from '@karcis/kit/contracts/event-for-sale'
import { BadUserInput, ServiceUnavailable } from '@karcis/kit/errors'
import type { ServiceClient } from '@karcis/kit/service-client'
import { LRUCache } from 'lru-cache'
import type { Db } from '../database.ts'
import { findTicketTypesOfEvents } from '../inventory/ticket-type-store.ts'

/** What payment methods are enabled changes with settings, that is, hardly ever. */
const KEPT_MS = 60_000

/** The currencies that some enabled payment method charges, ISO 4217, as the booking subgraph knows them. */
export type ChargeableCurrencies = () => Promise<readonly string[]>

/** Remembers the answer for a minute. @param client the booking subgraph. */
export function createChargeableCurrencies(client: ServiceClient | undefined): ChargeableCurrencies {
  const kept = new LRUCache<'all', readonly string[]>({ max: 1, ttl: KEPT_MS })
  return async () => {
    const known = kept.get('all')
    if (known) return known
    if (!client) throw new ServiceUnavailable()
    const answer = await client.query<{ chargeableCurrencies: unknown }>(CHARGEABLE_CURRENCIES, {})
    const currencies = chargeableCurrencies.parse(answer.chargeableCurrencies)
    kept.set('all', currencies)
    return currencies
  }
}

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
