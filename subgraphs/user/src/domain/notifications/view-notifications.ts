import { statement } from '@karcis/kit/database'
import { NotFound, Unauthenticated } from '@karcis/kit/errors'
import { idSchema } from '@karcis/kit/ids'
import type { Connection, PageArgs } from '@karcis/kit/pagination'
import type { Viewer } from '@karcis/kit/service-token'
import { parseInput } from '@karcis/kit/validate'
import type { Deps } from '../deps.ts'
import { type GroupName, isKind, KINDS, type NotificationKind } from './kinds.ts'
import {
  countUnread,
  listNotifications,
  type NotificationRow,
  updateAllRead,
  updateRead,
} from './notification-store.ts'
import type { Wording } from './texts/wording.ts'
import { type Reader, word } from './texts/word.ts'

/** A notification in the words of whoever reads it. */
export interface NotificationView extends Omit<Wording, 'facts' | 'action'> {
  id: string
  kind: NotificationKind
  group: GroupName
  facts: { label: string; value: string }[]
  action: { label: string; url: string } | null
  /** What it is about; null for what is about no event. */
  event: { id: string } | null
  createdAt: Date
  readAt: Date | null
}

/** A person's list, and whose it is. */
export type NotificationList = Connection<NotificationView> & { userId: string }

/** The viewer's list, newest first. @throws BadUserInput for wrong paging, Unauthenticated */
export async function viewNotifications(
  deps: Deps,
  viewer: Viewer,
  unreadOnly: boolean,
  args: PageArgs,
): Promise<NotificationList> {
  const { edges, ...list } = await listNotifications(deps.db, viewer.id, unreadOnly, args)
  const reader = await readerOf(deps, viewer)
  return {
    ...list,
    edges: edges.map(({ cursor, node }) => ({ cursor, node: viewOf(deps, node, reader) })),
    userId: viewer.id,
  }
}

/** How many of the list are not read. */
export const viewUnreadCount = ({ db }: Deps, { userId }: NotificationList): Promise<number> =>
  countUnread(db, userId)

/** Notes that the viewer has read something. @throws NotFound when it is not among theirs, BadUserInput, Unauthenticated */
export async function markRead(deps: Deps, viewer: Viewer, rawId: string): Promise<NotificationView> {
  const id = parseInput(idSchema, rawId, 'id')
  const row = await statement(deps.db, (tx) => updateRead(tx, viewer.id, id))
  if (!row) throw new NotFound('notification', id)
  return viewNotification(deps, viewer, row)
}

/** Rows that one statement changes. */
const BATCH = 1_000

/** Notes that the viewer has read everything. @returns how many that were. */
export async function markAllRead({ db }: Deps, { id }: Viewer): Promise<number> {
  for (let all = 0; ; ) {
    const marked = await statement(db, (tx) => updateAllRead(tx, id, BATCH))
    all += marked
    if (marked < BATCH) return all
  }
}

/** One of the viewer's, in their words. @throws Unauthenticated */
export const viewNotification = async (
  deps: Deps,
  viewer: Viewer,
  row: NotificationRow,
): Promise<NotificationView> => viewOf(deps, row, await readerOf(deps, viewer))

async function readerOf({ accountById }: Deps, { id }: Viewer): Promise<Reader> {
  const account = await accountById(id)
  if (!account || account.deletedAt) throw new Unauthenticated()
  return account
}

function viewOf({ publicUrl }: Deps, row: NotificationRow, reader: Reader): NotificationView {
  const { id, kind, data, createdAt, readAt } = row
  if (!isKind(kind)) throw new Error(`nothing is known of the kind ${kind}`)
  const { facts = [], action = null, ...wording } = word(kind, data, reader, publicUrl)
  const { eventId } = (data ?? {}) as { eventId?: unknown }
  return {
    ...wording,
    id,
    kind,
    group: KINDS[kind].group,
    facts: facts.map(([label, value]) => ({ label, value })),
    action,
    event: typeof eventId === 'string' ? { id: eventId } : null,
    createdAt,
    readAt,
  }
}
