import type { Viewer } from '@karcis/kit/service-token'
import type { Loose } from '@karcis/testkit/gql'
import type { BookingProcess } from './booking-process.ts'

export const ENDPOINT = `fragment E on WebhookEndpoint {
  id organizerId url events description enabled disabledReason disabledAt failingSince secret oldSecretUntil }`
export const DELIVERY = `fragment D on WebhookDelivery { id endpointId webhookId type status body attempts nextTryAt lastTriedAt
  responseStatus responseBody error durationMs createdAt }`

export const CREATE_ENDPOINT = `mutation ($input: CreateWebhookEndpointInput!) { createWebhookEndpoint(input: $input) { ...E } } ${ENDPOINT}`
export const UPDATE_ENDPOINT = `mutation ($input: UpdateWebhookEndpointInput!) { updateWebhookEndpoint(input: $input) { ...E } } ${ENDPOINT}`
export const ROTATE = `mutation ($id: ID!) { rotateWebhookSecret(id: $id) { ...E } } ${ENDPOINT}`
export const DELETE_ENDPOINT = `mutation ($id: ID!) { deleteWebhookEndpoint(id: $id) { ...E } } ${ENDPOINT}`
export const PING = `mutation ($id: ID!) { pingWebhookEndpoint(id: $id) { ...D } } ${DELIVERY}`
export const REPLAY = `mutation ($id: ID!) { replayWebhook(deliveryId: $id) { ...D } } ${DELIVERY}`
export const ENDPOINTS = `query ($organizerId: ID) { webhookEndpoints(organizerId: $organizerId) { ...E } } ${ENDPOINT}`
export const DELIVERIES = `query ($id: ID!, $status: WebhookDeliveryStatus, $first: Int, $after: String) {
  webhookDeliveries(endpointId: $id, status: $status, first: $first, after: $after) {
    totalCount pageInfo { hasNextPage endCursor } edges { node { ...D } } } } ${DELIVERY}`

export const ALL_EVENTS = [
  'booking.paid',
  'booking.expired',
  'booking.cancelled',
  'booking.refunded',
  'ticket.issued',
  'event.approved',
  'event.cancelled',
]

/** Makes an endpoint that is told of everything, unless the input says otherwise. */
export async function makeEndpoint(
  { ask }: Pick<BookingProcess, 'ask'>,
  organizer: Viewer,
  input: Record<string, unknown>,
): Promise<Loose> {
  const { data, errors } = await ask(organizer, CREATE_ENDPOINT, { input: { events: ALL_EVENTS, ...input } })
  if (!data.createWebhookEndpoint) throw new Error(JSON.stringify(errors))
  return data.createWebhookEndpoint
}

/** What an endpoint was told, oldest first. */
export async function logOf(
  { ask }: Pick<BookingProcess, 'ask'>,
  organizer: Viewer,
  id: string,
  status?: string,
): Promise<Loose[]> {
  const { data, errors } = await ask(organizer, DELIVERIES, { id, status })
  if (!data.webhookDeliveries) throw new Error(JSON.stringify(errors))
  return data.webhookDeliveries.edges.map(({ node }: Loose) => node).reverse()
}

/** Makes due now what waits for its next attempt. */
export const makeDue = ({ db }: Pick<BookingProcess, 'db'>) =>
  db.$executeRaw`UPDATE webhook_deliveries SET next_try_at = now() WHERE status = 'PENDING'`
