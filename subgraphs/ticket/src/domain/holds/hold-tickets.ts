import { BadUserInput } from '@karcis/kit/errors'
import { idSchema, newId } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { parseInput } from '@karcis/kit/validate'
import { z } from 'zod'
import { type Hold, type HoldOwner, requireQuantity, requireSale } from '../allocation/hold.ts'
import { requireOpenType } from '../allocation/sale-reads.ts'
import type { Deps } from '../deps.ts'
import type { TicketType } from '../inventory/ticket-type.ts'

const inputSchema = z.object({ ticketTypeId: idSchema, quantity: z.number().int() })

/**
 * Holds general-admission places for the viewer, first come, first served.
 * @throws SoldOut, EventNotBookable, SaleNotOpen, LimitExceeded, NotFound, BadUserInput.
 */
export async function holdTickets(deps: Deps, viewer: Viewer, input: unknown): Promise<Hold> {
  const { ticketTypeId, quantity } = parseInput(inputSchema, input)
  requireQuantity(quantity, 'input.quantity')
  const type = await requireOpenType(deps, ticketTypeId)
  if (type.seated)
    throw new BadUserInput([
      { path: 'input.ticketTypeId', message: 'has seats: use holdSeats or holdBestSeats' },
    ])
  return allocateStock(deps, { userId: viewer.id, bookingId: null }, type, quantity)
}

/** Holds places of a general-admission type whose event is open. @throws SoldOut, SaleNotOpen, LimitExceeded. */
export function allocateStock(
  deps: Deps,
  owner: HoldOwner,
  type: TicketType,
  quantity: number,
): Promise<Hold> {
  requireSale(type, quantity)
  return deps.stockAllocator.submit(type.id, { ...owner, holdId: newId(), type, quantity })
}
