import { requireViewer } from '@karcis/kit/viewer'
import {
  createWebhookEndpoint,
  deleteWebhookEndpoint,
  pingWebhookEndpoint,
  replayWebhook,
  rotateWebhookSecret,
  updateWebhookEndpoint,
  viewWebhookDeliveries,
  viewWebhookEndpoints,
} from '../domain/webhooks/manage-endpoints.ts'
import type { Resolvers } from '../generated/resolvers-types.ts'

export const webhooks: Resolvers = {
  Query: {
    webhookEndpoints: (_, { organizerId }, ctx) =>
      viewWebhookEndpoints(ctx.deps, requireViewer(ctx), organizerId),
    webhookDeliveries: (_, { endpointId, ...args }, ctx) =>
      viewWebhookDeliveries(ctx.deps, requireViewer(ctx), endpointId, args),
  },
  Mutation: {
    createWebhookEndpoint: (_, { input }, ctx) => createWebhookEndpoint(ctx.deps, requireViewer(ctx), input),
    updateWebhookEndpoint: (_, { input }, ctx) => updateWebhookEndpoint(ctx.deps, requireViewer(ctx), input),
    rotateWebhookSecret: (_, { id }, ctx) => rotateWebhookSecret(ctx.deps, requireViewer(ctx), id),
    deleteWebhookEndpoint: (_, { id }, ctx) => deleteWebhookEndpoint(ctx.deps, requireViewer(ctx), id),
    pingWebhookEndpoint: (_, { id }, ctx) => pingWebhookEndpoint(ctx.deps, requireViewer(ctx), id),
    replayWebhook: (_, { deliveryId }, ctx) => replayWebhook(ctx.deps, requireViewer(ctx), deliveryId),
  },
}
