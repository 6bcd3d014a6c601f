import { type ConstraintErrors, mapConstraintError } from '@karcis/kit/database'
import { Conflict } from '@karcis/kit/errors'
import type { Reads } from '@karcis/kit/reads'
import type { Db, Tx } from '../database.ts'
import { inUseErrors, requireSpace } from '../errors.ts'

/** A kind of event. */
export interface Category {
  id: string
  name: string
  description: string | null
  slug: string
  createdAt: Date
  updatedAt: Date
}

type CategoryFields = Pick<Category, 'name' | 'slug'> & { description?: string | null | undefined }

const CONSTRAINT_ERRORS: ConstraintErrors = {
  categories_slug_key: () => new Conflict('There is a category of this name.'),
  ...inUseErrors('category', 'events_category_id_fkey'),
}

const explain = (error: unknown): never => mapConstraintError(error, CONSTRAINT_ERRORS)

/** Categories by id. */
export async function findCategories(db: Db, ids: string[]): Promise<Map<string, Category>> {
  const found = await db.category.findMany({ where: { id: { in: ids } } })
  return new Map(found.map((category) => [category.id, category]))
}

/** The id of the category that is called so, or has that id or slug, in any case; null when there is none. A name goes before a slug. */
export async function findCategoryNamed(
  db: Reads,
  { name, slug }: { name: string; slug: string },
): Promise<string | null> {
  const [row] = await db.$queryRaw<{ id: string }[]>`SELECT id FROM categories
    WHERE id::text = lower(${name}) OR searchable(name) = searchable(${name}) OR slug = ${slug}
    ORDER BY id::text <> lower(${name}), searchable(name) <> searchable(${name}), name LIMIT 1`
  return row?.id ?? null
}

/** All categories, by name. */
export const listCategories = (db: Db): Promise<Category[]> =>
  db.category.findMany({ orderBy: [{ name: 'asc' }, { id: 'asc' }] })

/** So many are given whole to whoever asks for them. */
const MAX_CATEGORIES = 100

/** Adds a category. @throws Conflict when its slug exists; LIMIT_EXCEEDED when there are as many as there may be. */
export async function insertCategory(tx: Tx, category: CategoryFields & { id: string }): Promise<Category> {
  await requireSpace(tx, { what: 'categories', limit: MAX_CATEGORIES }, () => tx.category.count())
  return tx.category.create({ data: category }).catch(explain)
}

/** Changes what is given; null when there is no such category. @throws Conflict when its slug exists. */
export async function updateCategory(
  tx: Tx,
  id: string,
  changes: Partial<CategoryFields>,
): Promise<Category | null> {
  const data = { ...changes, updatedAt: new Date() }
  const [category] = await tx.category.updateManyAndReturn({ where: { id }, data }).catch(explain)
  return category ?? null
}

/** Removes a category, if there is one. @throws Conflict when events are in it. */
export async function deleteCategory(tx: Tx, id: string): Promise<void> {
  await tx.category.deleteMany({ where: { id } }).catch(explain)
}
