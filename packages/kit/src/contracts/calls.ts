import { type EventType, isEventType } from './events.ts'
import { SUBGRAPHS, type ServiceName, type SubgraphName } from './subgraphs.ts'

/** What one process may ask of another. Nothing that is not listed. */
interface Rights {
  /** Operations, over HTTP and graphql-ws. */
  graphql?: true
  /** The paths beside GraphQL, such as those of the keys and of the changes to sessions. */
  routes?: true
  /** The events of its own that it may tell of. */
  events?: readonly EventType[]
}

/** The router knows subgraphs by its supergraph, so it may ask all that there are. */
const OF_ROUTER: Rights = { graphql: true, routes: true }

/** Who calls whom, and what for: caller first. */
const CALLS: Record<SubgraphName, Partial<Record<SubgraphName, Rights>>> = {
  user: {
    event: { graphql: true, events: ['user.rights-changed'] },
    ticket: { graphql: true, events: ['user.rights-changed', 'user.email-verified', 'user.guest-claimed'] },
    booking: { graphql: true, events: ['user.registered', 'user.rights-changed'] },
  },
  event: {
    user: {
      graphql: true,
      events: [
        'event.changed',
        'event.reviewed',
        'event.staff-invited',
        'event.staff-changed',
        'event.review-moderated',
        'event.review-answered',
        'event.review-reported',
        'event.reviews-received',
        'event.category-suggestion-decided',
        'event.audited',
      ],
    },
    ticket: { graphql: true, events: ['event.changed'] },
    booking: { events: ['event.changed'] },
  },
  ticket: {
    user: {
      graphql: true,
      events: [
        'ticket.transferred',
        'ticket.guest-invited',
        'ticket.waitlist-offered',
        'ticket.waitlist-expired',
        'ticket.almost-sold-out',
        'ticket.resold',
        'ticket.audited',
      ],
    },
    event: { graphql: true, events: ['ticket.prices-changed'] },
    booking: { graphql: true, events: ['ticket.resold'] },
  },
  booking: {
    user: {
      graphql: true,
      events: [
        'booking.changed',
        'booking.payment-awaited',
        'booking.tickets-issued',
        'booking.refund-reviewed',
        'booking.payout-ended',
        'booking.refunds-hanging',
        'booking.webhook-disabled',
        'booking.audited',
      ],
    },
    event: { graphql: true, events: ['booking.buyers-noted'] },
    ticket: { graphql: true },
  },
}

const NAMES = new Set<string>([...SUBGRAPHS, 'router'] satisfies ServiceName[])

/** Whether it is one of the processes of the system. */
export const isServiceName = (name: unknown): name is ServiceName =>
  typeof name === 'string' && NAMES.has(name)

/** What `caller` may ask of `callee`; undefined: nothing at all. */
const rightsOf = (caller: ServiceName, callee: string): Rights | undefined =>
  caller === 'router' ? OF_ROUTER : (CALLS[caller] as Partial<Record<string, Rights>>)[callee]

/** Whether `caller` has anything to ask of `callee`. */
export const mayCall = (caller: ServiceName, callee: string): boolean =>
  rightsOf(caller, callee) !== undefined

/** Whether `caller` may run operations of `callee`, or read its routes. */
export const mayUse = (caller: ServiceName, callee: string, what: 'graphql' | 'routes'): boolean =>
  rightsOf(caller, callee)?.[what] === true

/**
 * Whether `caller` may tell `callee` of events of this type. A type that is not known here yet is taken from whoever it is named
 * after, so that a sender can be deployed before its consumers, which pass it by.
 */
export function mayTell(caller: ServiceName, callee: string, type: string): boolean {
  const events = rightsOf(caller, callee)?.events
  if (!events) return false
  return isEventType(type) ? events.includes(type) : type.startsWith(`${caller}.`)
}
