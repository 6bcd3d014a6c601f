import { Conflict, NotFound } from '@karcis/kit/errors'
import { newId } from '@karcis/kit/ids'
import { idSchema, nameSchema, parseInput } from '@karcis/kit/validate'
import { requireRole } from '@karcis/kit/viewer'
import { z } from 'zod'
import type { Context } from './deps.ts'
import { transaction } from './database.ts'
import { deleteUnlessUsed, explainRefusal } from './errors.ts'
import { storableText } from './input.ts'
import { slugOf } from './slug.ts'

/** A kind of event. */
export interface Category {
  id: string
  name: string
  description: string | null
  slug: string
  createdAt: Date
  updatedAt: Date
}

const name = nameSchema(80).refine((value) => value === '' || slugOf(value) !== '', 'needs a letter or digit')
const description = storableText(2000).nullish()
const createSchema = z.object({ name, description })
const updateSchema = z.object({ id: idSchema, name: name.optional(), description })

const meanings = { categories_slug_key: () => new Conflict('There is a category of this name.') }

/** All categories, by name. */
export const listCategories = (ctx: Context): Promise<Category[]> =>
  ctx.deps.db.category.findMany({ orderBy: [{ name: 'asc' }, { id: 'asc' }] })

/** Adds a category. @throws Conflict when the name makes a slug that exists. */
export async function createCategory(ctx: Context, input: unknown): Promise<Category> {
  requireRole(ctx, 'ADMIN')
  const fields = parseInput(createSchema, input)
  const data = { id: newId(), ...fields, slug: slugOf(fields.name) }
  return transaction(ctx.deps.db, (tx) => explainRefusal(tx.category.create({ data }), meanings))
}

/** Changes what is given. @throws NotFound, Conflict as for creating. */
export async function updateCategory(ctx: Context, input: unknown): Promise<Category> {
  requireRole(ctx, 'ADMIN')
  const { id, ...fields } = parseInput(updateSchema, input)
  const data = { ...fields, ...(fields.name && { slug: slugOf(fields.name) }), updatedAt: new Date() }
  return transaction(ctx.deps.db, async (tx) => {
    const [category] = await explainRefusal(
      tx.category.updateManyAndReturn({ where: { id }, data }),
      meanings,
    )
    if (!category) throw new NotFound('category', id)
    return category
  })
}

/** Removes a category and gives it as it was. @throws NotFound; Conflict when events are in it. */
export async function deleteCategory(ctx: Context, id: string): Promise<Category> {
  requireRole(ctx, 'ADMIN')
  const category = await ctx.loaders.category.load(id)
  if (!category) throw new NotFound('category', id)
  await transaction(ctx.deps.db, (tx) =>
    deleteUnlessUsed('category', tx.category.deleteMany({ where: { id } })),
  )
  return category
}
