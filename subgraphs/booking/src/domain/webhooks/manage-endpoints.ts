import { transaction } from '@karcis/kit/database'
import { Conflict, Forbidden, NotFound } from '@karcis/kit/errors'
import { idSchema, newId } from '@karcis/kit/ids'
import type { Connection, PageArgs } from '@karcis/kit/pagination'
import type { Viewer } from '@karcis/kit/service-token'
import { nameSchema, parseInput } from '@karcis/kit/validate'
import { z } from 'zod'
import type { Deps } from '../deps.ts'
import { TooManyEndpoints } from '../errors.ts'
import { findDelivery, insertPing, listDeliveries, moveToPending } from './delivery-store.ts'
import {
  countEndpoints,
  deleteEndpoint,
  findEndpoint,
  insertEndpoint,
  listEndpoints,
  updateEndpoint,
  updateSecret,
} from './endpoint-store.ts'
import { newSecret } from './signature.ts'
import { targetProblem } from '@karcis/kit/outside/target'
import {
  type DeliveryStatus,
  MOST_ENDPOINTS,
  WEBHOOK_EVENTS,
  type WebhookDelivery,
  type WebhookEndpoint,
} from './webhook.ts'

export type WebhookDeliveryConnection = Connection<WebhookDelivery>

const inputs = (loopback: boolean) => {
  const url = z.string().superRefine((text, context) => {
    const message = targetProblem(text, loopback)
    if (message !== null) context.addIssue({ code: 'custom', message })
  })
  const events = z
    .array(z.enum(WEBHOOK_EVENTS))
    .min(1, 'must name at least one type of event')
    .transform((types) => [...new Set<string>(types)])
  const description = nameSchema(200)
  return {
    create: z.object({ url, events, description: description.nullish() }),
    update: z.object({
      id: idSchema,
      url: url.optional(),
      events: events.optional(),
      description: description.nullable().optional(),
      enabled: z.boolean().optional(),
    }),
  }
}

/** Makes an endpoint; its secret is in this answer only. @throws Forbidden, BadUserInput, TooManyEndpoints. */
export async function createWebhookEndpoint(
  deps: Deps,
  viewer: Viewer,
  rawInput: unknown,
): Promise<WebhookEndpoint> {
  if (viewer.role !== 'ORGANIZER' && viewer.role !== 'ADMIN')
    throw new Forbidden('Only organizers have webhooks.')
  const { url, events, description = null } = parseInput(inputs(deps.webhooks.loopback).create, rawInput)
  const secret = newSecret()
  const endpoint = { id: newId(), organizerId: viewer.id, url, events, description }
  const sealedSecret = deps.webhooks.sealer.seal(secret)
  for (;;) {
    const made = await transaction(deps.db, (tx) => insertEndpoint(tx, { ...endpoint, sealedSecret }))
    if (made) return { ...made, secret }
    // Otherwise another has taken the same slot at this moment: there may be others.
    if ((await countEndpoints(deps.db, viewer.id)) >= MOST_ENDPOINTS)
      throw new TooManyEndpoints(MOST_ENDPOINTS)
  }
}

/** Changes an endpoint, or switches it on or off. What is left out stays, null clears. @throws NotFound, Forbidden, BadUserInput. */
export async function updateWebhookEndpoint(
  deps: Deps,
  viewer: Viewer,
  rawInput: unknown,
): Promise<WebhookEndpoint> {
  const { id, ...change } = parseInput(inputs(deps.webhooks.loopback).update, rawInput)
  await manageEndpoint(deps, viewer, id)
  return found(id, await transaction(deps.db, (tx) => updateEndpoint(tx, id, change)))
}

/** Makes another secret, which is in this answer only; the one before signs as well for a day. @throws NotFound, Forbidden, BadUserInput. */
export async function rotateWebhookSecret(
  deps: Deps,
  viewer: Viewer,
  rawId: string,
): Promise<WebhookEndpoint> {
  const { id, organizerId } = await manageEndpoint(deps, viewer, rawId)
  if (viewer.id !== organizerId) throw new Forbidden('Only its owner is told the secret of an endpoint.')
  const secret = newSecret()
  const sealed = deps.webhooks.sealer.seal(secret)
  const rotated = found(id, await transaction(deps.db, (tx) => updateSecret(tx, id, sealed)))
  return { ...rotated, secret }
}

/** Deletes an endpoint with its log; what it was still owed is never sent. @throws NotFound, Forbidden, BadUserInput. */
export async function deleteWebhookEndpoint(
  deps: Deps,
  viewer: Viewer,
  rawId: string,
): Promise<WebhookEndpoint> {
  const endpoint = await manageEndpoint(deps, viewer, rawId)
  if (!(await transaction(deps.db, (tx) => deleteEndpoint(tx, endpoint.id))))
    throw new NotFound('webhook endpoint', endpoint.id)
  return endpoint
}

/** Sends an endpoint something of no meaning, to see whether it is taken. @throws NotFound, Forbidden, BadUserInput, Conflict. */
export async function pingWebhookEndpoint(
  deps: Deps,
  viewer: Viewer,
  rawId: string,
): Promise<WebhookDelivery> {
  const endpoint = await manageEndpoint(deps, viewer, rawId)
  requireEnabled(endpoint)
  return transaction(deps.db, (tx) => insertPing(tx, newId(), endpoint.id))
}

/** Sends something once more, under the id that it had. @throws NotFound, Forbidden, BadUserInput, Conflict. */
export async function replayWebhook(deps: Deps, viewer: Viewer, rawId: string): Promise<WebhookDelivery> {
  const id = parseInput(idSchema, rawId, 'deliveryId')
  const delivery = await findDelivery(deps.db, id)
  const endpoint = delivery && (await findEndpoint(deps.db, delivery.endpointId))
  if (!endpoint) throw new NotFound('webhook delivery', id)
  requireManager(viewer, endpoint)
  requireEnabled(endpoint)
  const replayed = await transaction(deps.db, (tx) => moveToPending(tx, id))
  if (!replayed) throw new NotFound('webhook delivery', id) // forgotten at this very moment
  return replayed
}

/** The endpoints of an organizer, newest first: the viewer's own unless another is named. @throws Forbidden, BadUserInput. */
export async function viewWebhookEndpoints(
  deps: Deps,
  viewer: Viewer,
  rawOrganizerId: string | null | undefined,
): Promise<WebhookEndpoint[]> {
  const organizerId = rawOrganizerId == null ? viewer.id : parseInput(idSchema, rawOrganizerId, 'organizerId')
  requireManager(viewer, { organizerId })
  return listEndpoints(deps.db, organizerId)
}

/** What an endpoint was told, newest first. @throws NotFound, Forbidden, BadUserInput. */
export async function viewWebhookDeliveries(
  deps: Deps,
  viewer: Viewer,
  rawEndpointId: string,
  { status, ...page }: PageArgs & { status?: DeliveryStatus | null | undefined },
): Promise<WebhookDeliveryConnection> {
  const endpoint = await manageEndpoint(deps, viewer, rawEndpointId, 'endpointId')
  return listDeliveries(deps.db, endpoint.id, status ?? null, page)
}

async function manageEndpoint(
  deps: Deps,
  viewer: Viewer,
  rawId: string,
  argument = 'id',
): Promise<WebhookEndpoint> {
  const id = parseInput(idSchema, rawId, argument)
  const endpoint = found(id, await findEndpoint(deps.db, id))
  requireManager(viewer, endpoint)
  return endpoint
}

function found(id: string, endpoint: WebhookEndpoint | null): WebhookEndpoint {
  if (!endpoint) throw new NotFound('webhook endpoint', id)
  return endpoint
}

/** Whose it is, and admins. */
function requireManager(viewer: Viewer, { organizerId }: Pick<WebhookEndpoint, 'organizerId'>): void {
  if (viewer.id !== organizerId && viewer.role !== 'ADMIN')
    throw new Forbidden('These are not your webhooks.')
}

function requireEnabled({ enabled, disabledReason }: WebhookEndpoint): void {
  if (!enabled) throw new Conflict('This endpoint is disabled: enable it first.', { reason: disabledReason })
}
