import { transaction } from '@karcis/kit/database'
import { recordEvent } from '@karcis/kit/events'
import { newId } from '@karcis/kit/ids'
import { parseInput } from '@karcis/kit/validate'
import { createUserSchema } from '../accounts/account-input.ts'
import {
  type Account,
  findAccountByEmail,
  insertAccount,
  type Role,
  updateAccount,
  updateAuthChangedAt,
} from '../accounts/account-store.ts'
import type { Tx } from '../database.ts'
import type { Deps } from '../deps.ts'
import { EmailTaken } from '../errors.ts'
import { normalizeEmail } from '../input.ts'
import { type SignedIn, signIn } from '../sessions/access-tokens.ts'
import { insertSession } from '../sessions/session-store.ts'

/** Makes an account for whoever asks and signs them in. @throws BadUserInput, EmailTaken */
export async function signUp(deps: Deps, input: unknown): Promise<SignedIn> {
  const { email, password, name, phoneNumber = null, address = null } = parseInput(createUserSchema, input)
  const passwordHash = await deps.passwords.hash(password)
  const { account, session } = await transaction(deps.db, async (tx) => {
    const account = await register(tx, { email, passwordHash, name, phoneNumber, address })
    return { account, session: await insertSession(tx, account.id) }
  })
  return signIn(deps, account, session)
}

/** What the account of a new person starts with; the address normalized, the password hashed. */
export interface NewAccount {
  email: string
  passwordHash: string
  name: string
  phoneNumber?: string | null
  address?: string | null
  role?: Role
}

/** Makes an account, and records the event for booking in the same transaction. @throws EmailTaken */
export async function register(tx: Tx, person: NewAccount): Promise<Account> {
  const account = await insertAccount(tx, { id: newId(), ...person })
  const payload = { userId: account.id }
  await recordEvent(tx, { type: 'user.registered', aggregateId: account.id, payload, consumers: ['booking'] })
  return account
}
