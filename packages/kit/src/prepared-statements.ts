import { PrismaPg } from '@prisma/adapter-pg'
import { LRUCache } from 'lru-cache'

/** How many statements a connection may come to hold, each some ten kilobytes of a Postgres process. */
const MAX_STATEMENTS = 256
/** Texts that are remembered as asked once. */
const MAX_CANDIDATES = 1_000

/** How many rows fit a pattern only the pattern tells: a plan for any of them read 50,000 events in 420 ms where one of its own took 280. */
const HAS_PATTERN = /\bI?LIKE\b/

/** Gives statements the names under which Postgres keeps their plans. */
export interface StatementNames {
  /** Empty, which is no name, for what is asked the first time, what looks for a pattern, and whatever comes when there are too many. */
  nameOf(text: string): string
  /** Gives a text another name from now on: what is kept under its old one is of no use. */
  renew(text: string): void
}

export function createStatementNames(): StatementNames {
  const askedOnce = new LRUCache<string, true>({ max: MAX_CANDIDATES })
  const names = new Map<string, string>()
  let given = 0
  const rename = (text: string): string => {
    const name = `karcis_${given++}`
    names.set(text, name)
    return name
  }

  return {
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
      return rename(text)
    },
    renew: rename,
  }
}

/**
 * Prisma's adapter with plans that are kept: a statement that comes again is neither parsed nor planned anew. A pooler
 * in between must keep named statements too, as PgBouncer does from 1.21 on with `max_prepared_statements` above 0.
 *
 * A migration under a running process may change what a kept statement returns, and Postgres refuses to run it then. Nothing
 * was done at that point, so the statement is run again under a new name; in a transaction, which is broken, `retryTransient` does so.
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
    adapter.queryRaw = (query) => this.#again(query, () => queryRaw.call(adapter, query))
    adapter.executeRaw = (query) => this.#again(query, () => executeRaw.call(adapter, query))
    adapter.startTransaction = async (isolation) => {
      const tx = await startTransaction.call(adapter, isolation)
      const { queryRaw, executeRaw } = tx
      tx.queryRaw = (query) => queryRaw.call(tx, query).catch((error) => this.#note(query, error))
      tx.executeRaw = (query) => executeRaw.call(tx, query).catch((error) => this.#note(query, error))
      return tx
    }
    return adapter
  }

  async #again<T>({ sql }: { sql: string }, run: () => Promise<T>): Promise<T> {
    try {
      return await run()
    } catch (error) {
      if (!isStalePlan(error)) throw error
      this.#names.renew(sql)
      return run()
    }
  }

  #note({ sql }: { sql: string }, error: unknown): never {
    if (isStalePlan(error)) this.#names.renew(sql)
    throw error
  }
}

function isStalePlan(error: unknown): boolean {
  const cause = (error as { cause?: { originalCode?: string; originalMessage?: string } } | null)?.cause
  return cause?.originalCode === '0A000' && cause.originalMessage?.startsWith('cached plan') === true
}
