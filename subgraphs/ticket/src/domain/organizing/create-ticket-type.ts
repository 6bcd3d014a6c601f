import { newId } from '@karcis/kit/ids'
import { idSchema, parseInput } from '@karcis/kit/validate'
import { requireRole } from '@karcis/kit/viewer'
import { z } from 'zod'
import type { Context } from '../deps.ts'
import { EventNotBookable } from '../errors.ts'
import { publishStock } from '../live.ts'
import { requireOrganizer } from './require-organizer.ts'
import { priceFitsKind, type TicketType } from '../inventory/ticket-type.ts'
import { isSaleWindow, PRICE_RULE, ticketTypeFields, WINDOW_RULE } from './ticket-type-input.ts'
import { ticketTypesById } from '../inventory/ticket-type-store.ts'
import { transact } from '../database.ts'

const { price, ...fields } = ticketTypeFields
const inputSchema = z
  .object({
    ...fields,
    eventId: idSchema,
    kind: z.enum(['FREE', 'PAID', 'DONATION']),
    price: price.nullish().transform((given) => given ?? 0),
  })
  .superRefine((input, context) => {
    if (input.price >= 0 && !priceFitsKind(input.kind, input.price))
      context.addIssue({ code: 'custom', path: ['price'], message: PRICE_RULE })
    if (!isSaleWindow(input.saleStartsAt, input.saleEndsAt))
      context.addIssue({ code: 'custom', path: ['saleEndsAt'], message: WINDOW_RULE })
  })

/**
 * Adds a ticket type to an event of the viewer, priced in the event's currency.
 * @throws Forbidden, NotFound, BadUserInput, EventNotBookable (cancelled or over).
 */
export async function createTicketType(
  { deps, ...scope }: Context,
  input: unknown,
): Promise<TicketType | null> {
  requireRole(scope, 'ORGANIZER')
  const { eventId, ...given } = parseInput(inputSchema, input)
  const event = await requireOrganizer(deps, scope, eventId)
  if (event.status === 'CANCELLED' || event.endsAt <= new Date()) throw new EventNotBookable(eventId)
  const id = newId()
  await transact(deps.db, (tx) =>
    tx.ticketType.create({
      data: { ...given, id, eventId, currency: event.currency, available: given.quota },
    }),
  )
  publishStock(deps.news, eventId)
  const [type] = await ticketTypesById(deps.db, [id])
  return type ?? null
}
