import { refusalOf } from '@karcis/kit/database'
import { Conflict, NotFound } from '@karcis/kit/errors'
import { requireRole } from '@karcis/kit/viewer'
import type { Context } from '../deps.ts'
import { expireHoldsOfTypes } from '../allocation/expire-holds.ts'
import { requireId } from '../input.ts'
import { publishStock } from '../live.ts'
import { requireOrganizer } from './require-organizer.ts'
import type { TicketType } from '../inventory/ticket-type.ts'
import { ticketTypesById } from '../inventory/ticket-type-store.ts'
import { type Tx, transact } from '../database.ts'

const FOREIGN_KEY_VIOLATION = '23503'

/**
 * Removes a ticket type of an event of the viewer, and gives what it was.
 * @throws Forbidden, NotFound, Conflict (something is or was sold, is held, or it has seats).
 */
export async function deleteTicketType({ deps, ...scope }: Context, id: string): Promise<TicketType> {
  requireRole(scope, 'ORGANIZER')
  requireId(id, 'id')
  const [type] = await ticketTypesById(deps.db, [id])
  if (!type) throw new NotFound('ticket type', id)
  await requireOrganizer(deps, scope, type.eventId)
  await expireHoldsOfTypes(deps, type.eventId, [id])
  try {
    await transact(deps.db, (tx) => remove(tx, type))
  } catch (error) {
    const { sqlState } = refusalOf(error)
    const code = (error as { code?: string }).code
    // Refunded tickets and seats still name their type.
    if (sqlState === FOREIGN_KEY_VIOLATION || code === 'P2003')
      throw new Conflict('Tickets or seats of this type exist.')
    throw error
  }
  publishStock(deps.news, type.eventId)
  return type
}

async function remove(tx: Tx, type: TicketType): Promise<void> {
  const rows = await tx.$queryRaw<{ version: number }[]>`DELETE FROM ticket_types
    WHERE id = ${type.id}::uuid AND sold = 0 AND held = 0 RETURNING version`
  const [removed] = rows
  if (!removed)
    throw new Conflict('Some of this type are sold or held.', { sold: type.sold, held: type.held })
  // The stock's revision is the sum of versions: it must not fall with the one that is gone.
  await tx.$executeRaw`UPDATE event_copies SET stock_base = stock_base + ${removed.version + 1} WHERE id = ${type.eventId}::uuid`
}
