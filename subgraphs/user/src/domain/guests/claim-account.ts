import { BadUserInput } from '@karcis/kit/errors'
import { recordEvent } from '@karcis/kit/events'
import { parseInput } from '@karcis/kit/validate'
import { z } from 'zod'
import { isKeptForAnother } from '../account-links/email-change-store.ts'
import { readLink, takeLink } from '../account-links/links.ts'
import { recordEmailVerified } from '../account-links/proved-mailbox.ts'
import { type Account, lockAccount, updateAccount } from '../accounts/account-store.ts'
import { recordRightsChange } from '../accounts/rights-changed.ts'
import { mailboxOf } from '../accounts/same-mailbox.ts'
import type { Client } from '../client.ts'
import type { Deps } from '../deps.ts'
import { EmailTaken, LinkUsed } from '../errors.ts'
import { isOwnEmail, newPasswordSchema, OWN_EMAIL } from '../passwords/password-rules.ts'
import type { SignedIn } from '../sessions/access-tokens.ts'
import { publishAuthChanges } from '../sessions/auth-changes.ts'
import { openSession } from '../sessions/open-session.ts'
import { type Revocation, revokeSessionsOf } from '../sessions/session-store.ts'

const claimAccountSchema = z.object({ token: z.string(), password: newPasswordSchema })

/**
 * Makes a guest an account with a password, by the link that came with what they bought: with everything that is theirs, under the same id.
 * It shows that the address is theirs, so it is verified; and whoever typed it when buying may be somebody else, so the guest's own sessions end.
 * @throws EmailTaken when the address has an account by now; BadUserInput, LinkUsed, LinkExpired, TooManyAttempts, OnePasswordPerRequest
 */
export async function claimAccount(deps: Deps, client: Client, input: unknown): Promise<SignedIn> {
  const { token, password } = parseInput(claimAccountSchema, input)
  client.takePasswordTurn()
  const link = await readLink(deps, client, token, ['CLAIM'], 'input.token') // first: hashing is dear
  const { userId, email } = link
  if (isOwnEmail(password, email)) throw new BadUserInput([{ path: 'input.password', message: OWN_EMAIL }])
  const passwordHash = await deps.passwords.hash(password, `stranger ${client.address ?? email}`)

  let ended: Revocation[] = []
  let changed: { account: Account; at: Date } | undefined
  const signedIn = await openSession(deps, client, { method: 'SIGN_UP' }, async (tx) => {
    const guest = await lockAccount(tx, userId)
    if (guest?.guestEmail !== email) throw new LinkUsed()
    await takeLink(tx, link)
    const account = await updateAccount(tx, userId, {
      email,
      passwordHash,
      emailVerifiedAt: new Date(),
      guestEmail: null,
      guestBoughtAt: null,
      guestPaysUntil: null,
      guestClaimedBy: null,
      guestClaimedAt: null,
      role: 'CUSTOMER',
    })
    if (await isKeptForAnother(tx, email, userId)) throw new EmailTaken()
    const personHash = deps.keyedHashes.person(mailboxOf(email)).toString('base64url')
    await recordEvent(tx, {
      type: 'user.registered',
      aggregateId: userId,
      payload: { userId, personHash },
      consumers: ['booking'],
    })
    await recordEmailVerified(tx, userId, email)
    ended = await revokeSessionsOf(tx, userId)
    changed = { account, at: await recordRightsChange(tx, account) }
    return account
  })
  publishAuthChanges(deps, ended, changed)
  return signedIn
}
