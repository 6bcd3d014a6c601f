import { retryTransient } from '@karcis/kit/database'
import type { Prisma, PrismaClient } from '../generated/prisma/client.ts'

/** An open transaction. What writes takes one, so a write outside a transaction does not compile. */
export type Tx = Prisma.TransactionClient

/** For reads: a transaction, or the client itself. */
export type Db = Tx | PrismaClient

/** Runs `run` in one transaction, again from the start when Postgres broke it off for another's sake (deadlock, serialization). */
export const transact = <T>(db: PrismaClient, run: (tx: Tx) => Promise<T>): Promise<T> =>
  retryTransient(() => db.$transaction(run), 6)
