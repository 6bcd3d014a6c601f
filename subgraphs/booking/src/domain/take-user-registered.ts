import { z } from 'zod'
import type { KarcisEvent } from '@karcis/kit/events'
import type { Deps, Tx } from './deps.ts'
import { openWallet } from './wallet.ts'

const payload = z.object({ userId: z.uuid() })

/** Someone has signed up: the wallet is opened before it is looked at. */
export async function takeUserRegistered(tx: Tx, deps: Deps, event: KarcisEvent): Promise<void> {
  await openWallet(tx, payload.parse(event.payload).userId, deps.settings.SIGNUP_GRANT_IDR)
}
