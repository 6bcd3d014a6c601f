import { setTimeout as sleep } from 'node:timers/promises'
import { KarcisError, ServiceUnavailable } from './errors.ts'
import type { Logger } from './log.ts'
import { PreparingPg } from './prepared-statements.ts'

/** What the shared machinery needs of a Prisma transaction (or client): raw SQL as tagged templates. */
export interface RawSql {
  $executeRaw(query: TemplateStringsArray, ...values: unknown[]): PromiseLike<number>
  $queryRaw<T = unknown>(query: TemplateStringsArray, ...values: unknown[]): PromiseLike<T>
}

declare const open: unique symbol

/**
 * An open transaction, which only `transaction` gives. What writes asks for one: neither the pool's client nor what
 * Prisma's own `$transaction` gives fits, so a write outside of a transaction does not compile.
 */
export type Tx<Client = RawSql> = Client & { readonly [open]: true }

/** What `transaction` needs of a generated PrismaClient. */
export interface TransactionSource<Client> {
  $transaction<T>(run: (tx: Client) => Promise<T>, options?: { timeout?: number }): Promise<T>
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

const ATTEMPTS = 6
/** Before a second attempt; twice as long before each further one, and half of it by chance, so that two do not meet again. */
const PAUSE_MS = 10

/**
 * Runs `run` in one transaction: the only way to open one. It is run again, from the start, when Postgres broke it off for
 * another's sake, found a kept plan stale, or the connection was lost before the commit was sent; so `run` may do nothing
 * that cannot be done twice, but for what it writes through `tx`.
 * @param options `timeoutMs`: after how long it is rolled back; 8 s unless given.
 * @throws ServiceUnavailable when the database is away, full or too busy, or the connection was lost during the commit:
 *   then, and only then, it may have been done all the same.
 */
export async function transaction<Client, T>(
  db: TransactionSource<Client>,
  run: (tx: Tx<Client>) => PromiseLike<T>,
  options: { timeoutMs?: number } = {},
): Promise<T> {
  const { timeoutMs } = options
  for (let attempt = 1; ; attempt++) {
    let done = false
    try {
      return await db.$transaction(
        async (tx) => {
          const result = await run(tx as Tx<Client>)
          done = true
          return result
        },
        timeoutMs === undefined ? undefined : { timeout: timeoutMs },
      )
    } catch (error) {
      const failure = failureOf(error)
      if (failure === null) throw error
      const repeatable = failure === 'conflict' || failure === 'not sent' || (failure === 'lost' && !done)
      if (!repeatable || attempt === ATTEMPTS) throw new ServiceUnavailable()
      await sleep(PAUSE_MS * 2 ** (attempt - 1) * (0.5 + Math.random() / 2))
    }
  }
}

/** Whether an error says that the database is away, full or too busy, which is nobody's mistake and passes. */
export const isUnavailable = (error: unknown): boolean => failureOf(error) !== null

/**
 * - conflict: Postgres rolled back for another's sake, or because a kept plan went stale; again it may succeed.
 * - lost: the connection broke while a statement was under way; whether that was done, nobody knows.
 * - not sent: the connection was found broken before the statement was sent.
 * - away: no connection was to be had, or no resources, or not in time.
 */
type Failure = 'conflict' | 'lost' | 'not sent' | 'away'

/** By SQLSTATE, or by its first two characters; https://www.postgresql.org/docs/current/errcodes-appendix.html */
const SQLSTATES: Record<string, Failure> = {
  '40001': 'conflict', // serialization_failure
  '40P01': 'conflict', // deadlock_detected
  '0A000': 'conflict', // cached plan must not change result type
  '40003': 'lost', // statement_completion_unknown
  '57P01': 'lost', // admin_shutdown, pg_terminate_backend
  '57P02': 'lost', // crash_shutdown
  '25P03': 'lost', // idle_in_transaction_session_timeout
  '25P04': 'lost', // transaction_timeout
  '08': 'lost',
  '57P03': 'away', // cannot_connect_now
  '57014': 'away', // statement_timeout
  '55P03': 'away', // lock_not_available
  '53': 'away', // connections, memory, disk
  '58': 'away', // the system beneath
}

/** By what Prisma, or the socket, calls it. */
const CODES: Record<string, Failure> = {
  P2034: 'conflict',
  P1017: 'lost',
  ECONNRESET: 'lost',
  EPIPE: 'lost',
  P1001: 'away',
  P1002: 'away',
  P1008: 'away',
  P2024: 'away',
  P2028: 'away', // took longer than it may, or never came to begin
  P2037: 'away',
  ECONNREFUSED: 'away',
  ETIMEDOUT: 'away',
  ENOTFOUND: 'away',
  EAI_AGAIN: 'away',
}

/** What node-postgres says in words only. */
const MESSAGES: [string, Failure][] = [
  ['is not queryable', 'not sent'],
  ['timeout exceeded when trying to connect', 'away'],
  ['Connection terminated due to connection timeout', 'away'],
  ['Connection terminated', 'lost'],
]

/** What prevented a transaction from being carried out; null when that was the transaction itself. */
function failureOf(error: unknown): Failure | null {
  if (!(error instanceof Error) || error instanceof KarcisError) return null
  const cause = driverCause(error)
  const sqlState = cause?.originalCode
  if (sqlState) return SQLSTATES[sqlState] ?? SQLSTATES[sqlState.slice(0, 2)] ?? null
  if (cause?.kind && cause.kind in KINDS) return KINDS[cause.kind] ?? null
  const { code } = error as { code?: string }
  if (code && code in CODES) return CODES[code] ?? null
  return MESSAGES.find(([text]) => error.message.includes(text))?.[1] ?? null
}

/** What Prisma's adapter calls the failures of a socket. */
const KINDS: Record<string, Failure> = {
  ConnectionClosed: 'lost',
  SocketTimeout: 'lost',
  DatabaseNotReachable: 'away',
  TlsConnectionError: 'away',
}

/** Name of the constraint, and SQLSTATE, with which Postgres refused; null for any other error. */
export interface Refusal {
  sqlState: string | null
  constraint: string | null
}

/** Postgres' own reason behind a Prisma error. */
export function refusalOf(error: unknown): Refusal {
  const cause = driverCause(error)
  const named = typeof cause?.constraint === 'object' ? cause.constraint.index : undefined
  const quoted = /constraint "([^"]+)"/.exec(cause?.originalMessage ?? cause?.message ?? '')?.[1]
  return { sqlState: cause?.originalCode ?? null, constraint: named ?? quoted ?? null }
}

/** What a store makes of its constraints: by the constraint's name, the error that a caller is given. */
export type ConstraintErrors = Readonly<Record<string, () => Error>>

/**
 * Throws what the refusal by a constraint means; an error that is none of these as it is. As in
 * `tx.user.create(…).catch((error) => mapConstraintError(error, CONSTRAINT_ERRORS))`.
 */
export function mapConstraintError(error: unknown, errors: ConstraintErrors): never {
  const { constraint } = refusalOf(error)
  throw (constraint !== null && errors[constraint]?.()) || error
}

interface DriverCause {
  kind?: string
  originalCode?: string
  originalMessage?: string
  message?: string
  constraint?: { index?: string; fields?: string[] } | string
}

/** What the driver adapter found: within Prisma's error, or by itself where Prisma passes it on, as from a COMMIT. */
function driverCause(error: unknown): DriverCause | undefined {
  const { meta, cause } = (error ?? {}) as {
    meta?: { driverAdapterError?: { cause?: DriverCause } }
    cause?: DriverCause
  }
  return meta?.driverAdapterError?.cause ?? cause
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
