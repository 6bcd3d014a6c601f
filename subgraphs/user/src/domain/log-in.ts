import { parseInput } from '@karcis/kit/validate'
import type { Context } from './deps.ts'
import { signIn, type SignedIn } from './access-tokens.ts'
import { findCredentials, holdAccount } from './account-store.ts'
import { AccountSuspended, InvalidCredentials } from './errors.ts'
import { loginSchema } from './inputs.ts'
import { countAttempt, forgetAttempts } from './login-throttle.ts'
import { openSession } from './session-store.ts'

/**
 * Signs a person in by e-mail address and password. An unknown address costs the same work as a wrong password.
 * @throws InvalidCredentials, AccountSuspended (only to who knows the password), TooManyAttempts, BadUserInput
 */
export async function logIn({ deps }: Context, input: unknown): Promise<SignedIn> {
  const { email, password } = parseInput(loginSchema, input)
  await countAttempt(deps.db, email)
  const known = await findCredentials(deps.db, { email })
  const right = await deps.passwords.verify(password, known?.passwordHash ?? null)
  if (!known || !right) throw new InvalidCredentials()

  const { account, session } = await deps.db.$transaction(async (tx) => {
    const account = await holdAccount(tx, known.id)
    // While the password was being checked the account may have got another one, or none.
    if (account?.passwordHash !== known.passwordHash) throw new InvalidCredentials()
    if (account.suspendedAt) throw new AccountSuspended(account.suspensionReason)
    await forgetAttempts(tx, email)
    return { account, session: await openSession(tx, account.id) }
  })
  return signIn(deps, account, session)
}
