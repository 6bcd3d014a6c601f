import { transaction } from '@karcis/kit/database'
import type { Account } from '../accounts/account-store.ts'
import type { Client } from '../client.ts'
import type { Tx } from '../database.ts'
import type { Deps } from '../deps.ts'
import { AccountSuspended } from '../errors.ts'
import { notify } from '../notifications/notify.ts'
import { createTokenSigner, type SignedIn } from './access-tokens.ts'
import { browserOf, networkRange, systemOf } from './devices.ts'
import { insertSession, type OpenSession, type Traces } from './session-store.ts'
import { deviceTokenFor, rememberPlace } from './sign-in-limits.ts'

/** By what somebody has shown who they are. */
export type SignInMethod =
  | 'PASSWORD'
  | 'SIGN_UP'
  | 'GUEST'
  | 'MAGIC_LINK'
  | 'GOOGLE'
  | 'PASSKEY'
  | 'SECOND_FACTOR'

/** How somebody comes into a session. */
export interface SignIn {
  method: SignInMethod
  /** What the device was given at an earlier sign-in; it keeps it while it is good for the account. */
  deviceToken?: string | null
}

/**
 * The one way into a session, whatever somebody has shown to prove who they are.
 * @param prove runs in the transaction that opens the session. It makes sure, once more and for good, that what was shown is right,
 *   uses it up where it is good only once, and gives the account, which it has locked or made. What it throws opens nothing.
 * @throws AccountSuspended, and whatever `prove` throws.
 */
export async function openSession(
  deps: Deps,
  client: Client,
  { method, deviceToken = null }: SignIn,
  prove: (tx: Tx) => Promise<Account>,
): Promise<SignedIn> {
  const sign = await createTokenSigner(deps) // first: nobody is signed in, or gets an account, who cannot be told so
  const { account, session } = await transaction(deps.db, async (tx) => {
    const account = await prove(tx)
    if (account.suspendedAt) throw new AccountSuspended(account.suspensionReason)
    const isNew = await rememberPlace(deps, tx, client, account.id, deviceToken)
    const { address, userAgent } = client
    const traces = { signedInBy: method, userAgent, network: networkRange(address) }
    const session = await insertSession(deps, tx, account.id, traces)
    if (isNew) await tellOfNewPlace(tx, account.id, session, traces)
    return { account, session }
  })
  return {
    ...(await sign(client, account, session)),
    deviceToken: deviceTokenFor(deps.keyedHashes, account.id, deviceToken),
  }
}

/** Whoever did not sign in there can end the session, and change how they sign in. */
const tellOfNewPlace = (
  tx: Tx,
  userId: string,
  { sessionId }: OpenSession,
  { userAgent, network }: Traces,
): Promise<void> =>
  notify(tx, [
    {
      userId,
      kind: 'NEW_SIGN_IN',
      cause: sessionId,
      data: {
        sessionId,
        at: new Date().toISOString(),
        browser: userAgent && browserOf(userAgent),
        system: userAgent && systemOf(userAgent),
        place: network,
      },
    },
  ])
