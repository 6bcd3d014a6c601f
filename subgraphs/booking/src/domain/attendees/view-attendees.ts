import {
  type EventTicket,
  type EventTicketFilter,
  MOST_CONTACTS,
  MOST_OWNERS,
} from '@karcis/kit/contracts/attendees'
import { BadUserInput, Forbidden } from '@karcis/kit/errors'
import { idSchema } from '@karcis/kit/ids'
import { type Connection, newestFirst, type PageArgs } from '@karcis/kit/pagination'
import type { Viewer } from '@karcis/kit/service-token'
import { filterTextSchema, parseInput } from '@karcis/kit/validate'
import { z } from 'zod'
import type { Deps } from '../deps.ts'
import { mayDo } from '../events/event-copy.ts'
import { attendeeStatus } from './exports.ts'

export type AttendeeConnection = Connection<EventTicket>

/** Those who can come, or have come, unless another state is asked for. */
const LIVE = ['VALID', 'USED'] as const

const filterSchema = z.object({
  search: filterTextSchema().nullish().default(null),
  ticketTypeId: idSchema.nullish().default(null),
  status: attendeeStatus.nullish().default(null),
})

const ATTENDEES = newestFirst<EventTicket>('attendees')

/** @returns the event's id. @throws Forbidden, BadUserInput */
export async function requireOrganizer(deps: Deps, viewer: Viewer, rawEventId: string): Promise<string> {
  const eventId = parseInput(idSchema, rawEventId, 'eventId')
  if (await mayDo(deps, viewer, eventId, 'SELL')) return eventId
  throw new Forbidden('Only its organizer and the staff of its sale see who has tickets for an event.')
}

/** Which tickets of an event are meant. @param status null: those that are good for something. */
export const ticketsOf = (
  eventId: string,
  ticketTypeId: string | null,
  status: z.infer<typeof attendeeStatus> | null,
): EventTicketFilter => ({
  eventId,
  ticketTypeId,
  statuses: status === null ? LIVE : [status],
  ownerIds: null,
})

/**
 * Who has tickets for an event, the newest first: ticket by ticket, as the ticket subgraph has them at this moment.
 * @throws Forbidden unless the viewer organizes it or is an admin; BadUserInput; ServiceUnavailable.
 */
export async function viewAttendees(
  deps: Deps,
  viewer: Viewer,
  rawEventId: string,
  rawFilter: unknown,
  args: PageArgs,
): Promise<AttendeeConnection> {
  const eventId = await requireOrganizer(deps, viewer, rawEventId)
  const { search, ticketTypeId, status } = parseInput(filterSchema, rawFilter ?? {}, 'filter')
  const page = ATTENDEES.parse(args)
  const all = ticketsOf(eventId, ticketTypeId, status)
  const filter = search === null ? all : { ...all, ownerIds: await findOwners(deps, all, search) }
  if (filter.ownerIds?.length === 0) return ATTENDEES.connect([], page, async () => 0)
  const rows = await deps.tickets.ofEvent(filter, {
    newerThan: page.before?.[0] ?? null,
    olderThan: page.after?.[0] ?? null,
    oldestFirst: page.backward,
    limit: page.limit + 1, // whether others follow
  })
  return ATTENDEES.connect(rows, page, () => deps.tickets.countOfEvent(filter))
}

/** Who of those who have tickets is meant: names and addresses are the user subgraph's to compare. @throws BadUserInput for too many. */
async function findOwners(deps: Deps, filter: EventTicketFilter, search: string): Promise<string[]> {
  const owners = await deps.tickets.ownersOfEvent(filter)
  const found: string[] = []
  for (let at = 0; at < owners.length; at += MOST_CONTACTS) {
    const people = await deps.users.contacts(owners.slice(at, at + MOST_CONTACTS), search)
    found.push(...people.keys())
    if (found.length > MOST_OWNERS) {
      const message = 'is true of too many people: say more of the name or the address'
      throw new BadUserInput([{ path: 'filter.search', message }])
    }
  }
  return found
}
