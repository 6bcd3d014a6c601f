import { requireService, requireViewer } from '@karcis/kit/viewer'
import { ifVisible } from '../domain/events/event-copy.ts'
import { setQuestions } from '../domain/organizing/set-questions.ts'
import type { Questionnaire } from '../domain/tickets/questionnaire.ts'
import { readQuestions } from '../domain/viewing/list-event-tickets.ts'
import type { Resolvers } from '../generated/resolvers-types.ts'
import type { Context } from '../request-context.ts'

/** What organizers ask those who come. */
export const questions = {
  Query: {
    eventQuestions(_, { eventId }, ctx) {
      requireService(ctx, 'booking')
      return readQuestions(ctx.deps, eventId)
    },
  },
  Mutation: {
    setQuestions: (_, { input }, ctx) => setQuestions(ctx.deps, requireViewer(ctx), input),
  },
  Event: {
    questions: async ({ id }, _, ctx) => {
      const asked = await load(ctx, id)
      return asked && (asked.questionnaire?.questions ?? [])
    },
    answersUntil: async ({ id }, _, ctx) => (await load(ctx, id))?.questionnaire?.answersUntil ?? null,
  },
} satisfies Resolvers

/** What an event asks; null where the viewer may not see that there is one. */
async function load(
  { loaders, viewer }: Context,
  eventId: string,
): Promise<{ questionnaire: Questionnaire | null } | null> {
  if (!ifVisible(viewer, await loaders.eventCopy.load(eventId))) return null
  return { questionnaire: await loaders.questionnaire.load(eventId) }
}
