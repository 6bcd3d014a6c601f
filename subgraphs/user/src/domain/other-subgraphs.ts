import { WALLETS_FOR_ERASURE, walletsForErasure } from '@karcis/kit/contracts/bound-hold'
import {
  ERASURE_LOSS,
  EVENT_VISIBLE,
  EVENTS_TO_COME,
  erasureLoss,
  VISIBLE_EVENTS,
} from '@karcis/kit/contracts/user-asks'
import type { ServiceClient } from '@karcis/kit/service-client'
import type { Viewer } from '@karcis/kit/service-token'
import { z } from 'zod'
import type { Deps } from './deps.ts'

type Clients = Pick<Deps, 'clients'>

/** One of the others. */
export function subgraph({ clients }: Clients, name: 'event' | 'ticket' | 'booking'): ServiceClient {
  const client = clients[name]
  if (!client) throw new Error(`the ${name} subgraph is not among the clients`)
  return client
}

/** Whether the viewer may see an event; false also when there is none. @throws ServiceUnavailable */
export async function isEventVisible(deps: Clients, viewer: Viewer, eventId: string): Promise<boolean> {
  const answer = await subgraph(deps, 'event').query(EVENT_VISIBLE, { id: eventId }, viewer)
  return z.object({ eventVisible: z.boolean() }).parse(answer).eventVisible
}

const visibleEvents = z.object({ _entities: z.array(z.object({ id: z.string() }).nullable()) })

/** Of several events those that the viewer may see, in the order asked for; null for each of the others. @throws ServiceUnavailable */
export async function findVisibleEvents(
  deps: Clients,
  viewer: Viewer | null,
  eventIds: readonly string[],
): Promise<({ id: string } | null)[]> {
  const representations = eventIds.map((id) => ({ __typename: 'Event', id }))
  const answer = await subgraph(deps, 'event').query(VISIBLE_EVENTS, { representations }, viewer)
  return visibleEvents.parse(answer)._entities
}

/** How many events of a person are approved or waiting for review, and not over. @throws ServiceUnavailable */
export async function countEventsToCome(deps: Clients, organizerId: string): Promise<number> {
  const answer = await subgraph(deps, 'event').query(EVENTS_TO_COME, { organizerId })
  return z.object({ eventsToCome: z.int() }).parse(answer).eventsToCome
}

/** What a person would lose with their account. */
export interface ErasureLoss {
  /** Wallets that are not empty, in the smallest unit of `currency`. */
  balances: { currency: string; balance: number }[]
  /** Of events that are not over. */
  validTickets: number
  /** Bookings that can still be paid. */
  pendingBookings: number
  /** Top-ups of wallets that are under way. */
  pendingTopUps: number
}

/** @throws ServiceUnavailable when it cannot be known: nobody loses anything unseen. */
export async function findErasureLoss(deps: Clients, userId: string): Promise<ErasureLoss> {
  const [tickets, wallets] = await Promise.all([
    subgraph(deps, 'ticket').query(ERASURE_LOSS, { userId }),
    subgraph(deps, 'booking').query(WALLETS_FOR_ERASURE, { userId }),
  ])
  return {
    ...z.object({ walletsForErasure }).parse(wallets).walletsForErasure,
    ...z.object({ erasureLoss }).parse(tickets).erasureLoss,
  }
}
