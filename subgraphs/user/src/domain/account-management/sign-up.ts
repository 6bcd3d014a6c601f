import { transaction } from '@karcis/kit/database'
import { recordEvent } from '@karcis/kit/events'
import { newId } from '@karcis/kit/ids'
import { parseInput } from '@karcis/kit/validate'
import { createUserSchema } from '../accounts/account-input.ts'
import { type Account, insertAccount, type Role } from '../accounts/account-store.ts'
import { mailboxOf } from '../accounts/same-mailbox.ts'
import type { Client } from '../client.ts'
import type { Tx } from '../database.ts'
import type { Deps } from '../deps.ts'
import { type SignedIn, signIn } from '../sessions/access-tokens.ts'
import { uncountLoginAttempt } from '../sessions/login-attempt-store.ts'
import { insertSession } from '../sessions/session-store.ts'
import { countAttempt, deviceTokenFor, rememberPlace, signUpAttempt } from '../sessions/sign-in-limits.ts'

/**
 * Makes an account for whoever asks and signs them in.
 * @throws BadUserInput, EmailTaken, TooManyAttempts, OnePasswordPerRequest
 */
export async function signUp(deps: Deps, client: Client, input: unknown): Promise<SignedIn> {
  const { email, password, name, phoneNumber = null, address = null } = parseInput(createUserSchema, input)
  client.takePasswordTurn()
  const attempt = signUpAttempt(deps, client)
  if (attempt) await countAttempt(deps, attempt)
  const passwordHash = await deps.passwords.hash(password, attempt?.queue ?? email)
  const { account, session } = await transaction(deps.db, async (tx) => {
    const account = await register(deps, tx, { email, passwordHash, name, phoneNumber, address })
    if (attempt) await uncountLoginAttempt(tx, attempt.limits[0].key)
    await rememberPlace(deps, tx, client, account.id)
    return { account, session: await insertSession(tx, account.id) }
  })
  return {
    ...(await signIn(deps, account, session)),
    deviceToken: deviceTokenFor(deps.keyedHashes, account.id, null),
  }
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
export async function register(
  { keyedHashes }: Pick<Deps, 'keyedHashes'>,
  tx: Tx,
  person: NewAccount,
): Promise<Account> {
  const account = await insertAccount(tx, { id: newId(), ...person })
  const personHash = keyedHashes.person(mailboxOf(person.email)).toString('base64url')
  const payload = { userId: account.id, personHash }
  await recordEvent(tx, { type: 'user.registered', aggregateId: account.id, payload, consumers: ['booking'] })
  return account
}
