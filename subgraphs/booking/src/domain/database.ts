import { retryTransient } from '@karcis/kit/database'
import type { Prisma, PrismaClient } from '../generated/prisma/client.ts'

export type Db = PrismaClient

/** An open transaction; a write asks for one, so forgetting it does not compile. */
export type Tx = Prisma.TransactionClient

/** Runs one transaction, again where Postgres broke it off for another's sake. */
export const transaction = <T>(db: Db, run: (tx: Tx) => Promise<T>): Promise<T> =>
  retryTransient(() => db.$transaction(run))
