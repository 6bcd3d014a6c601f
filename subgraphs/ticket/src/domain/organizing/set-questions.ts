import { transaction } from '@karcis/kit/database'
import { idSchema } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { areUnique, instantSchema, nameSchema, NOT_NULL, parseInput } from '@karcis/kit/validate'
import { z } from 'zod'
import { requireDuty } from '../allocation/known-events.ts'
import type { Deps } from '../deps.ts'
import type { EventRef } from '../events/event-copy.ts'
import { QUESTION_KINDS, type Question } from '../tickets/questionnaire.ts'
import { updateQuestionnaire } from '../tickets/questionnaire-store.ts'

const MOST_QUESTIONS = 20
const MOST_OPTIONS = 50

const TWICE = 'must name each only once'

const questionSchema = z
  .object({
    text: nameSchema(200),
    kind: z.enum(QUESTION_KINDS),
    required: z.boolean().nullish(),
    options: z.array(nameSchema(200)).max(MOST_OPTIONS).refine(areUnique, TWICE).nullish(),
  })
  .refine(({ kind, options }) => kind !== 'CHOICE' || (options?.length ?? 0) >= 2, {
    path: ['options'],
    message: 'must be two or more',
  })
  .refine(({ kind, options }) => kind === 'CHOICE' || (options ?? []).length === 0, {
    path: ['options'],
    message: 'are for a CHOICE alone',
  })
  .transform(({ text, kind, required, options }): Question => {
    return { text, kind, required: required ?? false, options: options ?? [] }
  })

const inputSchema = z.object({
  eventId: idSchema,
  questions: z
    .array(questionSchema, NOT_NULL)
    .max(MOST_QUESTIONS)
    .refine((questions) => areUnique(questions.map(({ text }) => text)), 'must ask each only once')
    .optional(),
  answersUntil: instantSchema.nullish(),
})

/**
 * Changes what is asked of those who come to an event of the viewer's, and until when; what is left out stays. Answers that were given stay,
 * also to questions that are asked no more. @throws Forbidden, NotFound, BadUserInput, ServiceUnavailable.
 */
export async function setQuestions(deps: Deps, viewer: Viewer, input: unknown): Promise<EventRef> {
  const { eventId, questions, answersUntil } = parseInput(inputSchema, input)
  await requireDuty(deps, viewer, eventId, 'EDIT')
  const change = { ...(questions && { questions }), ...(answersUntil !== undefined && { answersUntil }) }
  await transaction(deps.db, (tx) => updateQuestionnaire(tx, eventId, change))
  return { id: eventId }
}
