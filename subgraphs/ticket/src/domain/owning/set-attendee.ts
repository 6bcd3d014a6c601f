import { transaction } from '@karcis/kit/database'
import { Conflict, Forbidden, NotFound } from '@karcis/kit/errors'
import { idSchema } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { nameSchema, parseInput, textSchema } from '@karcis/kit/validate'
import { z } from 'zod'
import type { Deps } from '../deps.ts'
import type { Ticket } from '../tickets/ticket.ts'
import { findTickets } from '../tickets/ticket-store.ts'
import { updateAttendee } from '../tickets/transfer-store.ts'

const attendeeSchema = z.object({
  ticketId: idSchema,
  name: nameSchema(),
  answers: z
    .array(z.object({ question: nameSchema(200), answer: textSchema(500) }))
    .max(20, 'must have at most 20')
    .optional(),
})

/**
 * Writes who comes with a ticket of the viewer's, or of an event of theirs.
 * @throws Forbidden, NotFound, BadUserInput, Conflict (it admits nobody any more, or has admitted somebody), ServiceUnavailable.
 */
export async function setAttendee(deps: Deps, viewer: Viewer, input: unknown): Promise<Ticket | null> {
  const { ticketId, name, answers } = parseInput(attendeeSchema, input)
  const ticket = (await findTickets(deps.db, [ticketId])).get(ticketId)
  if (!ticket) throw new NotFound('ticket', ticketId)
  const { ownerId, organizerId } = ticket
  if (viewer.role !== 'ADMIN' && viewer.id !== ownerId && viewer.id !== organizerId)
    throw new Forbidden('This is not your ticket.')
  const isWritten = await transaction(deps.db, (tx) => updateAttendee(tx, ticket, name, answers))
  if (!isWritten) throw new Conflict('This ticket admits nobody any more, or has done so.', { ticketId })
  return (await findTickets(deps.db, [ticketId])).get(ticketId) ?? null
}
