import { recordEvent } from '@karcis/kit/events'
import { newId } from '@karcis/kit/ids'
import { parseInput } from '@karcis/kit/validate'
import type { Context, Tx } from './deps.ts'
import { signIn, type SignedIn } from './access-tokens.ts'
import { type Account, insertAccount, type Role } from './account-store.ts'
import { createUserSchema } from './inputs.ts'
import { openSession } from './session-store.ts'

/** What the account of a new person starts with; the address normalized, the password hashed. */
export interface NewAccount {
  email: string
  passwordHash: string
  name: string
  phoneNumber?: string | null
  address?: string | null
  role?: Role
}

/** Makes an account, and tells booking of it in the same transaction. @throws EmailTaken */
export async function register(tx: Tx, person: NewAccount): Promise<Account> {
  const account = await insertAccount(tx, { id: newId(), ...person })
  const payload = { userId: account.id }
  await recordEvent(tx, { type: 'user.registered', aggregateId: account.id, payload, consumers: ['booking'] })
  return account
}

/** Makes an account for whoever asks and signs it in. @throws BadUserInput, EmailTaken */
export async function signUp({ deps }: Context, input: unknown): Promise<SignedIn> {
  const { email, password, name, phoneNumber = null, address = null } = parseInput(createUserSchema, input)
  const passwordHash = await deps.passwords.hash(password)
  const { account, session } = await deps.db.$transaction(async (tx) => {
    const account = await register(tx, { email, passwordHash, name, phoneNumber, address })
    return { account, session: await openSession(tx, account.id) }
  })
  return signIn(deps, account, session)
}
