import { transaction } from '@karcis/kit/database'
import { Conflict, NotFound } from '@karcis/kit/errors'
import { recordEvent } from '@karcis/kit/events'
import { idSchema, newId } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { emptyableTextSchema, parseInput } from '@karcis/kit/validate'
import { requireRole } from '@karcis/kit/viewer'
import { z } from 'zod'
import type { Deps } from '../deps.ts'
import { insertCategory } from '../events/category-store.ts'
import * as store from '../events/suggestion-store.ts'

const schema = z
  .object({
    decision: z.enum(['APPROVED', 'REJECTED']),
    message: emptyableTextSchema(2_000).nullish(),
  })
  .refine((input) => input.decision === 'APPROVED' || input.message, {
    path: ['message'],
    message: 'is needed for a rejection',
  })

/**
 * Decides on a category that was suggested: approved, there is one at once. Its organizer is told. Admins only; of several one decides.
 * @throws NotFound; Conflict when it was decided, or there is a category of this name by now; LIMIT_EXCEEDED when there are as many as may be.
 */
export async function decideCategorySuggestion(
  deps: Deps,
  viewer: Viewer | null,
  rawId: string,
  input: unknown,
): Promise<store.CategorySuggestion> {
  const { id: reviewerId } = requireRole({ viewer }, 'ADMIN')
  const id = parseInput(idSchema, rawId, 'id')
  const { decision, message: said } = parseInput(schema, input)
  const message = said || null
  return transaction(deps.db, async (tx) => {
    const suggestion = await store.moveSuggestion(tx, id, { decision, message, reviewerId })
    if (!suggestion) {
      if (await store.isSuggestion(tx, id)) throw new Conflict('This suggestion was decided already.')
      throw new NotFound('suggestion', rawId)
    }
    const { organizerId, name, slug } = suggestion
    const payload = { suggestionId: id, organizerId, name, decision, message }
    await recordEvent(tx, {
      type: 'event.category-suggestion-decided',
      aggregateId: id,
      payload,
      consumers: ['user'],
    })
    if (decision === 'REJECTED') return suggestion
    const category = await insertCategory(tx, { id: newId(), name, slug, description: null })
    await store.updateSuggestionCategory(tx, id, category.id)
    return { ...suggestion, categoryId: category.id }
  })
}
