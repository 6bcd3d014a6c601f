import { type ConstraintErrors, mapConstraintError } from '@karcis/kit/database'
import { Conflict } from '@karcis/kit/errors'
import { newId } from '@karcis/kit/ids'
import { type Connection, newestFirst, type PageArgs } from '@karcis/kit/pagination'
import type { Reads } from '@karcis/kit/reads'
import { Prisma } from '../../generated/prisma/client.ts'
import type { Tx } from '../database.ts'
import { requireSpace } from '../errors.ts'

export type SuggestionStatus = 'OPEN' | 'APPROVED' | 'REJECTED'

/** A category that an organizer misses. */
export interface CategorySuggestion {
  id: string
  organizerId: string
  name: string
  slug: string
  /** What it is for, in the organizer's words. */
  reason: string
  status: SuggestionStatus
  /** What the admin said who decided; null for nothing, and while nobody has. */
  message: string | null
  /** What came of it. */
  categoryId: string | null
  createdAt: Date
  decidedAt: Date | null
}

export type SuggestionPage = Connection<CategorySuggestion>

const SUGGESTIONS = newestFirst<CategorySuggestion>('categorySuggestions')

const COLUMNS = Prisma.sql`id, organizer_id AS "organizerId", name, slug, reason, status, message, category_id AS "categoryId",
  created_at AS "createdAt", decided_at AS "decidedAt"`

const CONSTRAINT_ERRORS: ConstraintErrors = {
  category_suggestions_one_open: () =>
    new Conflict('This category was suggested already, and waits for a decision.'),
}

/** So many of one organizer wait at a time. */
const MOST_OPEN = 5

/**
 * Adds a suggestion. @returns null when there is a category of this name.
 * @throws Conflict when it waits already; LIMIT_EXCEEDED when as many of the organizer do as may.
 */
export async function insertSuggestion(
  tx: Tx,
  { organizerId, name, slug, reason }: Pick<CategorySuggestion, 'organizerId' | 'name' | 'slug' | 'reason'>,
): Promise<CategorySuggestion | null> {
  const open = {
    what: 'suggestions of yours that wait',
    list: `suggestions of ${organizerId}`,
    limit: MOST_OPEN,
  }
  await requireSpace(tx, open, () => countSuggestions(tx, { organizerId, status: 'OPEN' }))
  const [row] = await tx.$queryRaw<CategorySuggestion[]>`
    INSERT INTO category_suggestions (id, organizer_id, name, slug, reason)
    SELECT ${newId()}::uuid, ${organizerId}::uuid, ${name}, ${slug}, ${reason}
    WHERE NOT EXISTS (SELECT FROM categories WHERE slug = ${slug})
    RETURNING ${COLUMNS}`.catch((error: unknown): never => mapConstraintError(error, CONSTRAINT_ERRORS))
  return row ?? null
}

/** Decides on a suggestion that waits. @returns null when none of this id does. */
export async function moveSuggestion(
  tx: Tx,
  id: string,
  {
    decision,
    message,
    reviewerId,
  }: { decision: 'APPROVED' | 'REJECTED'; message: string | null; reviewerId: string },
): Promise<CategorySuggestion | null> {
  const [row] = await tx.$queryRaw<CategorySuggestion[]>`
    UPDATE category_suggestions SET status = ${decision}, message = ${message}, reviewer_id = ${reviewerId}::uuid, decided_at = now()
    WHERE id = ${id}::uuid AND status = 'OPEN' RETURNING ${COLUMNS}`
  return row ?? null
}

/** Notes which category came of a suggestion. */
export async function updateSuggestionCategory(tx: Tx, id: string, categoryId: string): Promise<void> {
  await tx.$executeRaw`UPDATE category_suggestions SET category_id = ${categoryId}::uuid WHERE id = ${id}::uuid`
}

/** Whether there is, or was, such a suggestion. */
export async function isSuggestion(db: Reads, id: string): Promise<boolean> {
  const found = await db.$queryRaw<object[]>`SELECT FROM category_suggestions WHERE id = ${id}::uuid`
  return found.length > 0
}

/** Forgets what somebody has suggested whose account is erased. */
export async function deleteSuggestions(tx: Tx, organizerId: string): Promise<void> {
  await tx.$executeRaw`DELETE FROM category_suggestions WHERE organizer_id = ${organizerId}::uuid`
}

/** Which suggestions; null for any. */
interface SuggestionFilter {
  organizerId: string | null
  status: SuggestionStatus | null
}

const conditions = ({ organizerId, status }: SuggestionFilter): Prisma.Sql =>
  Prisma.join(
    [
      Prisma.sql`TRUE`,
      ...(organizerId === null ? [] : [Prisma.sql`organizer_id = ${organizerId}::uuid`]),
      ...(status === null ? [] : [Prisma.sql`status = ${status}`]),
    ],
    ' AND ',
  )

async function countSuggestions(db: Reads, filter: SuggestionFilter): Promise<number> {
  const [row] = await db.$queryRaw<
    { count: number }[]
  >`SELECT count(*)::int AS count FROM category_suggestions WHERE ${conditions(filter)}`
  return row?.count ?? 0
}

/** A page of suggestions, the newest first. @throws BadUserInput for the page. */
export const listSuggestions = (
  db: Reads,
  filter: SuggestionFilter,
  args: PageArgs,
): Promise<SuggestionPage> =>
  SUGGESTIONS.read(args, {
    rows: ({ where, tail }) =>
      db.$queryRaw<CategorySuggestion[]>`SELECT ${COLUMNS} FROM category_suggestions
        WHERE ${conditions(filter)} AND ${where} ${tail}`,
    count: () => countSuggestions(db, filter),
  })
