import { newToken } from '@karcis/kit/secret-tokens'
import { BadUserInput } from '@karcis/kit/errors'
import { newId } from '@karcis/kit/ids'
import { parseInput } from '@karcis/kit/validate'
import { z } from 'zod'
import type { Client } from '../client.ts'
import type { Tx } from '../database.ts'
import type { Deps } from '../deps.ts'
import { LinkExpired, LinkUsed } from '../errors.ts'
import type { LinkKind } from '../notifications/kinds.ts'
import { notify, type NoticeOf } from '../notifications/notify.ts'
import { countAttempt } from '../sessions/sign-in-limits.ts'
import { wrongLinkAttempt } from './link-limits.ts'
import { type BroughtLink, findLink, insertLink, type LinkPurpose, useLink } from './link-store.ts'

const MINUTE = 60
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** For how long a link is good, by Postgres' clock. One that signs somebody in is short-lived; one that waits for its reader is not. */
const LIFETIME_SECONDS: Record<LinkPurpose, number> = {
  VERIFY_EMAIL: 3 * DAY,
  RESET_PASSWORD: HOUR,
  SIGN_IN: 15 * MINUTE,
  CONFIRM_NEW_EMAIL: DAY,
  CONFIRM_OLD_EMAIL: DAY,
  UNDO_EMAIL_CHANGE: 7 * DAY,
  CLAIM: 180 * DAY,
}

export const EMAIL_CHANGE_SECONDS = LIFETIME_SECONDS.CONFIRM_NEW_EMAIL
export const UNDO_EMAIL_CHANGE_SECONDS = LIFETIME_SECONDS.UNDO_EMAIL_CHANGE

/** By what a link is mailed: the kind of notice that has its text. */
const KIND_OF = {
  VERIFY_EMAIL: 'VERIFY_EMAIL',
  RESET_PASSWORD: 'RESET_PASSWORD',
  SIGN_IN: 'SIGN_IN_LINK',
  CONFIRM_NEW_EMAIL: 'CONFIRM_NEW_EMAIL',
  CONFIRM_OLD_EMAIL: 'CONFIRM_OLD_EMAIL',
  UNDO_EMAIL_CHANGE: 'EMAIL_CHANGED',
  CLAIM: 'CLAIM_PURCHASE',
} as const satisfies Record<LinkPurpose, LinkKind>

/** What a link is to be mailed for. */
export interface LinkToSend<P extends LinkPurpose> {
  /** The same for whoever asks again for the same link: it is mailed once. Another one each time unless given. */
  id?: string
  userId: string
  purpose: P
  /** Where to, normalized. */
  email: string
  changeId?: string
  /** What its text is made of. */
  data: NoticeOf<(typeof KIND_OF)[P]>['data']
}

/** Mails a person a link, once the transaction has committed. Its token is in the mail, sealed until that is sent, and nowhere else. */
export async function sendLink<P extends LinkPurpose>(
  { messageSealer }: Pick<Deps, 'messageSealer'>,
  tx: Tx,
  { id = newId(), userId, purpose, email, changeId, data }: LinkToSend<P>,
): Promise<void> {
  const token = newToken()
  const lifetimeSeconds = LIFETIME_SECONDS[purpose]
  const until = new Date(Date.now() + lifetimeSeconds * 1_000) // not mailed any more once it is good for nothing
  const link = { id, userId, purpose, email, changeId: changeId ?? null, token, lifetimeSeconds }
  if (!(await insertLink(tx, link))) return
  const notice = {
    userId,
    kind: KIND_OF[purpose],
    cause: id,
    data,
    to: email,
    secret: messageSealer.seal(token),
    until,
  }
  await notify(tx, [notice as NoticeOf<(typeof KIND_OF)[P]> as Parameters<typeof notify>[1][number]])
}

const tokenSchema = z.string().min(1, 'must not be empty').max(200, 'is too long')

/**
 * Looks a link up that somebody brings. Whether it is still good when it is used, `takeLink` decides.
 * @param path where the token stood in the input.
 * @throws BadUserInput for what is no link for this, LinkUsed, LinkExpired, TooManyAttempts
 */
export async function readLink(
  deps: Deps,
  client: Client,
  rawToken: string,
  purposes: readonly LinkPurpose[],
  path = 'token',
): Promise<BroughtLink> {
  const token = parseInput(tokenSchema, rawToken, path)
  const link = await findLink(deps.db, token, purposes)
  if (link?.used) throw new LinkUsed()
  if (link?.expired) throw new LinkExpired()
  if (link) return link
  const attempt = wrongLinkAttempt(deps, client)
  if (attempt) await countAttempt(deps, attempt)
  throw new BadUserInput([{ path, message: 'is of no link that we have sent' }])
}

/**
 * Uses up a link that was looked up. The caller has locked the account, so whoever else brings it comes before or after this.
 * @throws LinkUsed, also when it has become too old meanwhile
 */
export async function takeLink(tx: Tx, link: BroughtLink): Promise<void> {
  if (!(await useLink(tx, link))) throw new LinkUsed()
}
