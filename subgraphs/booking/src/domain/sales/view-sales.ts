import { Forbidden } from '@karcis/kit/errors'
import { idSchema } from '@karcis/kit/ids'
import { createLive, type Change, type Live } from '@karcis/kit/live'
import type { Logger } from '@karcis/kit/log'
import { type Connection, newestFirst, type PageArgs } from '@karcis/kit/pagination'
import type { Viewer } from '@karcis/kit/service-token'
import { parseInput } from '@karcis/kit/validate'
import { Prisma } from '../../generated/prisma/client.ts'
import type { Db } from '../database.ts'
import type { Deps } from '../deps.ts'
import {
  countOrganized,
  type EventCopy,
  findEventCopies,
  isOnDuty,
  listOrganized,
  mayDo,
  refreshEventCopy,
} from '../events/event-copy.ts'
import {
  countChanges,
  type EventSales,
  listParts,
  type SalesPart,
  type SalesTotals,
  sumOfOrganizer,
} from './sale-store.ts'

/** Totals that may be of nothing yet: then there is no currency. */
export type ShownTotals = Omit<SalesTotals, 'currency'> & { currency: string | null }

/** What one event has sold, as of one moment. */
export interface SalesReport {
  eventId: string
  /** Whose days `byDay` is of. */
  timezone: string
  totals: ShownTotals
  byDay: SalesPart[]
  byTicketType: SalesPart[]
  byPromoCode: SalesPart[]
  byMethod: SalesPart[]
}

/** One of an organizer's events. */
export interface OrganizedEvent {
  id: string
}

export type MySales = Connection<OrganizedEvent> & { organizerId: string }

const NOTHING: ShownTotals = {
  currency: null,
  bookings: 0,
  refundedBookings: 0,
  tickets: 0,
  refundedTickets: 0,
  gross: 0,
  discount: 0,
  surcharge: 0,
  platformFees: 0,
  tax: 0,
  refunded: 0,
  net: 0,
}

/** @returns the event's id. @throws Forbidden, BadUserInput */
async function requireOrganizer(deps: Deps, viewer: Viewer, rawEventId: string): Promise<string> {
  const eventId = parseInput(idSchema, rawEventId, 'eventId')
  if (await mayDo(deps, viewer, eventId, 'SELL')) return eventId
  throw new Forbidden('Only its organizer and the staff of its sale see what an event has sold.')
}

/** What an event has sold. @throws Forbidden unless the viewer organizes it or is an admin; BadUserInput. */
export async function viewSalesReport(deps: Deps, viewer: Viewer, rawEventId: string): Promise<SalesReport> {
  const eventId = await requireOrganizer(deps, viewer, rawEventId)
  const timezone = await timezoneOf(deps, eventId)
  const parts = Map.groupBy(await listParts(deps.db, eventId, timezone), ({ dimension }) => dimension)
  return {
    eventId,
    timezone,
    totals: parts.get('EVENT')?.[0] ?? NOTHING,
    byDay: parts.get('TIME') ?? [],
    byTicketType: parts.get('TYPE') ?? [],
    byPromoCode: parts.get('PROMO') ?? [],
    byMethod: parts.get('METHOD') ?? [],
  }
}

/** Of an event that was told of before its time zone was kept, the event subgraph is asked; while that is away days are those of UTC. */
async function timezoneOf(deps: Deps, eventId: string): Promise<string> {
  const read = async () => (await findEventCopies(deps.db, [eventId])).get(eventId)?.timezone
  const known = await read()
  if (known) return known
  await refreshEventCopy(deps, eventId)
  return (await read()) ?? 'UTC'
}

/** Totals of an event for whoever organizes it and for admins; null for others. */
export async function viewEventTotals(
  deps: Deps,
  viewer: Viewer | null,
  eventId: string,
  loaders: {
    event: { load(id: string): Promise<EventCopy | null> }
    sales: { load(id: string): Promise<EventSales | null> }
  },
): Promise<ShownTotals | null> {
  if (!viewer) return null
  const copy = await loaders.event.load(eventId)
  const isTheirs =
    viewer.role === 'ADMIN' ||
    (copy !== null && (copy.organizerId === viewer.id || isOnDuty(viewer, copy, 'SELL')))
  if (!isTheirs && (copy || !(await mayDo(deps, viewer, eventId, 'SELL')))) return null
  return (await loaders.sales.load(eventId)) ?? NOTHING
}

/** Totals of one event, nothing among them. */
export const shownTotals = (sales: EventSales | null): ShownTotals => sales ?? NOTHING

const ORGANIZED = newestFirst<OrganizedEvent>('my-sales', Prisma.sql`event_id`)

/** The viewer's own events, newest first. @throws BadUserInput for a wrong page. */
export async function viewMySales({ db }: Deps, viewer: Viewer, args: PageArgs): Promise<MySales> {
  const list = await ORGANIZED.read(args, {
    rows: (page) => listOrganized(db, viewer.id, page),
    count: () => countOrganized(db, viewer.id),
  })
  return { ...list, organizerId: viewer.id }
}

/** What all of them have sold together, by currency. */
export const viewMyTotals = ({ db }: Deps, { organizerId }: MySales): Promise<SalesTotals[]> =>
  sumOfOrganizer(db, organizerId)

/** How often a watched event's sales are read. So no watcher hears of them more often, however much is sold. */
const POLL_MS = 1_000

/**
 * Changes of events' sales. Nothing is published: what changes many times a second is asked for once a second, by all who watch an event
 * together, and so needs no Redis.
 */
export const createSalesLive = (db: Db, log: Logger): Live<Change> =>
  createLive({
    bus: { publish: () => undefined, subscribe: () => () => undefined },
    log,
    channel: (eventId) => eventId,
    // One more than there are: also of an event that has sold nothing there is something to tell first.
    async read(eventId, since) {
      const revision = (await countChanges(db, eventId)) + 1
      return revision === since ? null : { since, revision }
    },
    merge: (waiting, next) => ({ since: waiting.since, revision: next.revision }),
    pollMs: POLL_MS,
  })

/** The event's sales each time they have changed, beginning with how they are. @throws Forbidden, BadUserInput */
export async function watchSales(
  deps: Deps,
  viewer: Viewer,
  rawEventId: string,
): Promise<AsyncIterableIterator<Change>> {
  return deps.salesLive.watch(await requireOrganizer(deps, viewer, rawEventId), 0)
}
