import { Forbidden } from '@karcis/kit/errors'
import { idSchema } from '@karcis/kit/ids'
import type { Connection, PageArgs } from '@karcis/kit/pagination'
import type { Viewer } from '@karcis/kit/service-token'
import { currencySchema, parseInput } from '@karcis/kit/validate'
import type { Deps } from '../deps.ts'
import { refreshEventCopy } from '../events/event-copy.ts'
import { findPaidOut, listEventBalances, listUnheardEvents } from './balance-store.ts'
import { availableOf, type EventBalance, owedOf, type Payout, type PayoutStatus } from './payout.ts'
import { listPayouts } from './payout-store.ts'

export type PayoutConnection = Connection<Payout>

/** What an organizer is owed in one currency, in its smallest unit. */
export interface OrganizerBalance {
  currency: string
  owed: number
  heldBack: number
  disputed: number
  available: number
  onItsWay: number
  paidOut: number
}

/** Of how many events one look asks their owner, the event subgraph. */
const REFRESH_LIMIT = 10

/** What an organizer is owed, by currency: the viewer, or for admins whoever they name. @throws Forbidden, BadUserInput. */
export async function viewOrganizerBalance(
  deps: Deps,
  viewer: Viewer,
  rawOrganizerId: string | null | undefined,
): Promise<OrganizerBalance[]> {
  const organizerId = whose(viewer, rawOrganizerId) ?? viewer.id
  for (const eventId of await listUnheardEvents(deps.db, organizerId, REFRESH_LIMIT))
    await refreshEventCopy(deps, eventId)
  const [events, paid] = await Promise.all([
    listEventBalances(deps.db, organizerId, deps.settings.PAYOUT_HOLD_DAYS),
    findPaidOut(deps.db, organizerId),
  ])
  const currencies = new Set([...events.map(({ currency }) => currency), ...paid.keys()])
  return [...currencies].sort().map((currency) => ({
    ...balanceOf(
      currency,
      events.filter((event) => event.currency === currency),
    ),
    ...(paid.get(currency) ?? { onItsWay: 0, paidOut: 0 }),
  }))
}

function balanceOf(currency: string, events: readonly EventBalance[]) {
  const sum = (of: (event: EventBalance) => number) => events.reduce((total, event) => total + of(event), 0)
  const waiting = events.filter((event) => !event.released && owedOf(event) > 0)
  return {
    currency,
    owed: sum(owedOf),
    heldBack: waiting.reduce((total, event) => total + owedOf(event), 0),
    disputed: sum(({ disputed }) => disputed),
    available: availableOf(events),
  }
}

export type PayoutArgs = PageArgs & {
  organizerId?: string | null | undefined
  status?: PayoutStatus | null | undefined
  currency?: string | null | undefined
}

/** Payouts, newest first: the viewer's own; of everybody, or whom they name, for admins. @throws Forbidden, BadUserInput. */
export async function viewPayouts(
  { db }: Deps,
  viewer: Viewer,
  { organizerId, status = null, currency, ...page }: PayoutArgs,
): Promise<PayoutConnection> {
  const filter = {
    organizerId: whose(viewer, organizerId),
    status,
    currency: currency == null ? null : parseInput(currencySchema, currency, 'currency'),
  }
  return listPayouts(db, filter, page)
}

/** @returns whose money is looked at; null for everybody's. @throws Forbidden, BadUserInput. */
export function whose(viewer: Viewer, rawOrganizerId: string | null | undefined): string | null {
  if (rawOrganizerId == null) return viewer.role === 'ADMIN' ? null : viewer.id
  const organizerId = parseInput(idSchema, rawOrganizerId, 'organizerId')
  if (viewer.role !== 'ADMIN' && organizerId !== viewer.id) throw new Forbidden('This is not your money.')
  return organizerId
}
