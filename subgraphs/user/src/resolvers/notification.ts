import { requireViewer } from '@karcis/kit/viewer'
import { watchNotifications } from '../domain/notifications/notification-live.ts'
import type { NotificationRow } from '../domain/notifications/notification-store.ts'
import { readPreferences, updatePreferences } from '../domain/notifications/preferences.ts'
import {
  markAllRead,
  markRead,
  viewNotification,
  viewNotifications,
  viewUnreadCount,
} from '../domain/notifications/view-notifications.ts'
import type { Resolvers } from '../generated/resolvers-types.ts'
import type { Context } from '../request-context.ts'

export const notification: Resolvers = {
  Query: {
    notifications: (_, { unreadOnly, ...page }, ctx) =>
      viewNotifications(ctx.deps, requireViewer(ctx), unreadOnly ?? false, page),
    notificationPreferences: (_, __, ctx) => readPreferences(ctx.deps, requireViewer(ctx)),
  },
  Mutation: {
    markNotificationRead: (_, { id }, ctx) => markRead(ctx.deps, requireViewer(ctx), id),
    markAllNotificationsRead: (_, __, ctx) => markAllRead(ctx.deps, requireViewer(ctx)),
    updateNotificationPreferences: (_, { input }, ctx) =>
      updatePreferences(ctx.deps, requireViewer(ctx), input),
  },
  Subscription: {
    notificationReceived: {
      subscribe: (_, __, ctx) => watchNotifications(ctx.deps, requireViewer(ctx)),
      resolve: (row: NotificationRow, _args: unknown, ctx: Context) =>
        viewNotification(ctx.deps, requireViewer(ctx), row),
    },
  },
  NotificationConnection: {
    unreadCount: (list, _, { deps }) => viewUnreadCount(deps, list),
  },
}
