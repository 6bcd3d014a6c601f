import { transaction } from '@karcis/kit/database'
import { asBookkeeping } from '@karcis/kit/deeds'
import type { SignedInPerson } from '@karcis/kit/service-token'
import { normalizeEmail, parseInput } from '@karcis/kit/validate'
import { z } from 'zod'
import { type Credentials, findCredentials, lockAccountShared } from '../accounts/account-store.ts'
import type { Client } from '../client.ts'
import type { Deps } from '../deps.ts'
import { InvalidCredentials } from '../errors.ts'
import { givenPasswordSchema } from '../passwords/password-rules.ts'
import type { SignedIn } from './access-tokens.ts'
import { openSession } from './open-session.ts'
import { forgiveAttempt, proofAttempt, signInAttempt, trying } from './sign-in-limits.ts'

/** Nothing but bounds: what does not belong to an account is INVALID_CREDENTIALS, whatever it looks like. */
const loginSchema = z.object({
  email: z
    .string()
    .max(254, 'is too long')
    .regex(/^\P{Cc}*$/u, 'must not contain control characters')
    .transform(normalizeEmail),
  password: givenPasswordSchema,
  deviceToken: z.string().max(200, 'is too long').nullish(),
})

/**
 * Signs a person in by e-mail address and password. An unknown address costs the same work as a wrong password.
 * @throws InvalidCredentials, AccountSuspended (only to who knows the password), TooManyAttempts, OnePasswordPerRequest, BadUserInput
 */
export async function logIn(deps: Deps, client: Client, input: unknown): Promise<SignedIn> {
  const given = parseInput(loginSchema, input)
  client.takePasswordTurn()
  return signInByPassword(deps, client, given)
}

/** As `logIn`, of who has taken their turn. @throws InvalidCredentials, AccountSuspended, TooManyAttempts */
export async function signInByPassword(
  deps: Deps,
  client: Client,
  { email, password, deviceToken = null }: z.infer<typeof loginSchema>,
): Promise<SignedIn> {
  await deps.signingKeys.current() // first: where nothing can be signed no try is counted, and nothing used up
  const known = await findCredentials(deps.db, { email })
  const attempt = await signInAttempt(deps, client, { email, userId: known?.id ?? null, deviceToken })
  return trying(deps, attempt, async () => {
    const right = await deps.passwords.verify(password, known?.passwordHash ?? null, attempt.queue)
    if (!known || !right) throw new InvalidCredentials()
    return openSession(deps, client, { method: 'PASSWORD', deviceToken }, async (tx) => {
      const account = await lockAccountShared(tx, known.id)
      // While the password was being checked the account may have got another one, or none.
      if (account?.passwordHash !== known.passwordHash) throw new InvalidCredentials()
      await forgiveAttempt(tx, attempt)
      return account
    })
  })
}

/**
 * Makes sure that whoever is signed in knows the password too.
 * @throws InvalidCredentials, TooManyAttempts, OnePasswordPerRequest
 */
export async function provePassword(
  deps: Pick<Deps, 'db' | 'passwords' | 'keyedHashes'>,
  client: Client,
  person: SignedInPerson,
  known: Credentials,
  password: string,
): Promise<void> {
  client.takePasswordTurn()
  const attempt = proofAttempt(deps, person)
  await trying(deps, attempt, async () => {
    const right = await deps.passwords.verify(password, known.passwordHash, attempt.queue)
    if (!right) throw new InvalidCredentials()
    await asBookkeeping(() => transaction(deps.db, (tx) => forgiveAttempt(tx, attempt)))
  })
}
