import { Unauthenticated } from '@karcis/kit/errors'
import { parseInput } from '@karcis/kit/validate'
import { type LockedAccount, lockAccountShared } from '../accounts/account-store.ts'
import type { Client } from '../client.ts'
import type { Tx } from '../database.ts'
import type { Deps } from '../deps.ts'
import { PasskeyRefused, WrongCode } from '../errors.ts'
import { deleteChallenge, findChallenge } from '../second-factors/challenge-store.ts'
import { tellCodeUsed } from '../second-factors/tell.ts'
import { useCode } from '../second-factors/use-code.ts'
import { usePasskey } from '../second-factors/use-passkey.ts'
import { readPasskeyAnswer } from '../second-factors/webauthn.ts'
import type { SignedIn } from './access-tokens.ts'
import { openSession } from './open-session.ts'
import { BY_CODE, BY_PASSKEY, verifySecondFactorSchema } from './proofs.ts'
import { forgiveAttempt, secondFactorAttempt, trying } from './sign-in-limits.ts'

/**
 * Goes on with a sign-in that needs a second factor: by a code of the authenticator app, a recovery code, or a passkey that answers to
 * the challenge. A wrong one leaves the challenge as it is.
 * @throws Unauthenticated where there is no such sign-in (any more); InvalidCredentials for a wrong answer, AccountSuspended,
 *   TooManyAttempts, BadUserInput
 */
export async function verifySecondFactor(deps: Deps, client: Client, input: unknown): Promise<SignedIn> {
  const { challenge, code, passkey, deviceToken } = parseInput(verifySecondFactorSchema, input)
  const signIn = await findChallenge(deps.db, 'SECOND_FACTOR', challenge)
  if (!signIn?.userId) throw signInAgain()
  const { amr } = signIn
  const userId: string = signIn.userId

  /** Of any number who go on with a sign-in at once, one has it. */
  async function takeUp(tx: Tx): Promise<LockedAccount> {
    const account = await lockAccountShared(tx, userId)
    const taken = await deleteChallenge(tx, 'SECOND_FACTOR', challenge)
    if (!account || !taken) throw signInAgain()
    return account
  }

  if (code == null) {
    const answer = readPasskeyAnswer(passkey, 'input.passkey')
    if (answer.challenge !== challenge) throw new PasskeyRefused()
    const shown = [...amr, BY_PASSKEY]
    return openSession(deps, client, { method: 'SECOND_FACTOR', amr: shown, deviceToken }, async (tx) => {
      const account = await takeUp(tx)
      await usePasskey(deps, tx, userId, answer)
      return account
    })
  }
  const attempt = await secondFactorAttempt(deps, client, userId)
  const shown = [...amr, BY_CODE]
  return trying(deps, attempt, () =>
    openSession(deps, client, { method: 'SECOND_FACTOR', amr: shown, deviceToken }, async (tx) => {
      const account = await takeUp(tx)
      const used = await useCode(deps, tx, userId, code)
      if (!used) throw new WrongCode()
      await tellCodeUsed(tx, userId, used)
      await forgiveAttempt(tx, attempt)
      return account
    }),
  )
}

const signInAgain = () => new Unauthenticated('This sign-in is over or took too long: sign in again.')
