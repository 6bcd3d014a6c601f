import { BadUserInput } from '@karcis/kit/errors'
import { type PageArgs, type Page, parsePage } from '@karcis/kit/pagination'
import { idSchema } from '@karcis/kit/validate'

/** A page of a list whose order is by id, newest first: UUIDv7 rises with time. */
export interface IdPage extends Page {
  /** Order to read in: backward pages are read from their end. */
  order: 'asc' | 'desc'
  /** Ids between the cursors, as a Prisma condition. */
  between: { lt?: string; gt?: string }
}

/** Checks connection arguments of such a list. @throws BadUserInput naming the argument. */
export function parseIdPage(args: PageArgs): IdPage {
  const page = parsePage(args, 1)
  const [after, before] = [cursorId(page.after, 'after'), cursorId(page.before, 'before')]
  return {
    ...page,
    order: page.backward ? 'asc' : 'desc',
    between: { ...(after && { lt: after }), ...(before && { gt: before }) },
  }
}

/** The cursor of a row. */
export const idKey = ({ id }: { id: string }): string[] => [id]

function cursorId(keys: string[] | null, path: string): string | undefined {
  const id = keys?.[0]
  if (id === undefined || idSchema.safeParse(id).success) return id
  throw new BadUserInput([{ path, message: 'is not a cursor of this list' }])
}
