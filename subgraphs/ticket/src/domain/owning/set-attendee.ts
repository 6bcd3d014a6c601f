import { transaction } from '@karcis/kit/database'
import { BadUserInput, Conflict, Forbidden, NotFound } from '@karcis/kit/errors'
import { idSchema } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { nameSchema, parseInput, textSchema } from '@karcis/kit/validate'
import { z } from 'zod'
import type { Deps } from '../deps.ts'
import { mayDo } from '../events/event-copy.ts'
import type { Attendee, Ticket } from '../tickets/ticket.ts'
import { answersAfter, givenProblems, missingProblems, type Question } from '../tickets/questionnaire.ts'
import { findQuestionnaires } from '../tickets/questionnaire-store.ts'
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
 * Writes who comes with a ticket of the viewer's, or of an event of theirs, and what they answer to its questions. Its owner must answer all
 * that must be answered, and in time; the organizer writes what they know, whenever the ticket still admits.
 * @throws Forbidden, NotFound, BadUserInput, Conflict (it admits nobody any more, or has admitted somebody, or it is too late),
 *   ServiceUnavailable.
 */
export async function setAttendee(deps: Deps, viewer: Viewer, input: unknown): Promise<Ticket | null> {
  const { ticketId, name, answers: given } = parseInput(attendeeSchema, input)
  const ticket = (await findTickets(deps.db, [ticketId])).get(ticketId)
  if (!ticket) throw new NotFound('ticket', ticketId)
  const { ownerId, eventId } = ticket
  const organizes = mayDo(viewer, ticket, 'SELL')
  if (!organizes && viewer.id !== ownerId) throw new Forbidden('This is not your ticket.')
  const questionnaire = (await findQuestionnaires(deps.db, [eventId])).get(eventId)
  const questions = questionnaire?.questions ?? []
  const answers = requireAnswers(questions, ticket.attendee?.answers ?? [], given, !organizes)
  const isWritten = await transaction(deps.db, (tx) =>
    updateAttendee(tx, ticket, { name, answers }, { whenever: organizes }),
  )
  if (!isWritten) throw await refusal(deps, ticket, organizes)
  return (await findTickets(deps.db, [ticketId])).get(ticketId) ?? null
}

/** @param complete whether all that must be answered has to be. @throws BadUserInput. */
function requireAnswers(
  questions: readonly Question[],
  before: Attendee['answers'],
  given: Attendee['answers'] | undefined,
  complete: boolean,
): Attendee['answers'] {
  const after = answersAfter(questions, before, given)
  const problems = [
    ...givenProblems(questions, given ?? [], 'input.answers'),
    ...(complete ? missingProblems(questions, after, 'input.answers') : []),
  ]
  if (problems.length > 0) throw new BadUserInput(problems)
  return after
}

async function refusal({ db }: Deps, { id: ticketId }: Ticket, organizes: boolean): Promise<Conflict> {
  const isValid = (await findTickets(db, [ticketId])).get(ticketId)?.status === 'VALID'
  return isValid && !organizes
    ? new Conflict('It is too late to say who comes: ask the organizer.', { ticketId })
    : new Conflict('This ticket admits nobody any more, or has done so.', { ticketId })
}
