import type { Language } from '../../accounts/account-store.ts'
import type { ChannelName, GroupName, NotificationKind } from '../kinds.ts'
import type { Wording } from '../texts/wording.ts'

export interface Attachment {
  filename: string
  contentType: string
  content: Uint8Array
}

/** One notification for one address. */
export interface OutgoingMessage {
  /** The delivery's: the same each time it is tried, so that whoever receives it twice can tell. */
  id: string
  /** An address of the channel: of mail, of a subscription to pushes, a phone number. */
  to: string
  userId: string
  language: Language
  kind: NotificationKind
  group: GroupName
  /** What the wording was made of, parsed by its kind. */
  data: unknown
  wording: Wording
  attachments?: readonly Attachment[]
  /** Where one click ends everything of its group by this channel; none of what nobody can switch off. */
  unsubscribeUrl?: string
}

/** A way to people outside of the app. */
export interface Channel {
  name: ChannelName
  /**
   * Hands a message over.
   * @returns GONE where nothing will ever arrive: the address is not tried again, for any message.
   * @param signal aborted when the process closes, or it takes too long.
   * @throws anything, to be tried again later; `RetryLater` says when.
   */
  send(message: OutgoingMessage, signal: AbortSignal): Promise<'SENT' | 'GONE'>
}

/** Thrown by a channel that was told when to come again. */
export class RetryLater extends Error {
  override name = 'RetryLater'
  readonly afterSeconds: number

  constructor(message: string, afterSeconds: number) {
    super(message)
    this.afterSeconds = afterSeconds
  }
}
