import { UNSUBSCRIBE_PATH } from '@karcis/kit/contracts/pages'
import { createSignedUrls } from '@karcis/kit/signed-urls'
import { z } from 'zod'
import { CHANNELS, GROUPS, type GroupName } from '../kinds.ts'

/** What a link ends. */
const claimSchema = z.object({
  userId: z.uuid(),
  group: z.enum(Object.keys(GROUPS) as GroupName[]),
  channel: z.enum(CHANNELS),
  /** Of the page behind it. */
  language: z.enum(['EN', 'ID']),
})

export type Unsubscribing = z.infer<typeof claimSchema>

/** Links by which people say, without signing in, that they want no more of a kind. */
export interface UnsubscribeLinks {
  of(what: Unsubscribing): string
  /** @param token the query's `token`. @returns null for what was not made here, and for what is too old. */
  read(token: string): Unsubscribing | null
}

/** Mails are kept, and must be good for 30 days at least. */
const LINK_MS = 400 * 24 * 3_600_000

/** @param publicUrl where people open Karcis, without a slash at its end. */
export function createUnsubscribeLinks(secret: string, publicUrl: string): UnsubscribeLinks {
  const urls = createSignedUrls(secret, 'unsubscribing', claimSchema)
  return {
    of: (what) => `${publicUrl}${UNSUBSCRIBE_PATH}?token=${urls.sign(what, new Date(Date.now() + LINK_MS))}`,
    read: (token) => urls.read(token),
  }
}
