import type { PriceRange } from '@karcis/kit/contracts/price-range'
import type { Tx } from '../database.ts'

/** Writes down what tickets of events cost, as it was told last. Events that are gone are passed by. */
export async function updatePrices(tx: Tx, ranges: readonly PriceRange[]): Promise<void> {
  const ids = ranges.map(({ eventId }) => eventId)
  // One that was added before there were listings may not have its own yet.
  await tx.$executeRaw`SELECT write_event_listings(ARRAY(SELECT id FROM unnest(${ids}::uuid[]) AS told(id)
    WHERE NOT EXISTS (SELECT FROM event_listings l WHERE l.event_id = told.id)))`
  await tx.$executeRaw`UPDATE event_listings l SET price_from = told.price_from, price_to = told.price_to
    FROM unnest(${ids}::uuid[], ${ranges.map(({ priceFrom }) => priceFrom)}::bigint[],
      ${ranges.map(({ priceTo }) => priceTo)}::bigint[]) AS told(id, price_from, price_to)
    WHERE l.event_id = told.id`
}

/** What a job writes of events that were there before what it writes. */
export type Fill = 'listings' | 'prices' | 'texts'

/**
 * Takes the next events of which something is still to be written, in the order of their ids, and writes their listings.
 * @returns their ids; null when there are none left, or another process is at them.
 */
export async function nextToFill(tx: Tx, what: Fill, limit: number): Promise<string[] | null> {
  const [fill] = await tx.$queryRaw<{ after: string }[]>`
    SELECT after FROM event_fills WHERE what = ${what} FOR UPDATE SKIP LOCKED`
  if (!fill) return null
  const rows = await tx.$queryRaw<{ id: string }[]>`
    SELECT id FROM events WHERE id > ${fill.after}::uuid ORDER BY id LIMIT ${limit}::int`
  const ids = rows.map(({ id }) => id)
  const last = ids.at(-1)
  if (last === undefined) await tx.$executeRaw`DELETE FROM event_fills WHERE what = ${what}`
  else await tx.$executeRaw`UPDATE event_fills SET after = ${last}::uuid WHERE what = ${what}`
  return last === undefined ? null : ids
}

export async function writeListings(tx: Tx, eventIds: readonly string[]): Promise<void> {
  await tx.$executeRaw`SELECT write_event_listings(${eventIds}::uuid[])`
}

/** Writes what a search looks at. */
export async function writeTexts(tx: Tx, eventIds: readonly string[]): Promise<void> {
  await tx.$executeRaw`SELECT write_event_texts(${eventIds}::uuid[])`
}
