import { MULTI_FACTOR } from '@karcis/kit/contracts/tokens'
import { transaction } from '@karcis/kit/database'
import { Conflict } from '@karcis/kit/errors'
import type { SignedInPerson, Viewer } from '@karcis/kit/service-token'
import { parseInput } from '@karcis/kit/validate'
import { requireStepUp } from '@karcis/kit/viewer'
import type { Deps } from '../deps.ts'
import { WrongCode } from '../errors.ts'
import {
  confirmTotp as confirm,
  deleteTotp,
  findFactors,
  findTotp,
  upsertTotp,
} from '../second-factors/factor-store.ts'
import { tellOfFactors } from '../second-factors/tell.ts'
import { newTotpSecret, stepOfCode, totpUri } from '../second-factors/totp.ts'
import { useCode } from '../second-factors/use-code.ts'
import { createAccessTokenSigner } from '../sessions/access-tokens.ts'
import { BY_CODE, codeSchema } from '../sessions/proofs.ts'
import { forgiveAttempt, proofAttempt, trying } from '../sessions/sign-in-limits.ts'
import {
  answerStrengthened,
  type FactorAdded,
  lockOwnAccount,
  type SecondFactors,
  strengthen,
  weaken,
} from './second-factors.ts'

/** What an authenticator app is set up with. */
export interface TotpSetup {
  secret: string
  uri: string
}

/** Begins to set up an authenticator app; it protects nothing before `confirmTotp`. @throws StepUpRequired, Conflict, Unauthenticated */
export async function enableTotp(deps: Deps, person: SignedInPerson): Promise<TotpSetup> {
  requireStepUp(person)
  const secret = newTotpSecret()
  const account = await transaction(deps.db, async (tx) => {
    const account = await lockOwnAccount(tx, person)
    if (!(await upsertTotp(tx, account.id, deps.sealer.seal(secret))))
      throw new Conflict('An authenticator app is set up already: disable that one first (disableTotp).')
    return account
  })
  return { secret, uri: totpUri(secret, account.email ?? account.name) }
}

/**
 * Sets the app up whose code this is: from now on a password alone does not open the account.
 * @throws InvalidCredentials, TooManyAttempts, Conflict when there is nothing to confirm, Unauthenticated, BadUserInput
 */
export async function confirmTotp(deps: Deps, person: SignedInPerson, rawCode: string): Promise<FactorAdded> {
  const code = parseInput(codeSchema, rawCode, 'code')
  const sign = await createAccessTokenSigner(deps) // first: nobody is signed out elsewhere without being given their codes
  const attempt = proofAttempt(deps, person)
  const strengthened = await trying(deps, attempt, () =>
    transaction(deps.db, async (tx) => {
      const account = await lockOwnAccount(tx, person)
      const before = await findFactors(tx, person.id)
      const totp = await findTotp(tx, person.id, false)
      if (!totp) throw new Conflict('No authenticator app waits for its first code: begin with enableTotp.')
      const step = stepOfCode(deps.sealer.unseal(totp.sealedSecret), code.replaceAll(/[\s-]/g, ''), totp.now)
      if (step === null || !(await confirm(tx, person.id, totp.sealedSecret, step))) throw new WrongCode()
      await forgiveAttempt(tx, attempt)
      await tellOfFactors(tx, person.id, 'TOTP_ENABLED')
      return strengthen(deps, tx, person, account, { before, amr: [BY_CODE, MULTI_FACTOR] })
    }),
  )
  return answerStrengthened(deps, sign, strengthened)
}

/**
 * Takes the authenticator app away. Its code, or a recovery code, is the proof that this asks for.
 * @throws InvalidCredentials, TooManyAttempts, Conflict, Unauthenticated, BadUserInput
 */
export async function disableTotp(deps: Deps, viewer: Viewer, rawCode: string): Promise<SecondFactors> {
  const code = parseInput(codeSchema, rawCode, 'code')
  const attempt = proofAttempt(deps, viewer)
  return trying(deps, attempt, () =>
    transaction(deps.db, async (tx) => {
      const account = await lockOwnAccount(tx, viewer)
      const { totp } = await findFactors(tx, viewer.id)
      if (!totp) throw new Conflict('No authenticator app is set up.')
      if (!(await useCode(deps, tx, viewer.id, code))) throw new WrongCode()
      await forgiveAttempt(tx, attempt)
      await deleteTotp(tx, viewer.id)
      await tellOfFactors(tx, viewer.id, 'TOTP_DISABLED')
      return weaken(deps, tx, account)
    }),
  )
}
