import { PRICE_RANGES, priceRange } from '@karcis/kit/contracts/price-range'
import { transaction } from '@karcis/kit/database'
import { ServiceUnavailable } from '@karcis/kit/errors'
import { z } from 'zod'
import type { Tx } from '../database.ts'
import type { Deps } from '../deps.ts'
import { learnWords } from '../events/event-texts.ts'
import { type Fill, nextToFill, updatePrices, writeListings, writeTexts } from '../events/listing-store.ts'

const BATCH = 500

const answerSchema = z.object({ priceRanges: z.array(priceRange) })

/** Writes the listings and texts of events that were there before there were any, and asks what their tickets cost. */
export async function fillListings(deps: Deps, _payload: object = {}, closing?: AbortSignal): Promise<void> {
  await fill(deps, 'listings', writeListings, closing)
  await fill(deps, 'texts', writeTexts, closing)
  await fill(
    deps,
    'prices',
    async (tx, eventIds) => updatePrices(tx, await readPrices(deps, eventIds)),
    closing,
  )
}

async function fill(
  { db }: Deps,
  what: Fill,
  write: (tx: Tx, eventIds: string[]) => Promise<void>,
  closing?: AbortSignal,
): Promise<void> {
  for (;;) {
    const taken = await transaction(db, async (tx) => {
      const eventIds = await nextToFill(tx, what, BATCH)
      if (eventIds !== null) await write(tx, eventIds)
      return eventIds
    })
    if (taken === null || closing?.aborted) return
  }
}

const TEXTS_AT_ONCE = 200

/** Lets searches know the words of what was written since the last time. */
export async function learnNewWords(
  { db }: Deps,
  _payload: object = {},
  closing?: AbortSignal,
): Promise<void> {
  for (;;) {
    const learned = await transaction(db, (tx) => learnWords(tx, TEXTS_AT_ONCE))
    if (learned < TEXTS_AT_ONCE || closing?.aborted) return
  }
}

/** Asked in the transaction that notes how far it has come, which only the next one of this job waits for. */
async function readPrices({ clients }: Deps, eventIds: string[]) {
  if (!clients.ticket) throw new ServiceUnavailable()
  return answerSchema.parse(await clients.ticket.query(PRICE_RANGES, { eventIds }, null)).priceRanges
}
