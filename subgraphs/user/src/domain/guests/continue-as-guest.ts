import { newId } from '@karcis/kit/ids'
import { recordEvent } from '@karcis/kit/events'
import { emailSchema, nameSchema, parseInput } from '@karcis/kit/validate'
import { z } from 'zod'
import { guestAttempt } from '../account-links/link-limits.ts'
import { insertAccount } from '../accounts/account-store.ts'
import type { Client } from '../client.ts'
import type { Deps } from '../deps.ts'
import type { SignedIn } from '../sessions/access-tokens.ts'
import { openSession } from '../sessions/open-session.ts'
import { countAttempt } from '../sessions/sign-in-limits.ts'

const continueAsGuestSchema = z.object({ email: emailSchema, name: nameSchema() })

/**
 * Lets somebody buy without an account. Each time it is another guest, whoever has given the same address before, and whether it has an
 * account or not: an address that anybody can type opens nothing, and keeps nobody from it. What they buy is mailed there, and claimed from there.
 * @throws BadUserInput, TooManyAttempts
 */
export async function continueAsGuest(deps: Deps, client: Client, input: unknown): Promise<SignedIn> {
  const { email, name } = parseInput(continueAsGuestSchema, input)
  const attempt = guestAttempt(deps, client)
  if (attempt) await countAttempt(deps, attempt)
  return openSession(deps, client, { method: 'GUEST' }, async (tx) => {
    const guest = await insertAccount(tx, { id: newId(), role: 'GUEST', guestEmail: email, name })
    await recordEvent(tx, {
      type: 'user.registered',
      aggregateId: guest.id,
      payload: { userId: guest.id, personHash: null, guest: true },
      consumers: ['booking'],
    })
    return guest
  })
}
