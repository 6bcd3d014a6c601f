import pg from 'pg'

/** Longer than any statement may take on the server (`statement_timeout`). */
const ANSWER_MS = 8_000

/** Who is given a connection by a pool. */
export type Connected = (
  error: Error | undefined,
  client: pg.PoolClient | undefined,
  done: (release?: unknown) => void,
) => void

/**
 * A connection that is given up when Postgres does not answer at all, as when the network swallows what is sent: the
 * operating system would wait for a quarter of an hour, and whoever is given the connection next with it. What was under way fails
 * as for any lost connection. One that is lost between two statements of whoever has it, when nobody listens, ends nothing but itself:
 * the next statement on it fails, and its pool gives it to nobody again.
 */
export class BoundedClient extends pg.Client {
  #underWay = 0
  #deadline: NodeJS.Timeout | undefined

  constructor(config?: pg.ClientConfig) {
    super(config)
    this.on('error', () => undefined)
  }

  // oxlint-disable-next-line typescript/no-explicit-any -- the overloads of node-postgres, passed on as they are
  override query(...args: any[]): any {
    const last = args.length - 1
    const callback: unknown = args[last]
    const run = super.query as (...args: unknown[]) => unknown
    this.#asked()
    if (typeof callback === 'function') {
      args[last] = (...results: unknown[]) => {
        this.#answered()
        callback(...results)
      }
      return run.apply(this, args)
    }
    const result = run.apply(this, args) as Promise<unknown>
    const answered = (): void => this.#answered()
    result.then(answered, answered)
    return result
  }

  #asked(): void {
    if (this.#underWay++ === 0) this.#await()
  }

  #answered(): void {
    clearTimeout(this.#deadline)
    if (--this.#underWay > 0) this.#await()
  }

  #await(): void {
    this.#deadline = setTimeout(() => socketOf(this).destroy(), ANSWER_MS)
  }
}

const socketOf = (client: pg.Client): { destroy(): void } =>
  (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream
