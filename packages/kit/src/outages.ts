import { failureOf } from './database/failures.ts'
import { KarcisError, ServiceUnavailable } from './errors.ts'
import type { Logger } from './log.ts'
import { whoWaits } from './waiting.ts'

/** An outage is over when nothing has failed for so long. Longer than the pauses between the heartbeats of the jobs, which ask on when nobody else does. */
const QUIET_MS = 10_000

interface Outage {
  began: number
  last: number
  failures: number
}

/** By log, for a process has one; and by what is away. */
const outages = new WeakMap<Logger, Map<string, Outage>>()

/**
 * Notes that something did not succeed because a part of the system is away, full or too busy. The log gets one line when
 * that begins and one when it is over, with how often and how long, whatever the number of requests.
 * @param part what is away: `database`, `redis`, or a subgraph by its name.
 */
export function noteOutage(log: Logger, part: string, reason: string): void {
  const known = outages.get(log) ?? new Map<string, Outage>()
  outages.set(log, known)
  const now = performance.now()
  const outage = known.get(part)
  if (outage) {
    outage.failures += 1
    outage.last = now
    return
  }
  const begun: Outage = { began: now, last: now, failures: 1 }
  known.set(part, begun)
  log.warn({ part, reason }, `outage of ${part} begins`)
  const watch = setInterval(() => {
    if (performance.now() - begun.last < QUIET_MS) return
    clearInterval(watch)
    known.delete(part)
    const seconds = Math.ceil((begun.last - begun.began) / 1_000)
    log.warn({ part, failures: begun.failures, seconds }, `outage of ${part} is over`)
  }, QUIET_MS / 10).unref()
}

/**
 * The one place that tells outages from bugs: what says that the database or Redis is away, full or too busy becomes
 * SERVICE_UNAVAILABLE, with `retryAfterSeconds`, and is noted as an outage. Anything else is given back as it is.
 */
export function asExpected(error: unknown, log: Logger): unknown {
  const reason = error instanceof KarcisError ? error.cause : error
  if (isRedisAway(reason)) noteOutage(log, 'redis', reason.message)
  else if (failureOf(reason) === null) return error
  else if (isOutage(reason)) noteOutage(log, 'database', reason.message)
  return error instanceof KarcisError ? error : new ServiceUnavailable()
}

/** Whether something failed only because what it needs is away, which is then noted as an outage (`asExpected`). */
export function isAway(error: unknown, log: Logger): boolean {
  const expected = asExpected(error, log)
  return expected instanceof KarcisError && expected.code === 'SERVICE_UNAVAILABLE'
}

/** Not what was given up because nobody waits for it, nor a conflict with another. */
const isOutage = (error: unknown): error is Error =>
  error instanceof Error &&
  failureOf(error) !== 'conflict' &&
  !whoWaits()?.isOver &&
  !error.message.includes('user request')

/** What ioredis says when it cannot reach Redis in time, and Redis itself when it cannot serve yet. */
const REDIS_AWAY =
  /^(Reached the max retries per request|Stream isn't writeable|Connection is closed|Command timed out|LOADING |MASTERDOWN )/

const isRedisAway = (error: unknown): error is Error =>
  error instanceof Error && REDIS_AWAY.test(error.message)
