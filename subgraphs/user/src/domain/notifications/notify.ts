import { afterCommit } from '@karcis/kit/database'
import { newId } from '@karcis/kit/ids'
import type { Tx } from '../database.ts'
import { CHANNELS, type DataOf, groupOf, kindOf, KINDS, type NotificationKind } from './kinds.ts'
import { insertNotifications, type NewNotification } from './notification-store.ts'

/** Something that one person is to be told. */
export type Notice = { [K in NotificationKind]: NoticeOf<K> }[NotificationKind]

export interface NoticeOf<K extends NotificationKind> {
  userId: string
  kind: K
  /** What it comes of, such as the id of a refund and how far that is: of one kind and cause a person is told once. At most 200 characters. */
  cause: string
  data: DataOf<K>
  /** Another address than the account's, for what goes by one channel alone. */
  to?: string
  /** A one-time token, sealed by `deps.messageSealer`: its text is given it when it is sent, and it is wiped then. */
  secret?: Uint8Array<ArrayBuffer>
  /** From when on it is of no use to be told: what has not been sent by then is not sent. */
  until?: Date
  /** Of a CAMPAIGN: which. Its data is kept there, and not again for each who is told. */
  campaignId?: string
}

/** What is to be done after the commit of what people were told, by the database that it was written to. */
const followers = new WeakMap<object, (told: ReadonlyMap<string, number>) => void>()

/**
 * Has something done whenever people were told something on this database: it is given the newest revision of each list that has
 * grown. One per database.
 */
export function followNotices(db: object, follow: (told: ReadonlyMap<string, number>) => void): void {
  followers.set(db, follow)
}

/**
 * Tells people something, in the transaction of what it comes of: in their lists, and by every channel that they want it on. Whom a cause has been
 * told to, or who is erased, is passed by. Nothing is sent before the commit; then it is, once, whatever happens to this process.
 */
export async function notify(tx: Tx, notices: readonly Notice[]): Promise<void> {
  await notifyAndCount(tx, notices)
}

/** The same. @returns how many people have more in their lists now. */
export async function notifyAndCount(tx: Tx, notices: readonly Notice[]): Promise<number> {
  if (notices.length === 0) return 0
  const told = await insertNotifications(tx, notices.map(rowOf))
  afterCommit(tx, (db) => followers.get(db)?.(told))
  return told.size
}

function rowOf({ userId, kind, cause, data, to, secret, until, campaignId }: Notice): NewNotification {
  const { group, only } = kindOf(kind)
  const { priority, channels, fixed } = groupOf(kind)
  return {
    id: newId(),
    userId,
    kind,
    cause,
    data: JSON.stringify(campaignId === undefined ? KINDS[kind].data.parse(data) : { campaignId }),
    listed: only === undefined,
    group,
    priority,
    fixed: fixed === true,
    channels: CHANNELS.filter((name) =>
      only ? name === only : (channels as readonly string[]).includes(name),
    ),
    to: to ?? null,
    secret: secret ?? null,
    until: until ?? null,
    campaignId: campaignId ?? null,
  }
}
