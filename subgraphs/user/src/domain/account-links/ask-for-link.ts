import { transaction } from '@karcis/kit/database'
import { Unauthenticated } from '@karcis/kit/errors'
import { newId } from '@karcis/kit/ids'
import { defineJob, enqueue } from '@karcis/kit/jobs'
import type { Viewer } from '@karcis/kit/service-token'
import { emailSchema, parseInput } from '@karcis/kit/validate'
import { z } from 'zod'
import { findAccountByEmail, findUnclaimedGuests } from '../accounts/account-store.ts'
import type { Client } from '../client.ts'
import type { Deps } from '../deps.ts'
import { countAttempt } from '../sessions/sign-in-limits.ts'
import { mailAttempt } from './link-limits.ts'
import { sendLink } from './links.ts'

const askedLink = z.object({
  /** The link's own id, so that whoever runs this twice mails it once. */
  id: z.uuid(),
  purpose: z.enum(['RESET_PASSWORD', 'SIGN_IN']),
  email: z.string(),
})

/**
 * Mails the link that somebody asked for, if the address is known here. In a job of its own, so that who asks is answered at once, after the
 * same work for every address: neither the answer nor its time tells whose it is. Guests, who have no account, are mailed once more how to claim what they bought.
 */
export const mailAskedLink = defineJob({
  name: 'mail-asked-link',
  schema: askedLink,
  run: (deps: Deps, { id, purpose, email }: z.infer<typeof askedLink>) =>
    transaction(deps.db, async (tx) => {
      const account = await findAccountByEmail(tx, email)
      if (account)
        return sendLink(deps, tx, {
          id,
          userId: account.id,
          purpose,
          email,
          data: { email, name: account.name },
        })
      const [guest] = await findUnclaimedGuests(tx, email, 1)
      if (guest)
        await sendLink(deps, tx, {
          id,
          userId: guest.id,
          purpose: 'CLAIM',
          email,
          data: { email, name: guest.name },
        })
    }),
})

/** Asks for a mail with a link to choose another password by. True for every address. @throws BadUserInput, TooManyAttempts */
export const requestPasswordReset = (deps: Deps, client: Client, email: string): Promise<true> =>
  ask(deps, client, email, 'RESET_PASSWORD')

/** Asks for a mail with a link that signs its reader in. True for every address. @throws BadUserInput, TooManyAttempts */
export const requestMagicLink = (deps: Deps, client: Client, email: string): Promise<true> =>
  ask(deps, client, email, 'SIGN_IN')

async function ask(
  deps: Deps,
  client: Client,
  rawEmail: string,
  purpose: z.infer<typeof askedLink>['purpose'],
): Promise<true> {
  const email = parseInput(emailSchema, rawEmail, 'email')
  await countAttempt(deps, mailAttempt(deps, client, email))
  await transaction(deps.db, (tx) => enqueue(tx, mailAskedLink, { id: newId(), purpose, email }))
  return true
}

/**
 * Mails the viewer another link to verify their address by. True also when it is verified already, and nothing is sent.
 * @throws TooManyAttempts, Unauthenticated
 */
export async function requestVerification(deps: Deps, client: Client, viewer: Viewer): Promise<true> {
  const account = await deps.accountById(viewer.id)
  if (!account?.email) throw new Unauthenticated()
  const { id: userId, email, name, emailVerifiedAt } = account
  if (emailVerifiedAt) return true
  await countAttempt(deps, mailAttempt(deps, client, email))
  await transaction(deps.db, (tx) =>
    sendLink(deps, tx, { userId, purpose: 'VERIFY_EMAIL', email, data: { email, name } }),
  )
  return true
}
