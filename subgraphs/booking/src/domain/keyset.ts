import { BadUserInput } from '@karcis/kit/errors'
import { type Page, type PageArgs, parsePage } from '@karcis/kit/pagination'
import { idSchema } from '@karcis/kit/validate'
import { Prisma } from '../generated/prisma/client.ts'

/** A page of a list whose order is its time-ordered ids, newest first: the id alone is the cursor. */
export interface NewestFirst {
  page: Page
  /** Limits `id` to the page; to follow other conditions. */
  where: Prisma.Sql
  /** ORDER BY and LIMIT of the page. */
  order: Prisma.Sql
}

/** @throws BadUserInput for a page that no list has. */
export function newestFirst(args: PageArgs): NewestFirst {
  const page = parsePage(args, 1)
  const after = cursorId(page.after, 'after')
  const before = cursorId(page.before, 'before')
  return {
    page,
    where: Prisma.sql`(${after}::uuid IS NULL OR id < ${after}::uuid) AND (${before}::uuid IS NULL OR id > ${before}::uuid)`,
    order: Prisma.sql`ORDER BY id ${page.backward ? Prisma.sql`ASC` : Prisma.sql`DESC`} LIMIT ${page.limit + 1}`,
  }
}

function cursorId(keys: string[] | null, path: string): string | null {
  if (keys === null) return null
  const id = idSchema.safeParse(keys[0])
  if (!id.success) throw new BadUserInput([{ path, message: 'is not a cursor of this list' }])
  return id.data
}
