import { refusalOf, retryTransient } from '@karcis/kit/database'
import { ServiceUnavailable } from '@karcis/kit/errors'
import type { Prisma, PrismaClient } from '../generated/prisma/client.ts'

/** An open transaction. What writes takes one, so a write outside a transaction does not compile. */
export type Tx = Prisma.TransactionClient

/** For reads: a transaction, or the client itself. */
export type Db = Tx | PrismaClient

const ATTEMPTS = 6
/** No connection came free, or the transaction took longer than it may: it is rolled back either way. */
const OVERLOADED = new Set(['P2024', 'P2028'])
const STATEMENT_TIMEOUT = '57014'

/**
 * Runs `run` in one transaction, again from the start when Postgres broke it off for another's sake (deadlock, serialization).
 * @throws ServiceUnavailable when the database is too busy for it.
 */
export async function transact<T>(db: PrismaClient, run: (tx: Tx) => Promise<T>): Promise<T> {
  try {
    return await retryTransient(() => db.$transaction(run), ATTEMPTS)
  } catch (error) {
    const { code } = error as { code?: string }
    const busy = (code && OVERLOADED.has(code)) || refusalOf(error).sqlState === STATEMENT_TIMEOUT
    throw busy ? new ServiceUnavailable() : error
  }
}

/** SQLSTATE classes that are about the connection, the server or other transactions, and not about what was to be written. */
const NOBODYS_FAULT = new Set(['08', '40', '53', '55', '57', '58'])

/** What is written together does not fit together: a bug, that must not commit. */
export class BooksDisagree extends Error {}

/** Whether a transaction for many failed because of what some of them wanted written: without those, the others may succeed. */
export function isOnesFault(error: unknown): boolean {
  const { sqlState } = refusalOf(error)
  return error instanceof BooksDisagree || (sqlState !== null && !NOBODYS_FAULT.has(sqlState.slice(0, 2)))
}
