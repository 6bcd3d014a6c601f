import { CHARGEABLE_CURRENCIES, chargeableCurrencies } from '@karcis/kit/contracts/bound-hold'
import { ServiceUnavailable } from '@karcis/kit/errors'
import type { ServiceClient } from '@karcis/kit/service-client'
import { LRUCache } from 'lru-cache'

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
