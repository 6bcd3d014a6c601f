import { createPacedTurns, type PacedTurns, paceOf } from '@karcis/kit/pace'
import type { Db } from '../database.ts'

/** Some of a crowd. */
export interface CrowdPage {
  /** Who is to be told, each at their place in it. */
  people: readonly { userId: string; place: string }[]
  /** From where the next page goes on; null when this is the last. */
  next: string | null
}

/** How all who tell crowds take turns in one process: slowly, while somebody buys. */
export const createCrowdTurns = (db: Db): PacedTurns => createPacedTurns(() => paceOf(db, isSelling))

/** Whether anybody has bought anything in the last seconds, who is to be told of that: ids tell when they were made. */
async function isSelling(db: Db): Promise<boolean> {
  const [row] = await db.$queryRaw<{ selling: boolean }[]>`
    SELECT EXISTS (SELECT FROM announcements WHERE kind = 'PURCHASE' AND id > uuidv7(interval '-5 seconds')) AS selling`
  return row?.selling === true
}

/**
 * Tells a page of a crowd piece by piece, each at its turn.
 * @param tell tells some people and notes how far that has come: to a place, or to the end of the page (`isEnd`), where null says that there is no other. It
 *   gives whether it is still ours to go on.
 * @returns whether all of the page has been told.
 */
export async function tellInPieces(
  crowds: PacedTurns,
  { people, next }: CrowdPage,
  tell: (userIds: string[], to: string | null, isEnd: boolean) => Promise<boolean>,
): Promise<boolean> {
  for (let told = 0; ; ) {
    const isEnd = await crowds.take(async (size) => {
      const piece = people.slice(told, told + size)
      told += piece.length
      const isLast = told >= people.length
      const to = isLast ? next : (piece.at(-1)?.place ?? null)
      const userIds = [...new Set(piece.map(({ userId }) => userId))]
      return (await tell(userIds, to, isLast)) ? isLast : null
    })
    if (isEnd !== false) return isEnd === true
  }
}
