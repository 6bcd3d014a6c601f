import { MOST_HOLDERS, TICKET_HOLDERS, ticketHolders } from '@karcis/kit/contracts/ticket-holders'
import { z } from 'zod'
import type { Deps } from '../../deps.ts'
import { subgraph } from '../../other-subgraphs.ts'
import type { CrowdPage } from '../crowds.ts'
import type { Announcement, Audience } from './announcement-store.ts'
import type { EventCopy } from './event-copy-store.ts'

const PAGE = 500

/** Audiences that may be crowds. The others are a few people at most. */
export const CROWDS = ['HOLDERS', 'WISHERS', 'FOLLOWERS'] as const satisfies Audience[]
export const FEW = ['USERS', 'ADMINS', 'ORGANIZER'] as const satisfies Audience[]

export const isCrowd = (audience: Audience): audience is (typeof CROWDS)[number] =>
  (CROWDS as readonly Audience[]).includes(audience)

/** All of an audience that is no crowd. */
export async function readFew(
  { db }: Pick<Deps, 'db'>,
  { audience, userIds }: Pick<Announcement, 'audience' | 'userIds'>,
  event: EventCopy | null,
): Promise<string[]> {
  if (audience === 'ORGANIZER') return event ? [event.organizerId] : []
  if (audience === 'USERS') return userIds
  const admins = await db.user.findMany({
    where: { role: 'ADMIN', suspendedAt: null, deletedAt: null },
    select: { id: true },
  })
  return admins.map(({ id }) => id)
}

/** What comes after where an announcement to a crowd has got to. @throws ServiceUnavailable while the ticket subgraph is away. */
export async function readCrowd(
  deps: Pick<Deps, 'db' | 'clients'>,
  audience: (typeof CROWDS)[number],
  { data, position }: Pick<Announcement, 'data' | 'position'>,
  event: EventCopy | null,
): Promise<CrowdPage> {
  const { db } = deps
  switch (audience) {
    case 'HOLDERS': {
      const { endedSince = null } = data
      const variables = { eventId: event?.id, after: position, endedSince, limit: MOST_HOLDERS }
      const answer = await subgraph(deps, 'ticket').query(TICKET_HOLDERS, variables)
      const holders = z.object({ ticketHolders }).parse(answer).ticketHolders
      const last = holders.length < MOST_HOLDERS ? null : (holders.at(-1)?.ticketId ?? null)
      const people = holders.map(({ ownerId: userId, ticketId: place }) => ({ userId, place }))
      return { people, next: last }
    }
    case 'WISHERS':
      return pageOf(
        await db.$queryRaw<
          Place[]
        >`SELECT id AS place, user_id AS "userId" FROM wishlist_items WHERE event_id = ${event?.id}::uuid
          AND (${position}::uuid IS NULL OR id > ${position}::uuid) ORDER BY id LIMIT ${PAGE}`,
      )
    case 'FOLLOWERS':
      return pageOf(
        await db.$queryRaw<
          Place[]
        >`SELECT id AS place, user_id AS "userId" FROM follows WHERE organizer_id = ${event?.organizerId}::uuid
          AND (${position}::uuid IS NULL OR id > ${position}::uuid) ORDER BY id LIMIT ${PAGE}`,
      )
  }
}

type Place = CrowdPage['people'][number]

const pageOf = (people: readonly Place[]): CrowdPage => ({
  people,
  next: people.length < PAGE ? null : (people.at(-1)?.place ?? null),
})
