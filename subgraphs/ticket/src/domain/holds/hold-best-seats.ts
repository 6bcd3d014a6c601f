import { BadUserInput, NotFound } from '@karcis/kit/errors'
import { idSchema } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { parseInput } from '@karcis/kit/validate'
import { z } from 'zod'
import { allocateItems } from '../allocation/allocate-items.ts'
import { type Hold, quantitySchema, queuePassSchema } from '../allocation/hold.ts'
import { requirePlacesOfOneHold } from '../allocation/limits.ts'
import { requireOpenType } from '../allocation/sale-reads.ts'
import type { Deps } from '../deps.ts'
import { givenCodeSchema } from '../inventory/access-codes.ts'

const inputSchema = z.object({
  eventId: idSchema,
  ticketTypeId: idSchema,
  quantity: quantitySchema,
  queuePass: queuePassSchema,
  accessCode: givenCodeSchema,
})

/**
 * Holds for the viewer the best seats that are left of a ticket type, side by side.
 * @throws SoldOut when no row has as many neighbours left; EventNotBookable, SalesPaused, QueueRequired, SaleNotOpen, LimitExceeded, NotFound,
 *   BadUserInput.
 */
export async function holdBestSeats(deps: Deps, viewer: Viewer, input: unknown): Promise<Hold> {
  const { eventId, ticketTypeId, quantity, queuePass, accessCode } = parseInput(inputSchema, input)
  const owner = { userId: viewer.id, bookingId: null }
  await requirePlacesOfOneHold(deps, { ...owner, eventId }, quantity)
  const type = await requireOpenType(deps, { ...owner, queuePass, accessCode }, ticketTypeId)
  if (type.eventId !== eventId) throw new NotFound('ticket type of this event', ticketTypeId)
  if (!type.seated)
    throw new BadUserInput([{ path: 'input.ticketTypeId', message: 'has no seats: use holdTickets' }])
  return allocateItems(deps, owner, [{ type, quantity }])
}
