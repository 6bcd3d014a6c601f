import { transaction } from '@karcis/kit/database'
import { parseInput } from '@karcis/kit/validate'
import { lockAccountShared } from '../accounts/account-store.ts'
import type { Client } from '../client.ts'
import type { Deps } from '../deps.ts'
import { PasskeyRefused } from '../errors.ts'
import { deleteChallenge, insertChallenge } from '../second-factors/challenge-store.ts'
import { findPasskey } from '../second-factors/passkey-store.ts'
import { usePasskey } from '../second-factors/use-passkey.ts'
import { readPasskeyAnswer, requestOptions } from '../second-factors/webauthn.ts'
import type { SignedIn } from './access-tokens.ts'
import { openSession } from './open-session.ts'
import { passkeyLoginSchema } from './proofs.ts'
import { countAttempt, passkeyAttempt, withdrawAttempt } from './sign-in-limits.ts'

/** What a browser asks its authenticator with, whoever it is that signs in. */
export interface PasskeyOptions {
  publicKey: unknown
}

/** Begins a sign-in, or a step-up, by passkey. @throws TooManyAttempts */
export async function startPasskeyLogin(deps: Deps, client: Client): Promise<PasskeyOptions> {
  const attempt = passkeyAttempt(deps, client)
  if (attempt) await countAttempt(deps, attempt)
  const challenge = await transaction(deps.db, (tx) =>
    insertChallenge(tx, 'PASSKEY_LOGIN', { userId: null, amr: [] }),
  )
  return { publicKey: await requestOptions(deps.relyingParty, challenge) }
}

/**
 * Signs in whoever's passkey answers to a challenge of `startPasskeyLogin`. The authenticator has asked for a finger, a face or a PIN, so
 * nothing else is asked for.
 * @throws InvalidCredentials for a passkey that is not known, or an answer that is not right or came before; AccountSuspended, BadUserInput
 */
export async function finishPasskeyLogin(deps: Deps, client: Client, input: unknown): Promise<SignedIn> {
  const { response, deviceToken } = parseInput(passkeyLoginSchema, input)
  const answer = readPasskeyAnswer(response, 'input.response')
  const passkey = await findPasskey(deps.db, answer.credentialId)
  if (!passkey) throw new PasskeyRefused()
  const { userId } = passkey
  const signedIn = await openSession(deps, client, { method: 'PASSKEY', deviceToken }, async (tx) => {
    const account = await lockAccountShared(tx, userId)
    if (!account || !(await deleteChallenge(tx, 'PASSKEY_LOGIN', answer.challenge)))
      throw new PasskeyRefused()
    await usePasskey(deps, tx, userId, answer)
    return account
  })
  const attempt = passkeyAttempt(deps, client)
  if (attempt) await withdrawAttempt(deps, attempt)
  return signedIn
}
