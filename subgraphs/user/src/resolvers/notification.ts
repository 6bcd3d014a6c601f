import { requireAccount, requireViewer } from '@karcis/kit/viewer'
import { watchNotifications } from '../domain/notifications/notification-live.ts'
import type { NotificationRow } from '../domain/notifications/notification-store.ts'
import { requestPhoneCode, verifyPhone } from '../domain/notifications/phones/phones.ts'
import { readPreferences, updatePreferences } from '../domain/notifications/preferences.ts'
import {
  readSubscriptions,
  registerSubscription,
  removeSubscription,
} from '../domain/notifications/push/subscriptions.ts'
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
    pushPublicKey: (_, __, { deps }) => deps.push.publicKey,
    pushSubscriptions: (_, page, ctx) => readSubscriptions(ctx.deps, requireViewer(ctx), page),
    notificationPreferences: (_, __, ctx) => readPreferences(ctx.deps, requireViewer(ctx)),
  },
  Mutation: {
    markNotificationRead: (_, { id }, ctx) => markRead(ctx.deps, requireViewer(ctx), id),
    markAllNotificationsRead: (_, __, ctx) => markAllRead(ctx.deps, requireViewer(ctx)),
    updateNotificationPreferences: (_, { input }, ctx) =>
      updatePreferences(ctx.deps, requireViewer(ctx), input),
    registerPushSubscription: (_, { input }, ctx) =>
      registerSubscription(ctx.deps, ctx.client, requireViewer(ctx), input),
    removePushSubscription: (_, { id }, ctx) => removeSubscription(ctx.deps, requireViewer(ctx), id),
    requestPhoneCode: (_, { phoneNumber }, ctx) =>
      requestPhoneCode(ctx.deps, ctx.client, requireAccount(ctx), phoneNumber),
    verifyPhone: (_, { code }, ctx) => verifyPhone(ctx.deps, requireAccount(ctx), code),
  },
  Subscription: {
    notificationReceived: {
      subscribe: (_, __, ctx) => watchNotifications(ctx.deps, requireViewer(ctx)),
      resolve: (row: NotificationRow, _args: unknown, ctx: Context) =>
        viewNotification(ctx.deps, requireViewer(ctx), row),
    },
  },
  User: {
    phoneVerified: async ({ id, phoneNumber, full }, _, { loaders }) =>
      full ? phoneNumber !== null && (await loaders.verifiedPhone(id)) !== null : null,
  },
  NotificationConnection: {
    unreadCount: (list, _, { deps }) => viewUnreadCount(deps, list),
  },
}
