import { transaction } from '@karcis/kit/database'
import { BadUserInput, NotFound } from '@karcis/kit/errors'
import { recordEvent } from '@karcis/kit/events'
import { idSchema } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { emailSchema, parseInput } from '@karcis/kit/validate'
import { requireAccount } from '@karcis/kit/viewer'
import type { Tx } from '../database.ts'
import type { Deps } from '../deps.ts'
import type { Event } from '../events/event.ts'
import { publishChange } from '../events/event-live.ts'
import { lockEvent, touchEvent } from '../events/event-store.ts'
import { ownedEvent } from '../organizing/access.ts'
import { tellSellers } from '../organizing/tell-sellers.ts'
import { deleteStaff, listEventsOfMember } from './staff-store.ts'

/**
 * Takes somebody off the staff of an event, or takes their invitation back: its organizer or an admin, and everybody themself. When it answers,
 * all subgraphs know of it.
 * @throws Forbidden, BadUserInput; NotFound: no such event, or nobody there to take off.
 */
export async function removeEventStaff(
  deps: Deps,
  viewer: Viewer | null,
  sent: { eventId: string; userId?: string | null | undefined; email?: string | null | undefined },
): Promise<Event> {
  const { id: by } = requireAccount({ viewer })
  const eventId = parseInput(idSchema, sent.eventId, 'eventId')
  const userId = parseInput(idSchema.nullish(), sent.userId, 'userId')
  const email = parseInput(emailSchema.nullish(), sent.email, 'email')
  if ((userId == null) === (email == null))
    throw new BadUserInput([{ path: 'userId', message: 'give either it or email' }])
  if (userId !== by) await ownedEvent(deps, viewer, eventId, 'eventId')
  const who = userId == null ? { email: email ?? '' } : { userId }
  const { event, isMember } = await transaction(deps.db, async (tx) => {
    const before = await lockEvent(tx, eventId)
    const ended = before && (await deleteStaff(tx, eventId, who))
    if (!ended) throw new NotFound('member of the staff', userId ?? email ?? '')
    const member = ended.userId
    const after = member === null ? before : await endMembership(tx, eventId, { userId: member, by })
    return { event: after, isMember: member !== null }
  })
  if (!event) throw new NotFound('event', eventId)
  if (isMember) {
    publishChange(deps.live, event)
    await tellSellers(deps, eventId, 'ticket', 'booking')
  }
  return event
}

/** Has everybody know that somebody is not on the staff any more, and themself where another has ended it. */
async function endMembership(
  tx: Tx,
  eventId: string,
  { userId, by }: { userId: string; by: string },
): Promise<Event | null> {
  const event = await touchEvent(tx, eventId)
  if (!event || userId === by) return event
  const { organizerId, version } = event
  const payload = { eventId, organizerId, userId, roles: [], version, change: 'ENDED' as const }
  await recordEvent(tx, { type: 'event.staff-changed', aggregateId: eventId, payload, consumers: ['user'] })
  return event
}

/** Ends all that somebody does for events of others, as when their account is suspended or erased. */
export async function endStaffWork(tx: Tx, userId: string): Promise<void> {
  for (const eventId of await listEventsOfMember(tx, userId)) {
    await lockEvent(tx, eventId)
    if (await deleteStaff(tx, eventId, { userId })) await touchEvent(tx, eventId)
  }
}
