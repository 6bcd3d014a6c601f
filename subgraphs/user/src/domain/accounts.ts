import { createGathering } from '@karcis/kit/batch-loader'
import type { Deps } from './deps.ts'
import { type Account, findAccounts } from './account-store.ts'

/** An account by id, read together with all that this process is asked for at the same time; undefined when there is none. */
export type Accounts = (id: string) => Promise<Account | undefined>

/** @param deps asked at each reading. */
export const createAccounts = (deps: () => Pick<Deps, 'reads'>): Accounts =>
  createGathering(async (ids) => {
    const found = await findAccounts(deps().reads, ids)
    return new Map(found.map((account) => [account.id, account]))
  })
