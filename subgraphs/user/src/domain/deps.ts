import type { SigningKeys } from '@karcis/kit/signing-keys'
import type { BaseDeps } from '@karcis/kit/subgraph'
import type { AccountById } from './accounts/account-store.ts'
import type { Db } from './database.ts'
import type { Passwords } from './passwords/passwords.ts'

/** What the use cases of this subgraph can reach. */
export interface Deps extends BaseDeps<Db> {
  passwords: Passwords
  accountById: AccountById
  signingKeys: SigningKeys
}
