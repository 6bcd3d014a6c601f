import { MOST_HOLDERS, TICKET_HOLDERS, ticketHolders } from '@karcis/kit/contracts/ticket-holders'
import { z } from 'zod'
import type { Deps } from '../../deps.ts'
import { subgraph } from '../../other-subgraphs.ts'
import type { Announcement } from './announcement-store.ts'
import type { EventCopy } from './event-copy-store.ts'

/** Some of an audience. */
export interface AudiencePage {
  userIds: string[]
  /** From where the next page goes on; null when this is the last. */
  next: string | null
}

const PAGE = 500

/** What comes after where an announcement has got to. @throws ServiceUnavailable while the ticket subgraph is away. */
export async function readAudience(
  deps: Pick<Deps, 'db' | 'clients'>,
  { audience, userIds, data, position }: Announcement,
  event: EventCopy | null,
): Promise<AudiencePage> {
  const { db } = deps
  switch (audience) {
    case 'USERS':
      return { userIds, next: null }
    case 'ADMINS': {
      const admins = await db.user.findMany({
        where: { role: 'ADMIN', suspendedAt: null, deletedAt: null },
        select: { id: true },
      })
      return { userIds: admins.map(({ id }) => id), next: null }
    }
    case 'ORGANIZER':
      return { userIds: event ? [event.organizerId] : [], next: null }
    case 'HOLDERS': {
      const { endedSince = null } = data
      const variables = { eventId: event?.id, after: position, endedSince, limit: MOST_HOLDERS }
      const answer = await subgraph(deps, 'ticket').query(TICKET_HOLDERS, variables)
      const holders = z.object({ ticketHolders }).parse(answer).ticketHolders
      const last = holders.length < MOST_HOLDERS ? null : (holders.at(-1)?.ticketId ?? null)
      return { userIds: [...new Set(holders.map(({ ownerId }) => ownerId))], next: last }
    }
    case 'WISHERS':
      return pageOf(
        await db.$queryRaw<
          Place[]
        >`SELECT id, user_id AS "userId" FROM wishlist_items WHERE event_id = ${event?.id}::uuid
          AND (${position}::uuid IS NULL OR id > ${position}::uuid) ORDER BY id LIMIT ${PAGE}`,
      )
    case 'FOLLOWERS':
      return pageOf(
        await db.$queryRaw<
          Place[]
        >`SELECT id, user_id AS "userId" FROM follows WHERE organizer_id = ${event?.organizerId}::uuid
          AND (${position}::uuid IS NULL OR id > ${position}::uuid) ORDER BY id LIMIT ${PAGE}`,
      )
  }
}

interface Place {
  id: string
  userId: string
}

const pageOf = (places: readonly Place[]): AudiencePage => ({
  userIds: places.map(({ userId }) => userId),
  next: places.length < PAGE ? null : (places.at(-1)?.id ?? null),
})
