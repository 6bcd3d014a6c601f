import { BadUserInput } from '@karcis/kit/errors'
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
  ticketTypeId: idSchema,
  quantity: quantitySchema,
  queuePass: queuePassSchema,
  accessCode: givenCodeSchema,
})

/**
 * Holds general-admission places for the viewer, first come, first served.
 * @throws SoldOut, EventNotBookable, SalesPaused, QueueRequired, SaleNotOpen, LimitExceeded, NotFound, BadUserInput.
 */
export async function holdTickets(deps: Deps, viewer: Viewer, input: unknown): Promise<Hold> {
  const { ticketTypeId, quantity, queuePass, accessCode } = parseInput(inputSchema, input)
  const owner = { userId: viewer.id, bookingId: null }
  const type = await requireOpenType(deps, { ...owner, queuePass, accessCode }, ticketTypeId)
  await requirePlacesOfOneHold(deps, { ...owner, eventId: type.eventId }, quantity)
  if (type.seated)
    throw new BadUserInput([
      { path: 'input.ticketTypeId', message: 'has seats: use holdSeats or holdBestSeats' },
    ])
  return allocateItems(deps, owner, [{ type, quantity }])
}
