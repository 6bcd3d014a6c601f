import type { Tx as OpenTransaction } from '@karcis/kit/database'
import type { Prisma, PrismaClient } from '../generated/prisma/client.ts'

export type Db = PrismaClient

/** An open transaction; a write asks for one, so forgetting it does not compile. */
export type Tx = OpenTransaction<Prisma.TransactionClient>
