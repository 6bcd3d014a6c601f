import type { Tx as KitTx } from '@karcis/kit/database'
import type { Prisma, PrismaClient } from '../generated/prisma/client.ts'

export type Db = PrismaClient

/** An open transaction. What writes takes one; what reads inside and outside of one takes `Db | Tx`. */
export type Tx = KitTx<Prisma.TransactionClient>

/** Seats, stock and holds that are written together contradict each other: a bug, which must not commit. */
export class InventoryMismatch extends Error {}
