import { transaction } from '@karcis/kit/database'
import { Conflict } from '@karcis/kit/errors'
import type { PageArgs } from '@karcis/kit/pagination'
import type { Viewer } from '@karcis/kit/service-token'
import { slugOf } from '@karcis/kit/slugs'
import { parseInput, reasonSchema } from '@karcis/kit/validate'
import { requireRole } from '@karcis/kit/viewer'
import { z } from 'zod'
import type { Deps } from '../deps.ts'
import { categoryNameSchema } from '../input.ts'
import * as store from '../events/suggestion-store.ts'
import { confirmRights, requireRights } from './organizer-rights.ts'

const schema = z.object({ name: categoryNameSchema, reason: reasonSchema(1_000) })

/**
 * Suggests a category that is missing. Organizers only; admins decide.
 * @throws Conflict when there is one of this name, or it waits already; LIMIT_EXCEEDED when five of theirs wait.
 */
export async function suggestCategory(
  deps: Deps,
  viewer: Viewer | null,
  input: unknown,
): Promise<store.CategorySuggestion> {
  const organizer = requireRole({ viewer }, 'ORGANIZER')
  const { name, reason } = parseInput(schema, input)
  const rights = await confirmRights(deps, organizer)
  return transaction(deps.db, async (tx) => {
    await requireRights(tx, organizer.id, rights)
    const suggested = { organizerId: organizer.id, name, slug: slugOf(name), reason }
    const suggestion = await store.insertSuggestion(tx, suggested)
    if (!suggestion) throw new Conflict('There is a category of this name.')
    return suggestion
  })
}

/** A page of suggestions, the newest first: to organizers their own, to admins all. @throws Forbidden, BadUserInput for the page. */
export async function listCategorySuggestions(
  { reads }: Deps,
  viewer: Viewer | null,
  status: store.SuggestionStatus | null | undefined,
  page: PageArgs,
): Promise<store.SuggestionPage> {
  const { id, role } = requireRole({ viewer }, 'ORGANIZER')
  const filter = { organizerId: role === 'ADMIN' ? null : id, status: status ?? null }
  return store.listSuggestions(reads, filter, page)
}
