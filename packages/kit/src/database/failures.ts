import pg from 'pg'
import { KarcisError } from '../errors.ts'
import { NOBODY_WAITS } from '../waiting.ts'

/**
 * Why a statement or a transaction was not carried out, where that says nothing against it:
 * - conflict: Postgres rolled back for another's sake, or because a kept plan went stale; again it may succeed.
 * - lost: the connection broke while a statement was under way; whether that was done, nobody knows.
 * - not sent: the connection was found broken before the statement was sent.
 * - away: no connection was to be had, or no resources, or not in time.
 */
export type Failure = 'conflict' | 'lost' | 'not sent' | 'away'

/** By SQLSTATE, or by its first two characters; https://www.postgresql.org/docs/current/errcodes-appendix.html */
const SQLSTATES: Record<string, Failure> = {
  '40001': 'conflict', // serialization_failure
  '40P01': 'conflict', // deadlock_detected
  '0A000': 'conflict', // cached plan must not change result type
  '40003': 'lost', // statement_completion_unknown
  '57P01': 'lost', // admin_shutdown, pg_terminate_backend
  '57P02': 'lost', // crash_shutdown
  '57P05': 'lost', // idle_session_timeout
  '25P03': 'not sent', // idle_in_transaction_session_timeout: what was sent after it was not heard
  '25P04': 'lost', // transaction_timeout
  '08': 'lost',
  '57P03': 'away', // cannot_connect_now
  '55000': 'away', // object_not_in_prerequisite_state: a database that takes no connections for the moment
  '08001': 'away', // no connection could be made
  '08004': 'away', // the server refused one
  '3D000': 'away', // invalid_catalog_name: as while a database is made anew from its back-up
  '25006': 'away', // read_only_sql_transaction: the other one is the primary now
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
  P1003: 'away', // 3D000
  P1002: 'away',
  P1008: 'away',
  P2024: 'away',
  P2028: 'away', // took longer than it may, or never came to begin
  P2037: 'away',
  ECONNREFUSED: 'away',
  ETIMEDOUT: 'away',
  EHOSTUNREACH: 'away',
  ENETUNREACH: 'away',
  ENOTFOUND: 'away',
  EAI_AGAIN: 'away',
}

/** What node-postgres says in words only. */
const MESSAGES: [string, Failure][] = [
  [NOBODY_WAITS, 'away'],
  ['is not queryable', 'not sent'],
  ['timeout exceeded when trying to connect', 'away'],
  ['Connection terminated due to connection timeout', 'away'],
  ['Connection terminated', 'lost'],
]

/** What Prisma's adapter calls the failures of a socket. */
const KINDS: Record<string, Failure> = {
  ConnectionClosed: 'lost',
  SocketTimeout: 'lost',
  DatabaseNotReachable: 'away',
  TlsConnectionError: 'away',
}

/** What prevented it from being carried out; null when that was the statement itself, or what was to be written. */
export function failureOf(error: unknown): Failure | null {
  if (!(error instanceof Error) || error instanceof KarcisError) return null
  const cause = driverCause(error)
  const sqlState = cause?.originalCode
  if (sqlState) return ofSqlState(sqlState)
  if (cause?.kind && cause.kind in KINDS) return KINDS[cause.kind] ?? null
  const { code } = error as { code?: string }
  if (code && code in CODES) return CODES[code] ?? null
  if (code && error instanceof pg.DatabaseError) return ofSqlState(code)
  return MESSAGES.find(([text]) => error.message.includes(text))?.[1] ?? null
}

const ofSqlState = (sqlState: string): Failure | null =>
  SQLSTATES[sqlState] ?? SQLSTATES[sqlState.slice(0, 2)] ?? null

interface DriverCause {
  kind?: string
  originalCode?: string
  originalMessage?: string
  message?: string
  constraint?: { index?: string; fields?: string[] } | string
}

/** What the driver adapter found: within Prisma's error, or by itself where Prisma passes it on, as from a COMMIT. */
export function driverCause(error: unknown): DriverCause | undefined {
  const { meta, cause } = (error ?? {}) as {
    meta?: { driverAdapterError?: { cause?: DriverCause } }
    cause?: DriverCause
  }
  return meta?.driverAdapterError?.cause ?? cause
}
