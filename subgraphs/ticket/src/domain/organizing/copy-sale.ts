import { transaction } from '@karcis/kit/database'
import { idSchema } from '@karcis/kit/ids'
import { parseInput } from '@karcis/kit/validate'
import { z } from 'zod'
import { requireEvent } from '../allocation/known-events.ts'
import type { Deps } from '../deps.ts'
import { lockEventCopy } from '../events/event-copy-store.ts'
import { scheduleSaleMoment } from '../inventory/sale-moment-store.ts'
import { countTicketTypes, findTicketTypesOfEvents } from '../inventory/ticket-type-store.ts'
import { publishStock } from '../live.ts'
import { insertCopiedSale } from './copied-sale-store.ts'
import { MAP_TRANSACTION_MS } from './create-seat-map.ts'
import { currencyOfTicketTypes } from './currency.ts'

const schema = z.object({ fromEventId: idSchema, toEventId: idSchema })

/**
 * Gives an event without ticket types those of another, with its seat map and questions, for the event subgraph: once, since whoever asks again
 * finds some there.
 * @returns whether it did. @throws BadUserInput, NotFound, ServiceUnavailable.
 */
export async function copySale(deps: Deps, input: unknown): Promise<boolean> {
  const { db } = deps
  const { fromEventId, toEventId } = parseInput(schema, input)
  await requireEvent(deps, toEventId)
  if ((await findTicketTypesOfEvents(db, [fromEventId])).get(fromEventId) !== undefined)
    await currencyOfTicketTypes(deps, toEventId) // fixed, as for a first ticket type
  const isCopied = await transaction(
    db,
    async (tx) => {
      // Until the end nobody plans for either, and whoever copies the same waits.
      for (const eventId of [fromEventId, toEventId].sort()) await lockEventCopy(tx, eventId)
      if ((await countTicketTypes(tx, toEventId)) > 0) return false
      await insertCopiedSale(tx, fromEventId, toEventId)
      await scheduleSaleMoment(tx, toEventId)
      return true
    },
    { timeoutMs: MAP_TRANSACTION_MS },
  )
  if (isCopied) publishStock(deps.live, toEventId)
  return isCopied
}
