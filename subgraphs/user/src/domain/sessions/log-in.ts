import { transaction } from '@karcis/kit/database'
import { parseInput } from '@karcis/kit/validate'
import { z } from 'zod'
import { type Credentials, findCredentials, lockAccountShared } from '../accounts/account-store.ts'
import type { Db } from '../database.ts'
import type { Deps } from '../deps.ts'
import { AccountSuspended, InvalidCredentials, TooManyAttempts } from '../errors.ts'
import { isStorable, MAX_EMAIL, NOT_STORABLE, normalizeEmail } from '../input.ts'
import { givenPasswordSchema } from '../passwords/password-rules.ts'
import { type SignedIn, signIn } from './access-tokens.ts'
import { countLoginAttempt, deleteLoginAttempts } from './login-attempt-store.ts'
import { insertSession } from './session-store.ts'

const MAX_ATTEMPTS = 10
const WINDOW_MINUTES = 15

/** Nothing but bounds: what does not belong to an account is INVALID_CREDENTIALS, whatever it looks like. */
const loginSchema = z.object({
  email: z.string().max(MAX_EMAIL, 'is too long').refine(isStorable, NOT_STORABLE).transform(normalizeEmail),
  password: givenPasswordSchema,
})

/**
 * Signs a person in by e-mail address and password. An unknown address costs the same work as a wrong password.
 * @throws InvalidCredentials, AccountSuspended (only to who knows the password), TooManyAttempts, BadUserInput
 */
export async function logIn(deps: Deps, input: unknown): Promise<SignedIn> {
  const { db, passwords } = deps
  const { email, password } = parseInput(loginSchema, input)
  await countAttempt(db, email)
  const known = await findCredentials(db, { email })
  const right = await passwords.verify(password, known?.passwordHash ?? null)
  if (!known || !right) throw new InvalidCredentials()

  const { account, session } = await transaction(db, async (tx) => {
    const account = await lockAccountShared(tx, known.id)
    // While the password was being checked the account may have got another one, or none.
    if (account?.passwordHash !== known.passwordHash) throw new InvalidCredentials()
    if (account.suspendedAt) throw new AccountSuspended(account.suspensionReason)
    await deleteLoginAttempts(tx, email)
    return { account, session: await insertSession(tx, account.id) }
  })
  return signIn(deps, account, session)
}

/**
 * Makes sure that whoever is signed in knows the password too; counted with the tries to sign in, so that a stolen access
 * token is no way around that limit.
 * @throws InvalidCredentials, TooManyAttempts
 */
export async function provePassword(
  { db, passwords }: Pick<Deps, 'db' | 'passwords'>,
  known: Credentials,
  password: string,
): Promise<void> {
  await countAttempt(db, known.email)
  if (!(await passwords.verify(password, known.passwordHash))) throw new InvalidCredentials()
  await transaction(db, (tx) => deleteLoginAttempts(tx, known.email))
}

/** Committed before the password is looked at, so that a thousand guesses at once get no further than one after the other. */
async function countAttempt(db: Db, email: string): Promise<void> {
  const { attempts, secondsLeft } = await transaction(db, (tx) =>
    countLoginAttempt(tx, email, WINDOW_MINUTES),
  )
  if (attempts > MAX_ATTEMPTS) throw new TooManyAttempts(secondsLeft)
}
