import type { Tx as OpenTransaction } from '@karcis/kit/database'
import type { Prisma, PrismaClient } from '../generated/prisma/client.ts'

/** The database of this subgraph. */
export type Db = PrismaClient

/** An open transaction. What writes asks for one, so that forgetting it does not compile. */
export type Tx = OpenTransaction<Prisma.TransactionClient>
