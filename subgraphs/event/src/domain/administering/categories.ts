import { transaction } from '@karcis/kit/database'
import { NotFound } from '@karcis/kit/errors'
import { idSchema, newId } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { emptyableTextSchema, parseInput } from '@karcis/kit/validate'
import { requireRole } from '@karcis/kit/viewer'
import { z } from 'zod'
import type { Category } from '../events/category-store.ts'
import * as store from '../events/category-store.ts'
import type { Deps } from '../deps.ts'
import { categoryNameSchema } from '../input.ts'
import { slugOf } from '@karcis/kit/slugs'

const description = emptyableTextSchema(2000).nullish()
const createSchema = z.object({ name: categoryNameSchema, description })
const updateSchema = z.object({ id: idSchema, name: categoryNameSchema.optional(), description })

/** Adds a category. Admins only. @throws Conflict when the name makes a slug that exists. */
export async function createCategory(deps: Deps, viewer: Viewer | null, input: unknown): Promise<Category> {
  requireRole({ viewer }, 'ADMIN')
  const fields = parseInput(createSchema, input)
  const category = { id: newId(), ...fields, slug: slugOf(fields.name) }
  return transaction(deps.db, (tx) => store.insertCategory(tx, category))
}

/** Changes what is given. Admins only. @throws NotFound, Conflict as for creating. */
export async function updateCategory(deps: Deps, viewer: Viewer | null, input: unknown): Promise<Category> {
  requireRole({ viewer }, 'ADMIN')
  const { id, ...fields } = parseInput(updateSchema, input)
  const changes = { ...fields, ...(fields.name && { slug: slugOf(fields.name) }) }
  const category = await transaction(deps.db, (tx) => store.updateCategory(tx, id, changes))
  if (!category) throw new NotFound('category', id)
  return category
}

/** Removes a category and gives it as it was. Admins only. @throws NotFound; Conflict when events are in it. */
export async function deleteCategory(deps: Deps, viewer: Viewer | null, id: string): Promise<Category> {
  requireRole({ viewer }, 'ADMIN')
  parseInput(idSchema, id, 'id')
  const category = await deps.batchedReads.category(id)
  if (!category) throw new NotFound('category', id)
  await transaction(deps.db, (tx) => store.deleteCategory(tx, category.id))
  return category
}
