import { retryTransient } from '@karcis/kit/database'
import type { Prisma, PrismaClient } from '../generated/prisma/client.ts'

export type Db = PrismaClient

/** An open transaction. A `Db` is none: writes that ask for a `Tx` cannot be called outside of one. */
export type Tx = Prisma.TransactionClient & { readonly $connect?: never }

/** Runs one transaction, again when Postgres broke it off for another's sake. */
export const transaction = <T>(db: Db, run: (tx: Tx) => Promise<T>): Promise<T> =>
  retryTransient(() => db.$transaction(run))

/** The clock that decides: Postgres', the same for all processes. */
export async function databaseNow(db: Db | Tx): Promise<Date> {
  const [row] = await db.$queryRaw<{ now: Date }[]>`SELECT now() AS now`
  if (!row) throw new Error('no clock')
  return row.now
}
