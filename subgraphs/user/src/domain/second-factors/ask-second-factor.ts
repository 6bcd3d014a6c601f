import { SecondFactorRequired } from '@karcis/kit/errors'
import type { Tx } from '../database.ts'
import type { Deps } from '../deps.ts'
import { insertChallenge } from './challenge-store.ts'
import { findFactors, isTwoFactor } from './factor-store.ts'
import { findPasskeysOf } from './passkey-store.ts'
import { requestOptions } from './webauthn.ts'

/**
 * What somebody is told who has shown one factor of an account that has a second, to go on with by `verifySecondFactor`; null for an
 * account that has none. To be thrown once the transaction is committed. The caller has locked the account, so that it gets no
 * second factor before it is signed in without one.
 * @param amr what they have shown.
 */
export async function askSecondFactor(
  { relyingParty }: Pick<Deps, 'relyingParty'>,
  tx: Tx,
  userId: string,
  amr: string[],
): Promise<SecondFactorRequired | null> {
  const factors = await findFactors(tx, userId)
  if (!isTwoFactor(factors)) return null
  const challenge = await insertChallenge(tx, 'SECOND_FACTOR', { userId, amr })
  const passkeys = await findPasskeysOf(tx, userId)
  const methods = [
    ...(factors.totp ? ['TOTP'] : []),
    ...(factors.passkeys > 0 ? ['PASSKEY'] : []),
    ...(factors.recoveryCodes > 0 ? ['RECOVERY_CODE'] : []),
  ]
  return new SecondFactorRequired('Show your second factor too (verifySecondFactor).', {
    challenge,
    methods,
    ...(passkeys.length > 0 && { passkeyOptions: await requestOptions(relyingParty, challenge, passkeys) }),
  })
}
