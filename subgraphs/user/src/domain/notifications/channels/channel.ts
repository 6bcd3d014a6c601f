import type { Language } from '../../accounts/account-store.ts'
import type { Tx } from '../../database.ts'
import type { ChannelName, GroupName, NotificationKind } from '../kinds.ts'
import type { Wording } from '../texts/wording.ts'

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
  /** From when on it is of no use. */
  until: Date | null
  wording: Wording
}

/** An address that is sent nothing any more: nothing will ever arrive there, or its owner has told the provider to send them nothing. */
export type AddressEnd = 'GONE' | 'UNSUBSCRIBED'

/** A way to people outside of the app. */
export interface Channel {
  name: ChannelName
  /**
   * Hands a message over.
   * @returns other than SENT where the address has ended: it is not tried again, for any message.
   * @param signal aborted when the process closes, or it takes too long.
   * @throws anything, to be tried again later; `RetryLater` says when.
   */
  send(message: OutgoingMessage, signal: AbortSignal): Promise<'SENT' | AddressEnd>
  /** What becomes of an address that has ended. Without it the address is remembered as dead, whoever may have it. */
  ended?(tx: Tx, message: Pick<OutgoingMessage, 'id' | 'userId' | 'to'>, end: AddressEnd): Promise<void>
}

/** Thrown by a channel for a message that will never be taken, whereas others to the same address may: it is given up at once. */
export class NeverTaken extends Error {
  override name = 'NeverTaken'
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

/** What whoever takes messages asks for is done, up to so long. */
const MOST_PAUSE_SECONDS = 6 * 3_600

/** To be thrown where a message was not taken this time. @param retryAfterSeconds when they said to come again; null where they did not. */
export const notTaken = (reason: string, retryAfterSeconds: number | null): Error =>
  retryAfterSeconds === null
    ? new Error(reason)
    : new RetryLater(reason, Math.min(retryAfterSeconds, MOST_PAUSE_SECONDS))
