import type { Logger } from './log.ts'
import { PreparingPg } from './prepared-statements.ts'

/** What the shared machinery needs of a Prisma transaction (or client): raw SQL as tagged templates. */
export interface RawSql {
  $executeRaw(query: TemplateStringsArray, ...values: unknown[]): PromiseLike<number>
  $queryRaw<T = unknown>(query: TemplateStringsArray, ...values: unknown[]): PromiseLike<T>
}

/** How every connection of the system is made. */
export const connectionOptions = (connectionString: string, applicationName: string) => ({
  connectionString,
  connectionTimeoutMillis: 3_000,
  application_name: applicationName,
  statement_timeout: 5_000,
  idle_in_transaction_session_timeout: 10_000,
  options: '-c timezone=UTC',
})

/** Options every PrismaClient of the system is made with. `poolSize` bounds connections per process. */
export function prismaOptions(connectionString: string, applicationName: string, log: Logger, poolSize = 10) {
  const adapter = new PreparingPg(
    { ...connectionOptions(connectionString, applicationName), max: poolSize },
    { onPoolError: (error) => log.warn({ reason: error.message }, 'database connection lost') },
  )
  return { adapter, transactionOptions: { maxWait: 5_000, timeout: 8_000 } }
}

/** Name of the constraint, or SQLSTATE, that made Postgres refuse; null for any other error. */
export interface Refusal {
  sqlState: string | null
  constraint: string | null
}

/** Postgres' own reason behind a Prisma error, for stores that turn constraint names into error codes. */
export function refusalOf(error: unknown): Refusal {
  const meta = (error as { meta?: { driverAdapterError?: { cause?: DriverCause } } } | null)?.meta
  const cause = meta?.driverAdapterError?.cause
  const named = typeof cause?.constraint === 'object' ? cause.constraint.index : undefined
  const quoted = /constraint "([^"]+)"/.exec(cause?.originalMessage ?? cause?.message ?? '')?.[1]
  return { sqlState: cause?.originalCode ?? null, constraint: named ?? quoted ?? null }
}

interface DriverCause {
  originalCode?: string
  originalMessage?: string
  message?: string
  constraint?: { index?: string; fields?: string[] } | string
}

/** SQLSTATEs after which the same transaction may simply be run again: serialization failure, deadlock, a plan gone stale. */
const TRANSIENT = new Set(['40001', '40P01', '0A000'])

/** Runs a transaction again when Postgres broke it off for another's sake; at most `attempts` times. */
export async function retryTransient<T>(run: () => Promise<T>, attempts = 4): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await run()
    } catch (error) {
      const code = (error as { code?: string } | null)?.code
      const transient = code === 'P2034' || TRANSIENT.has(refusalOf(error).sqlState ?? '')
      if (!transient || attempt === attempts) throw error
    }
  }
}
