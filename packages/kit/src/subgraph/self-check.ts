import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { postgresErrorOf, type RawSql, type TransactionSource, transaction } from '../database.ts'
import type { Logger } from '../log.ts'
import { isAway } from '../outages.ts'

const EVERY_MS = 60_000
/** While it waits for its database, or for a person to put right what is wrong. */
const AGAIN_MS = 1_000

/** Of this process' clock against that of Postgres, by which holds and payments are timed. */
const SKEW_TOLD_MS = 5_000
/** Beyond it other processes refuse our service tokens, and we theirs (service-token.ts). */
const MAX_SKEW_MS = 30_000

const AWAY = 'The database does not answer.'
const NOT_MIGRATED = 'The database is not migrated.'
const UNDEFINED_TABLE = '42P01'

/** Looks whether this process is fit to work: at start, each minute, and whenever `/ready` asks. */
export interface SelfCheck {
  /** Why it is not, as a sentence; null when it is. */
  problem(): Promise<string | null>
  /** Resolves when it is, after however long. Rejects when it is closed before. */
  untilFit(): Promise<void>
  /** Resolves when it is and has done this too, which is begun again as long as it fails only because something is away. */
  untilDone(work: () => Promise<void>): Promise<void>
  close(): void
}

export interface SelfCheckOptions {
  db: RawSql & TransactionSource<RawSql>
  log: Logger
  /** What the database was filled with, by the name of the setting. */
  secrets: Readonly<Record<string, string>>
  /** Milliseconds since the epoch. */
  now?: () => number
}

/**
 * The secrets are compared with what the database remembers of those of its first process: with another one what is sealed
 * or hashed in it could not be read, while everything seems to work. The clock is compared with Postgres'.
 */
export function createSelfCheck({ db, log, secrets, now = Date.now }: SelfCheckOptions): SelfCheck {
  const fingerprints = createFingerprints(secrets)
  const closing = new AbortController()
  let underWay: Promise<string | null> | undefined
  let told: string | null = null
  let skewTold = false

  async function look(): Promise<string | null> {
    const before = now()
    const rows = await db.$queryRaw<Row[]>`SELECT clock.now_ms, name, salt, value
      FROM (SELECT extract(epoch FROM clock_timestamp())::float8 * 1000 AS now_ms) clock LEFT JOIN kit.fingerprints ON true`
    const after = now()
    const known = rows.filter(isFingerprint)
    const missing = Object.keys(secrets).filter((name) => known.every((row) => row.name !== name))
    for (const name of missing) {
      const { salt, value } = await fingerprints.make(name)
      await transaction(
        db,
        (
          tx,
        ) => tx.$executeRaw`INSERT INTO kit.fingerprints (name, salt, value) VALUES (${name}, ${salt}, ${value})
          ON CONFLICT DO NOTHING`,
      )
    }
    if (missing.length > 0) return look() // another process may have been the first
    for (const row of known) {
      if (!(await fingerprints.fits(row)))
        return `The setting ${row.name} is not the one that this database was filled with.`
    }
    return clockProblem(Number(rows[0]?.now_ms), before, after)
  }

  /** What an answer that took long leaves unknown is not held against the clock. */
  function clockProblem(theirs: number, before: number, after: number): string | null {
    const difference = (before + after) / 2 - theirs
    const skewMs = Math.max(0, Math.abs(difference) - (after - before) / 2)
    const words = `The clock of this process is ${Math.round(skewMs / 1000)} s ${difference > 0 ? 'ahead of' : 'behind'} that of its database.`
    if (skewMs > SKEW_TOLD_MS && !skewTold) log.warn({ skewMs: Math.round(skewMs) }, words)
    skewTold = skewMs > SKEW_TOLD_MS
    return skewMs > MAX_SKEW_MS ? words : null
  }

  /** One look for all who ask meanwhile; what changes is logged. */
  function problem(): Promise<string | null> {
    underWay ??= look()
      .catch((error: unknown) => (postgresErrorOf(error).sqlState === UNDEFINED_TABLE ? NOT_MIGRATED : AWAY))
      .then((found) => {
        underWay = undefined
        if (found !== null && kindOf(found) !== kindOf(told)) log.error({ reason: found }, 'not ready')
        if (found === null && told !== null) log.info('ready again')
        told = found
        return found
      })
    return underWay
  }

  const timer = setInterval(() => void problem(), EVERY_MS)
  timer.unref()
  const rest = () => sleep(AGAIN_MS, undefined, { signal: closing.signal })

  async function untilFit(): Promise<void> {
    while ((await problem()) !== null) await rest()
  }
  return {
    problem,
    untilFit,
    async untilDone(work) {
      for (;;) {
        await untilFit()
        try {
          return await work()
        } catch (error) {
          if (!isAway(error, log)) throw error
        }
        await rest()
      }
    },
    close() {
      clearInterval(timer)
      closing.abort()
    },
  }
}

/** A clock that drifts is one problem, whatever its seconds. */
const kindOf = (problem: string | null): string | undefined => problem?.replaceAll(/\d+/g, '')

interface Fingerprint {
  name: string
  salt: Uint8Array<ArrayBuffer>
  value: Uint8Array<ArrayBuffer>
}

/** The time, and beside it one fingerprint, or none where there are none. */
type Row = { now_ms: number } & (Fingerprint | { name: null })

const isFingerprint = (row: Row): row is Row & Fingerprint => row.name !== null

const SALT_BYTES = 16
const VALUE_BYTES = 32

const derive = promisify<string, Uint8Array, number, Buffer>(scrypt)

/** Slow by design, for a stolen table must not be a way to guess a secret; so each is derived once a process. */
function createFingerprints(secrets: Readonly<Record<string, string>>) {
  const derived = new Map<string, Promise<Buffer>>()

  function valueOf(name: string, salt: Uint8Array): Promise<Buffer> {
    const key = `${name} ${Buffer.from(salt).toString('hex')}`
    const known = derived.get(key) ?? derive(secrets[name] ?? '', salt, VALUE_BYTES)
    derived.set(key, known)
    return known
  }

  return {
    async make(name: string): Promise<Fingerprint> {
      const salt = new Uint8Array(randomBytes(SALT_BYTES))
      return { name, salt, value: new Uint8Array(await valueOf(name, salt)) }
    },
    /** True of a secret that this process does not have. */
    async fits({ name, salt, value }: Fingerprint): Promise<boolean> {
      return !(name in secrets) || timingSafeEqual(await valueOf(name, salt), value)
    },
  }
}
