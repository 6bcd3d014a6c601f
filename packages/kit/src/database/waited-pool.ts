import { AsyncLocalStorage } from 'node:async_hooks'
import pg from 'pg'
import { BoundedClient, type Connected } from './bounded-client.ts'
import { NobodyWaits, type Waiting, whoWaits } from '../waiting.ts'
import { cancelStatement } from './cancel-statement.ts'

/** For each connection, so many may wait for it; who comes then is told at once that the database is too busy. */
const WAITING_PER_CONNECTION = 20

/**
 * A pool whose statements stop when nobody waits for them any more: those that wait for a connection are not begun, and the
 * one under way is cancelled.
 */
export class WaitedPool extends pg.Pool {
  constructor(config: pg.PoolConfig) {
    super({ ...config, Client: WaitedClient as unknown as new () => pg.ClientBase })
  }

  override connect(): Promise<pg.PoolClient>
  override connect(callback: Connected): void
  override connect(callback?: Connected): Promise<pg.PoolClient> | undefined {
    const refused = this.#refusal()
    if (!callback) return refused ? Promise.reject(refused) : super.connect()
    if (refused) callback(refused, undefined, () => undefined)
    // Called from where a connection is given back, and so for somebody else, if it were not bound.
    else super.connect(AsyncLocalStorage.bind(callback))
    return undefined
  }

  #refusal(): Error | null {
    if (whoWaits()?.isOver) return new NobodyWaits()
    if (this.waitingCount >= this.options.max * WAITING_PER_CONNECTION)
      return new Error('timeout exceeded when trying to connect: too many wait already')
    return null
  }
}

/** How an open transaction ends, which it must, whoever waits. */
const ENDS = /^(COMMIT|ROLLBACK)/i

class WaitedClient extends BoundedClient {
  readonly #config: pg.ClientConfig

  constructor(config: pg.ClientConfig) {
    super(config)
    this.#config = config
  }

  // oxlint-disable-next-line typescript/no-explicit-any -- the overloads of node-postgres, passed on as they are
  override query(...args: any[]): any {
    const waiting = whoWaits()
    const run = super.query as (...args: unknown[]) => unknown
    if (!waiting || ENDS.test(textOf(args[0]))) return run.apply(this, args)
    const callback = args.findLast((arg) => typeof arg === 'function') as
      | ((error: unknown, rows?: pg.QueryResult) => void)
      | undefined
    const given = args.filter((arg) => arg !== callback)
    const result = this.#queryFor(waiting, () => run.apply(this, given) as Promise<pg.QueryResult>)
    if (!callback) return result
    return void tell(result, callback)
  }

  /** The connection serves nobody else until a cancellation that was sent has had its effect: it might hit theirs. */
  async #queryFor(waiting: Waiting, run: () => Promise<pg.QueryResult>): Promise<pg.QueryResult> {
    waiting.check()
    let cancelled: Promise<void> | undefined
    const forget = waiting.onEnd(() => {
      cancelled = cancelStatement(this, this.#config)
    })
    try {
      return await run()
    } finally {
      forget()
      await cancelled
    }
  }
}

function textOf(query: unknown): string {
  if (typeof query === 'string') return query
  const { text } = (query ?? {}) as { text?: unknown }
  return typeof text === 'string' ? text : ''
}

async function tell(
  result: Promise<pg.QueryResult>,
  callback: (error: unknown, rows?: pg.QueryResult) => void,
): Promise<void> {
  let rows: pg.QueryResult
  try {
    rows = await result
  } catch (error) {
    return callback(error)
  }
  callback(null, rows)
}
