import type { Tx as KitTx } from '@karcis/kit/database'
import { ServiceUnavailable } from '@karcis/kit/errors'
import type { Prisma, PrismaClient } from '../generated/prisma/client.ts'

export type Db = PrismaClient

/** An open transaction. What writes takes one; what reads inside and outside of one takes `Db | Tx`. */
export type Tx = KitTx<Prisma.TransactionClient>

/** Seats, stock and holds that are written together contradict each other: a bug, which must not commit. */
export class InventoryMismatch extends Error {}

/**
 * Whether a transaction that served many requests may have failed because of one of them, so that the others would succeed alone.
 * Not when the database is away, for then nothing would, and what was sent last may have been done all the same.
 */
export const mayBeOneRequestsFault = (error: unknown): boolean => !(error instanceof ServiceUnavailable)
