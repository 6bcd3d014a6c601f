import { MULTI_FACTOR } from '@karcis/kit/contracts/tokens'
import { transaction } from '@karcis/kit/database'
import { BadUserInput, SecondFactorRequired, Unauthenticated } from '@karcis/kit/errors'
import type { SignedInPerson } from '@karcis/kit/service-token'
import { parseInput } from '@karcis/kit/validate'
import { findCredentials, type LockedAccount, lockAccountShared } from '../accounts/account-store.ts'
import type { Client } from '../client.ts'
import type { Tx } from '../database.ts'
import type { Deps } from '../deps.ts'
import { InvalidCredentials, PasskeyRefused, WrongCode } from '../errors.ts'
import { deleteChallenge } from '../second-factors/challenge-store.ts'
import { findFactors, isTwoFactor } from '../second-factors/factor-store.ts'
import { tellCodeUsed } from '../second-factors/tell.ts'
import { useCode } from '../second-factors/use-code.ts'
import { usePasskey } from '../second-factors/use-passkey.ts'
import { readPasskeyAnswer } from '../second-factors/webauthn.ts'
import { type AccessToken, createAccessTokenSigner } from './access-tokens.ts'
import { provePassword } from './log-in.ts'
import { BY_CODE, BY_PASSKEY, BY_PASSWORD, stepUpSchema } from './proofs.ts'
import { updateProof } from './session-store.ts'
import { forgiveAttempt, proofAttempt, trying } from './sign-in-limits.ts'

/**
 * Gives the owner of a session an access token with which they may do what asks for a proof of just now. Whoever has a second factor shows
 * that one: their password alone is no proof.
 * @throws InvalidCredentials, SecondFactorRequired, TooManyAttempts, OnePasswordPerRequest, Unauthenticated, BadUserInput
 */
export async function stepUp(
  deps: Deps,
  client: Client,
  person: SignedInPerson,
  input: unknown,
): Promise<AccessToken> {
  const { password, code, passkey } = parseInput(stepUpSchema, input)
  const sign = await createAccessTokenSigner(deps)

  const proving = (amr: string[], prove: (tx: Tx, account: LockedAccount) => Promise<void>) =>
    transaction(deps.db, async (tx) => {
      const account = await lockAccountShared(tx, person.id)
      if (!account || account.suspendedAt) throw new Unauthenticated()
      await prove(tx, account)
      return { account, session: await updateProof(tx, person, amr) }
    })

  async function byPassword(given: string) {
    const known = await findCredentials(deps.db, { id: person.id })
    if (!known)
      throw new BadUserInput([
        { path: 'input.password', message: 'is not what you sign in with: sign in again' },
      ])
    await provePassword(deps, client, person, known, given)
    return proving([BY_PASSWORD], async (tx, { passwordHash }) => {
      if (passwordHash !== known.passwordHash) throw new InvalidCredentials() // changed since it was proved
      if (isTwoFactor(await findFactors(tx, person.id)))
        throw new SecondFactorRequired('You have a second factor: show that one (code or passkey).')
    })
  }

  function byCode(given: string) {
    const attempt = proofAttempt(deps, person)
    return trying(deps, attempt, () =>
      proving([BY_CODE, MULTI_FACTOR], async (tx) => {
        const used = await useCode(deps, tx, person.id, given)
        if (!used) throw new WrongCode()
        await tellCodeUsed(tx, person.id, used)
        await forgiveAttempt(tx, attempt)
      }),
    )
  }

  function byPasskey(given: unknown) {
    const answer = readPasskeyAnswer(given, 'input.passkey')
    return proving([BY_PASSKEY, MULTI_FACTOR], async (tx) => {
      if (!(await deleteChallenge(tx, 'PASSKEY_LOGIN', answer.challenge))) throw new PasskeyRefused()
      await usePasskey(deps, tx, person.id, answer)
    })
  }

  function bySomething() {
    if (password != null) return byPassword(password)
    return code != null ? byCode(code) : byPasskey(passkey)
  }

  const proved = await bySomething()
  return sign(proved.account, proved.session)
}
