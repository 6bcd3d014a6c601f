import { CHANNELS } from '@karcis/kit/contracts/channels'
import { type Change, createLive, type Live } from '@karcis/kit/live'
import type { Viewer } from '@karcis/kit/service-token'
import type { Logger } from '@karcis/kit/log'
import type { Bus } from '@karcis/kit/redis'
import type { Db } from '../database.ts'
import { findBoxRevision, findNewNotifications, type NotificationRow } from './notification-store.ts'

/** What has come to a person's list. */
export interface NewNotifications extends Change {
  notifications: NotificationRow[]
}

export type NotificationLive = Live<NewNotifications>

/** What comes to people's lists, as it comes. */
export const createNotificationLive = (
  { db, bus, log }: { db: Db; bus: Bus; log: Logger },
  pollMs: number,
): NotificationLive =>
  createLive<NewNotifications>({
    bus,
    log,
    channel: CHANNELS.notifications,
    async read(userId, since) {
      const revision = await findBoxRevision(db, userId)
      if (revision === since) return null
      return { since, revision, notifications: await findNewNotifications(db, userId, since, revision) }
    },
    after: (read, since) => ({
      ...read,
      since,
      notifications: read.notifications.filter((one) => one.revision > since),
    }),
    merge: (waiting, next) => ({
      ...next,
      since: waiting.since,
      notifications: [...waiting.notifications, ...next.notifications],
    }),
    pollMs,
  })

interface Watched {
  notificationLive: NotificationLive
}

/** Says that a list has grown, and not by what: whoever watches it reads that, from the database. */
export function publishGrowth({ notificationLive }: Watched, userId: string, revision: number): void {
  notificationLive.publish(userId, { since: revision, revision, notifications: [] })
}

/** What the viewer is told from now on, one by one. */
export async function* watchNotifications(
  { db, notificationLive }: Watched & { db: Db },
  { id }: Viewer,
): AsyncGenerator<NotificationRow> {
  for await (const { notifications } of notificationLive.watch(id, await findBoxRevision(db, id)))
    yield* notifications
}
