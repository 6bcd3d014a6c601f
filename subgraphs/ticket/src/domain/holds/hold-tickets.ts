import { BadUserInput } from '@karcis/kit/errors'
import { newId } from '@karcis/kit/ids'
import { idSchema, parseInput } from '@karcis/kit/validate'
import { requireViewer } from '@karcis/kit/viewer'
import { z } from 'zod'
import type { Context, Deps } from '../deps.ts'
import { type Hold, requireQuantity, requireSale } from '../allocation/hold.ts'
import { openTypes } from './open-sale.ts'
import type { TicketType } from '../inventory/ticket-type.ts'

const inputSchema = z.object({ ticketTypeId: idSchema, quantity: z.number().int() })

/**
 * Holds general-admission places for the viewer, first come first served.
 * @throws SoldOut, EventNotBookable, SaleNotOpen, LimitExceeded, NotFound, BadUserInput.
 */
export async function holdTickets({ deps, ...scope }: Context, input: unknown): Promise<Hold> {
  const viewer = requireViewer(scope)
  const { ticketTypeId, quantity } = parseInput(inputSchema, input)
  requireQuantity(quantity, 'input.quantity')
  const type = (await openTypes(deps, [ticketTypeId])).get(ticketTypeId)
  if (!type || type.seated)
    throw new BadUserInput([
      { path: 'input.ticketTypeId', message: 'has seats: use holdSeats or holdBestSeats' },
    ])
  return takeStock(deps, { userId: viewer.id, bookingId: null }, type, quantity)
}

/** Takes places of a general-admission type whose event is open. */
export function takeStock(
  deps: Deps,
  taker: { userId: string; bookingId: string | null },
  type: TicketType,
  quantity: number,
): Promise<Hold> {
  requireSale(type, quantity)
  return deps.stockTaker.submit(type.id, { ...taker, holdId: newId(), type, quantity })
}
