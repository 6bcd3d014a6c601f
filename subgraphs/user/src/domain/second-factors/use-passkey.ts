import type { Tx } from '../database.ts'
import type { Deps } from '../deps.ts'
import { PasskeyRefused } from '../errors.ts'
import { findPasskey, moveSignCount } from './passkey-store.ts'
import { type PasskeyAnswer, verifyPasskeyAnswer } from './webauthn.ts'

/**
 * Takes the answer of a passkey of somebody's. That its challenge was given out, and is used up, is for the caller to see to.
 * @throws PasskeyRefused, also where the authenticator has signed no more often than before: then there are two of it.
 */
export async function usePasskey(
  { relyingParty, log }: Pick<Deps, 'relyingParty' | 'log'>,
  tx: Tx,
  userId: string,
  answer: PasskeyAnswer,
): Promise<void> {
  const passkey = await findPasskey(tx, answer.credentialId)
  if (passkey?.userId !== userId) throw new PasskeyRefused()
  const { signCount, synced } = await verifyPasskeyAnswer(relyingParty, answer, passkey)
  if (await moveSignCount(tx, passkey.id, signCount, synced)) return
  log.warn(
    { userId, passkeyId: passkey.id },
    'a passkey has signed no more often than before, and is refused',
  )
  throw new PasskeyRefused()
}
