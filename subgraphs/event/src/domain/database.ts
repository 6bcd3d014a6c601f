import type { Tx as KitTx } from '@karcis/kit/database'
import type { Prisma, PrismaClient } from '../generated/prisma/client.ts'

export type Db = PrismaClient

/** An open transaction. A `Db` is none, so a write outside a transaction does not compile. */
export type Tx = KitTx<Prisma.TransactionClient>

/** The clock that decides: Postgres', the same for all processes. */
export async function databaseNow(db: Db | Tx): Promise<Date> {
  const [row] = await db.$queryRaw<{ now: Date }[]>`SELECT now() AS now`
  if (!row) throw new Error('no clock')
  return row.now
}
