import { AsyncLocalStorage } from 'node:async_hooks'

/** What somebody does by one mutation, while it is being done: `audit.ts` makes it, and `transaction` has it written down. */
export interface Deed {
  /**
   * Writes it down in a transaction that has done its work, unless it is written down already, or need not be.
   * @param result of that work. @returns whether it has: then `recorded` is to be called once the transaction has committed.
   */
  recordIn(tx: object, result: unknown): Promise<boolean>
  recorded(): void
  /** Whose deed it is, where the request could not say: whoever has just signed in. */
  actedBy(userId: string): void
  /** What it concerns that its input does not name by an id, such as the account whose password is tried. */
  concerns(id: string): void
}

const storage = new AsyncLocalStorage<Deed>()

/** The deed that the running code is part of; undefined where nobody asked for a change, such as in a job. */
export const deedUnderWay = (): Deed | undefined => storage.getStore()

/** Runs something, and all that it begins, as part of a deed. */
export const doAs = <T>(deed: Deed, run: () => T): T => storage.run(deed, run)

/**
 * Runs something that is no part of what was asked for, although it writes: what counts tries, or brings a copy up to date. Were a deed written down
 * with it, the log would say that something was done which may yet be refused.
 */
export const asBookkeeping = <T>(run: () => T): T => storage.exit(run)
