import { newId } from '@karcis/kit/ids'
import { createServiceClient } from '@karcis/kit/service-client'
import { createServiceTokens, type Viewer } from '@karcis/kit/service-token'

export const SECRET = 'a secret that all processes of a bench share'
const DAY_MS = 86_400_000

export const viewer = (role: Viewer['role']): Viewer => ({ id: newId(), role, sessionId: newId() })

/** Makes an event known to the ticket subgraph as the event subgraph would. @returns its id. */
export async function tellEvent(ticketUrl: string, organizerId: string): Promise<string> {
  const id = newId()
  const at = (days: number): string => new Date(Date.now() + days * DAY_MS).toISOString()
  const payload = {
    id,
    organizerId,
    title: 'Hot',
    status: 'APPROVED',
    startsAt: at(1),
    endsAt: at(2),
    currency: 'IDR',
    timezone: 'Asia/Jakarta',
    roomId: null,
    version: 1,
  }
  const event = { id: newId(), type: 'event.changed', aggregateId: id, payload, occurredAt: at(0) }
  await createServiceClient(ticketUrl, createServiceTokens(SECRET, 'event').to('ticket')).post(
    '/internal/events',
    {
      events: [event],
    },
  )
  return id
}
