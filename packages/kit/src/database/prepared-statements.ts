import { PrismaPg } from '@prisma/adapter-pg'
import { LRUCache } from 'lru-cache'

/** How many statements a connection may come to hold, each some ten kilobytes of a Postgres process. */
const MAX_STATEMENTS = 256
/** Texts that are remembered as asked once. */
const MAX_CANDIDATES = 1_000

/** How many rows fit a pattern only the pattern tells: a plan for any of them read 50,000 events in 420 ms where one of its own took 280. */
const HAS_PATTERN = /\bI?LIKE\b/

/** How often a read or a statement of its own is run again; a migration would have to come between each of them. */
export const STALE_PLAN_ATTEMPTS = 4

/** Gives statements the names under which Postgres keeps their plans. */
export interface StatementNames {
  /** Which names are given now; it rises when all that were given before are dropped. */
  readonly epoch: number
  /** Empty, which is no name, for what is asked the first time, what looks for a pattern, and whatever comes when there are too many. */
  nameOf(text: string): string
  /**
   * Drops all names of an epoch, unless that is done: a migration that made one plan stale has made others stale too, on every
   * connection that holds them. What is asked next goes without a name first, and so with a plan that cannot be stale.
   */
  drop(epoch: number): void
}

export function createStatementNames(): StatementNames {
  const askedOnce = new LRUCache<string, true>({ max: MAX_CANDIDATES })
  const names = new Map<string, string>()
  let given = 0 // no name is given twice: connections hold those of earlier epochs still
  let epoch = 0

  return {
    get epoch() {
      return epoch
    },
    nameOf(text) {
      const name = names.get(text)
      if (name !== undefined) return name
      if (names.size === MAX_STATEMENTS) return ''
      // Once is not enough: texts that hardly ever come again, as with an IN of 37 values, would take all the places.
      if (!askedOnce.has(text)) {
        askedOnce.set(text, true)
        return ''
      }
      if (HAS_PATTERN.test(text)) return ''
      askedOnce.delete(text)
      const added = `karcis_${given++}`
      names.set(text, added)
      return added
    },
    drop(stale) {
      if (stale !== epoch) return
      epoch += 1
      names.clear()
      askedOnce.clear()
    },
  }
}

type Adapter = Awaited<ReturnType<PrismaPg['connect']>>
type Transaction = Awaited<ReturnType<Adapter['startTransaction']>>

/**
 * Prisma's adapter with plans that are kept: a statement that comes again is neither parsed nor planned anew. A pooler
 * in between must keep named statements too, as PgBouncer does from 1.21 on with `max_prepared_statements` above 0.
 *
 * A migration under a running process may change what a kept statement returns, and Postgres refuses to run it then. Nothing
 * was done at that point, so the statement is run again; in a transaction, which is broken, `transaction` does so.
 */
export class PreparingPg extends PrismaPg {
  readonly #names: StatementNames

  constructor(
    config: ConstructorParameters<typeof PrismaPg>[0],
    options: { onPoolError(error: Error): void },
  ) {
    const names = createStatementNames()
    super(config, { ...options, statementNameGenerator: ({ sql }) => names.nameOf(sql) })
    this.#names = names
  }

  override async connect(): ReturnType<PrismaPg['connect']> {
    const adapter = await super.connect()
    const { queryRaw, executeRaw, startTransaction } = adapter
    adapter.queryRaw = (query) => this.#again(() => queryRaw.call(adapter, query))
    adapter.executeRaw = (query) => this.#again(() => executeRaw.call(adapter, query))
    adapter.startTransaction = async (isolation) =>
      this.#watch(await startTransaction.call(adapter, isolation))
    return adapter
  }

  async #again<T>(run: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      const { epoch } = this.#names
      try {
        return await run()
      } catch (error) {
        if (!isStalePlan(error)) throw error
        this.#names.drop(epoch)
        if (attempt === STALE_PLAN_ATTEMPTS) throw error
      }
    }
  }

  /**
   * Has a transaction fail by what broke it. Postgres answers the COMMIT of a broken one with success, having rolled it back:
   * code that took the error for something to live with would take it for committed.
   */
  #watch(tx: Transaction): Transaction {
    const { queryRaw, executeRaw } = tx
    let broken: unknown = null
    const note = async <T>(run: () => Promise<T>): Promise<T> => {
      const { epoch } = this.#names
      try {
        return await run()
      } catch (error) {
        if (isStalePlan(error)) this.#names.drop(epoch)
        if (causeOf(error)?.originalCode) broken ??= error
        throw error
      }
    }
    tx.queryRaw = (query) => note(() => queryRaw.call(tx, query))
    tx.executeRaw = async (query) => {
      if (broken !== null && query.sql === 'COMMIT') {
        await executeRaw.call(tx, { ...query, sql: 'ROLLBACK' })
        throw broken
      }
      const affected = await note(() => executeRaw.call(tx, query))
      if (query.sql.startsWith('ROLLBACK TO')) broken = null
      return affected
    }
    return tx
  }
}

const causeOf = (error: unknown) =>
  (error as { cause?: { originalCode?: string; originalMessage?: string } } | null)?.cause

function isStalePlan(error: unknown): boolean {
  const cause = causeOf(error)
  return cause?.originalCode === '0A000' && cause.originalMessage?.startsWith('cached plan') === true
}
