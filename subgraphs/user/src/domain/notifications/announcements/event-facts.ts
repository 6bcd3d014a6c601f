import { EVENT_FOR_SALE, eventForSale } from '@karcis/kit/contracts/event-for-sale'
import { EVENT_PLACE, type EventPlace, eventPlace } from '@karcis/kit/contracts/event-place'
import { statement, transaction } from '@karcis/kit/database'
import { z } from 'zod'
import type { Deps } from '../../deps.ts'
import { subgraph } from '../../other-subgraphs.ts'
import type { EventFacts } from '../kinds.ts'
import { type EventCopy, findEventCopy, updatePlace, upsertEventCopy } from './event-copy-store.ts'

type FactDeps = Pick<Deps, 'db' | 'clients'>

/** What is known of an event; asked for where nothing is. Null when there is none. @throws ServiceUnavailable while the event subgraph is away that would have to say. */
export async function knownEvent(deps: FactDeps, id: string): Promise<EventCopy | null> {
  const known = await findEventCopy(deps.db, id)
  if (known) return known
  const answer = await subgraph(deps, 'event').query(EVENT_FOR_SALE, { id })
  const event = z.object({ eventForSale: eventForSale.nullable() }).parse(answer).eventForSale
  if (!event) return null
  await transaction(deps.db, (tx) => upsertEventCopy(tx, event))
  return findEventCopy(deps.db, id)
}

/** What the texts say of an event. @throws ServiceUnavailable while its place would have to be asked for, and the event subgraph is away. */
export async function readEventFacts(deps: FactDeps, event: EventCopy): Promise<EventFacts> {
  const { id: eventId, title, startsAt, timezone } = event
  return { eventId, title, startsAt: startsAt.toISOString(), timezone, place: await placeOf(deps, event) }
}

/** What the organizer of an event is called; '' of who is erased. */
export async function findOrganizerName(
  { db }: Pick<Deps, 'db'>,
  { organizerId }: Pick<EventCopy, 'organizerId'>,
): Promise<string> {
  const organizer = await db.user.findUnique({ where: { id: organizerId }, select: { name: true } })
  return organizer?.name ?? ''
}

async function placeOf(deps: FactDeps, event: EventCopy): Promise<string | null> {
  if (event.placeVersion === event.version) return event.place
  const answer = await subgraph(deps, 'event').query(EVENT_PLACE, { id: event.id })
  const found = z.object({ eventPlace: eventPlace.nullable() }).parse(answer).eventPlace
  const place = found && inWords(found)
  await statement(deps.db, (tx) => updatePlace(tx, event, place))
  return place
}

function inWords({ name, address, city, room, online }: EventPlace): string | null {
  const parts = [name, room, address, city].filter((part) => part !== null)
  return parts.length > 0 ? [...new Set(parts)].join(', ') : online ? 'Online' : null
}
