import type { Deps } from './deps.ts'
import type { Credentials } from './account-store.ts'
import { InvalidCredentials } from './errors.ts'
import { countAttempt, forgetAttempts } from './login-throttle.ts'

/**
 * Makes sure that whoever is signed in knows the password too; counted with the tries to sign in, so that a stolen access
 * token is no way around that limit.
 * @throws InvalidCredentials, TooManyAttempts
 */
export async function provePassword(deps: Deps, known: Credentials, password: string): Promise<void> {
  await countAttempt(deps.db, known.email)
  if (!(await deps.passwords.verify(password, known.passwordHash))) throw new InvalidCredentials()
  await forgetAttempts(deps.db, known.email)
}
