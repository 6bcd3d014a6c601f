import type { SigningKeys } from '@karcis/kit/signing-keys'
import type { BaseDeps } from '@karcis/kit/subgraph'
import type { RequestScope } from '@karcis/kit/viewer'
import type { Accounts } from './accounts.ts'
import type { Prisma, PrismaClient } from '../generated/prisma/client.ts'
import { createLoaders, type Loaders } from '../loaders.ts'
import type { Passwords } from '../passwords/passwords.ts'

/** A transaction. What writes asks for one, so that forgetting it does not compile. */
export type Tx = Prisma.TransactionClient

/** What reads will do with either. */
export type Db = Tx | PrismaClient

/** What the use cases of this subgraph can reach. */
export interface Deps extends BaseDeps<PrismaClient> {
  passwords: Passwords
  accounts: Accounts
  signingKeys: SigningKeys
}

/** One request: who asks, by what means it is answered. */
export interface Context extends RequestScope {
  deps: Deps
  loaders: Loaders
}

export const createContext = (deps: Deps, scope: RequestScope): Context => ({
  ...scope,
  deps,
  loaders: createLoaders(deps),
})
