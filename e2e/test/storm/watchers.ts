import { setTimeout as pause } from 'node:timers/promises'
import type { TestWsClient } from '@karcis/testkit/ws-client'
import type { Person } from '../builders.ts'
import type { Api } from '../karcis.ts'

const RECONNECT_MS = 250
const QUIET_MS = 60_000 // without a message: then it is looked at whether the socket still lives

/** What somebody sees who watches an event throughout, coming back whenever the line breaks. */
export interface EventWatcher {
  /** Status by seat. */
  readonly seats: ReadonlyMap<string, string>
  /** Of the map that is seen. */
  readonly revision: number
  /** Sold, held and available by ticket type. */
  readonly stock: ReadonlyMap<string, Stock>
}

export interface Stock {
  sold: number
  held: number
  available: number
}

interface SeatMapChange {
  revision: number
  snapshot: boolean
  seats: { id: string; status: string }[]
}

/** Watches seats and stock of an event until `stop`. */
export function watchEvent(stop: AbortSignal, karcis: Api, eventId: string): EventWatcher {
  const seats = new Map<string, string>()
  let revision = 0
  let stock = new Map<string, Stock>()
  void follow<{ seatMapChanged: SeatMapChange }>(
    stop,
    () => karcis.connect(),
    `subscription ($id: ID!, $since: Int) {
      seatMapChanged(eventId: $id, sinceRevision: $since) { revision snapshot seats { id status } }
    }`,
    () => ({ id: eventId, since: revision }),
    ({ seatMapChanged: change }) => {
      if (change.snapshot) seats.clear()
      for (const { id, status } of change.seats) seats.set(id, status)
      revision = change.revision
    },
  )
  void follow<{ ticketStockChanged: (Stock & { id: string })[] }>(
    stop,
    () => karcis.connect(),
    'subscription ($id: ID!) { ticketStockChanged(eventId: $id) { id sold held available } }',
    () => ({ id: eventId }),
    ({ ticketStockChanged: types }) => {
      stock = new Map(types.map(({ id, ...numbers }) => [id, numbers]))
    },
  )
  return {
    seats,
    get revision() {
      return revision
    },
    get stock() {
      return stock
    },
  }
}

/** Watches bookings, each for its buyer, until `stop`. */
export interface BookingWatcher {
  watch(buyer: Person, id: string): void
  /** What was seen last, by booking. */
  readonly seen: ReadonlyMap<string, string>
}

/** @param limit how many bookings are watched; those after them are not. */
export function watchBookings(stop: AbortSignal, karcis: Api, limit: number): BookingWatcher {
  const seen = new Map<string, string>()
  let watched = 0
  return {
    seen,
    watch(buyer, id) {
      if (watched >= limit) return
      watched += 1
      seen.set(id, 'nothing')
      void follow<{ bookingChanged: { status: string } }>(
        stop,
        () => karcis.connect(buyer.token),
        'subscription ($id: ID!) { bookingChanged(id: $id) { status } }',
        () => ({ id }),
        ({ bookingChanged: { status } }) => seen.set(id, status),
      )
    },
  }
}

/** Subscribes, and again from where it stood whenever the socket or the subscription ends. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- what an operation gives is known where it is asked
async function follow<T>(
  stop: AbortSignal,
  connect: () => TestWsClient,
  query: string,
  variables: () => Record<string, unknown>,
  take: (data: T) => void,
): Promise<void> {
  while (!stop.aborted) {
    await using client = connect()
    const leave = () => void client.client.dispose()
    stop.addEventListener('abort', leave)
    try {
      const subscription = client.subscribe<T>(query, variables())
      for (;;) {
        const { data } = await subscription.next(QUIET_MS)
        if (!data) break
        take(data)
      }
    } catch {
      // The line broke, or what it leads to is away.
    }
    stop.removeEventListener('abort', leave)
    await pause(RECONNECT_MS)
  }
}
