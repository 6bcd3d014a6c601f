import { setTimeout as sleep } from 'node:timers/promises'
import { driverCause, failureOf } from './database/failures.ts'
import { deedUnderWay } from './deeds.ts'
import { ServiceUnavailable } from './errors.ts'
import type { Logger } from './log.ts'
import { noteOutage } from './outages.ts'
import { PreparingPg } from './database/prepared-statements.ts'

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

/**
 * A process that is frozen, or cut off, within a transaction gives its row locks back after so long: others may wait for them, such as all
 * who pay the same organizer. Whoever comes back after that begins its transaction anew.
 */
const IDLE_IN_TRANSACTION_MS = 2_000

/** How every connection of the system is made. */
export const connectionOptions = (connectionString: string, applicationName: string) => ({
  connectionString,
  connectionTimeoutMillis: 3_000,
  application_name: applicationName,
  statement_timeout: 5_000,
  idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
  options: '-c timezone=UTC',
})

/** Options every PrismaClient of the system is made with. `poolSize` bounds connections per process. */
export function prismaOptions(connectionString: string, applicationName: string, log: Logger, poolSize = 10) {
  const adapter = new PreparingPg(
    { ...connectionOptions(connectionString, applicationName), max: poolSize },
    { onPoolError: (error) => noteOutage(log, 'database', error.message) },
  )
  return { adapter, transactionOptions: { maxWait: 5_000, timeout: 8_000 } }
}

const ATTEMPTS = 6
/** Before a second attempt; twice as long before each further one, and half of it by chance, so that two do not meet again. */
const PAUSE_MS = 10

const UNKNOWN =
  'The database was lost while this was being stored: it may be done or not. Look before you try again.'

/**
 * Runs `run` in one transaction: the only way to open one. It is run again, from the start, when Postgres broke it off for
 * another's sake, found a kept plan stale, or the connection was lost before the commit was sent; so `run` may do nothing
 * that cannot be done twice, but for what it writes through `tx`. A deed of which it is part is written down in it (deeds.ts).
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
  const deed = deedUnderWay()
  const { tx, result, isRecorded } = await again(async (sent) =>
    db.$transaction(
      async (open) => {
        const done = await run(open as Tx<Client>)
        const isRecorded = await deed?.recordIn(open as object, done)
        sent()
        return { tx: open as object, result: done, isRecorded }
      },
      timeoutMs === undefined ? undefined : { timeout: timeoutMs },
    ),
  )
  if (isRecorded) deed?.recorded()
  for (const follow of following.get(tx) ?? []) follow(db)
  return result
}

/** What is to be done when a transaction has committed, by its `tx`. */
const following = new WeakMap<object, ((db: object) => void)[]>()

/** Has something done when a transaction has committed, unless the process ends before. @param follow given what the transaction was opened on. */
export function afterCommit(tx: Tx, follow: (db: object) => void): void {
  const known = following.get(tx)
  if (known) known.push(follow)
  else following.set(tx, [follow])
}

/**
 * The same for what is a single statement: a transaction by itself, without the way to and fro of BEGIN and COMMIT. It is run again
 * also where nobody knows whether it was done before the connection was lost, so it must come to the same when it is done twice.
 * @param write sends one statement, and only reads, if anything, after it: what follows stands outside of the transaction.
 * @throws ServiceUnavailable as `transaction`.
 */
export async function statement<Client, T>(
  db: Client,
  write: (tx: Tx<Client>) => PromiseLike<T>,
): Promise<T> {
  return again(async () => write(db as Tx<Client>))
}

/** @param run calls `sent` before it sends what may be carried out although the connection is lost. */
async function again<T>(run: (sent: () => void) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    let done = false
    try {
      return await run(() => {
        done = true
      })
    } catch (error) {
      const failure = failureOf(error)
      if (failure === null) throw error
      if (failure === 'lost' && done) throw new ServiceUnavailable(UNKNOWN, undefined, { cause: error })
      if (attempt === ATTEMPTS || failure === 'away')
        throw new ServiceUnavailable(undefined, undefined, { cause: error })
      await sleep(PAUSE_MS * 2 ** (attempt - 1) * (0.5 + Math.random() / 2))
    }
  }
}

/** Why Postgres refused: the SQLSTATE, and the name of the constraint; null for any other error. */
export interface PostgresError {
  sqlState: string | null
  constraint: string | null
}

/** Postgres' own reason behind a Prisma error. */
export function postgresErrorOf(error: unknown): PostgresError {
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
  const { constraint } = postgresErrorOf(error)
  throw (constraint !== null && errors[constraint]?.()) || error
}
