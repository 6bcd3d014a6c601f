import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { connectionOptions } from '../database.ts'
import { BoundedClient, type Connected } from '../database/bounded-client.ts'
import type { Logger } from '../log.ts'
import { isAway, noteOutage } from '../outages.ts'

/** Between attempts to note the end of a job; twice as long each time, up to the limit. */
const PAUSE_MS = 50
const MAX_PAUSE_MS = 2_000
const LOOK_MS = 20

/** By these names graphile-worker notes that a job was done, or has failed. */
const END_OF_JOB = /^(complete|fail)_job(_q)?\//

/**
 * The connections of the jobs of one process, apart from those of its requests. graphile-worker notes the end of a job and waits for
 * no answer: when that failed, nobody would hear of it, and the process would end. Here it is tried until it succeeds; it
 * does no harm to do so twice.
 */
export class JobPool extends pg.Pool {
  readonly #log: Logger
  #unnoted = 0
  #behind = 0
  #closing = false

  constructor(connectionString: string, max: number, log: Logger) {
    super({
      ...connectionOptions(connectionString, 'karcis-jobs'),
      max,
      Client: BoundedClient,
    })
    this.#log = log
    const lost = (error: Error): void => noteOutage(log, 'database', error.message)
    this.on('error', lost)
    this.on('connect', (client) => client.on('error', lost))
  }

  /** How many jobs have ended whose end is not noted yet. */
  get unnoted(): number {
    return this.#unnoted
  }

  /** Whether an attempt to note the end of one has failed, and is to be made again. */
  get isBehind(): boolean {
    return this.#behind > 0
  }

  /** Without a callback, connects when there is something to ask, as only that tells whether it may fail. */
  override connect(): Promise<pg.PoolClient>
  override connect(callback: Connected): void
  override connect(callback?: Connected): Promise<pg.PoolClient> | undefined {
    if (callback) {
      super.connect((error, client, done) => callback(error, client, onceOnly(done)))
      return undefined
    }
    const lazy = new LazyClient(
      () => super.connect(),
      (query) => this.#note(query),
    )
    return Promise.resolve(lazy as unknown as pg.PoolClient)
  }

  /** Resolves when the ends of all jobs are noted. What cannot be noted now is given up: that job runs again, wherever that be. */
  async settled(): Promise<void> {
    this.#closing = true
    while (this.#unnoted > 0) await sleep(LOOK_MS)
  }

  async #note(query: pg.QueryConfig): Promise<unknown> {
    let failed = false
    this.#unnoted += 1
    try {
      for (let pauseMs = PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, MAX_PAUSE_MS)) {
        try {
          return await this.query(query)
        } catch (error) {
          const away = isAway(error, this.#log)
          if (!failed) {
            failed = true
            this.#behind += 1
            if (!away) this.#log.error({ err: error }, 'the end of a job cannot be noted')
          }
          if (this.#closing) return { rows: [] }
        }
        await sleep(pauseMs)
      }
    } finally {
      this.#unnoted -= 1
      if (failed) this.#behind -= 1
    }
  }
}

/** graphile-worker gives its listening connection back twice, when it is lost while the worker stops. */
function onceOnly(done: (release?: unknown) => void): (release?: unknown) => void {
  let isDone = false
  return (release) => {
    if (isDone) return
    isDone = true
    done(release)
  }
}

/** What graphile-worker needs of a connection that it takes from a pool. */
class LazyClient {
  readonly #connect: () => Promise<pg.PoolClient>
  readonly #note: (query: pg.QueryConfig) => Promise<unknown>
  #client: pg.PoolClient | undefined

  constructor(connect: () => Promise<pg.PoolClient>, note: (query: pg.QueryConfig) => Promise<unknown>) {
    this.#connect = connect
    this.#note = note
  }

  async query(query: pg.QueryConfig | string, values?: unknown[]): Promise<unknown> {
    if (typeof query === 'object' && query.name && END_OF_JOB.test(query.name)) return this.#note(query)
    this.#client ??= await this.#connect()
    return this.#client.query(query as pg.QueryConfig, values)
  }

  release(error?: Error | boolean): void {
    this.#client?.release(error)
    this.#client = undefined
  }
}
