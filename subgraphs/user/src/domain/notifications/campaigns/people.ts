import { PAST_BUYERS, pastBuyers } from '@karcis/kit/contracts/past-buyers'
import { z } from 'zod'
import { Prisma } from '../../../generated/prisma/client.ts'
import type { Deps } from '../../deps.ts'
import { subgraph } from '../../other-subgraphs.ts'
import type { CrowdPage } from '../crowds.ts'
import type { TellingCampaign } from './campaign-store.ts'

const PAGE = 500

interface Place {
  place: string
  userId: string
  wants: boolean
}

/** Who has an account that is theirs to use, and has asked for what organizers advertise, by whichever channel. */
const WANTS = Prisma.sql`person.role <> 'GUEST' AND person.deleted_at IS NULL AND person.suspended_at IS NULL
  AND EXISTS (SELECT FROM notification_switches said WHERE said.user_id = person.id AND said.kinds = 'CAMPAIGNS' AND said.enabled)`

/** What comes after where a campaign has got to: of whom it is for, those who have asked for such messages. @throws ServiceUnavailable while the booking subgraph is away. */
export async function readPeople(
  deps: Pick<Deps, 'db' | 'clients'>,
  campaign: TellingCampaign,
): Promise<CrowdPage> {
  const { db } = deps
  const { audience, eventId, organizerId, position } = campaign
  switch (audience) {
    case 'FOLLOWERS':
      return pageOf(
        await db.$queryRaw<Place[]>`SELECT followed.id AS place, person.id AS "userId", ${WANTS} AS wants
          FROM follows followed JOIN users person ON person.id = followed.user_id
          WHERE followed.organizer_id = ${organizerId}::uuid AND (${position}::uuid IS NULL OR followed.id > ${position}::uuid)
          ORDER BY followed.id LIMIT ${PAGE}`,
      )
    case 'WISHLISTED':
      return pageOf(
        await db.$queryRaw<Place[]>`SELECT wished.id AS place, person.id AS "userId", ${WANTS} AS wants
          FROM wishlist_items wished JOIN users person ON person.id = wished.user_id
          WHERE wished.event_id = ${eventId}::uuid AND (${position}::uuid IS NULL OR wished.id > ${position}::uuid)
          ORDER BY wished.id LIMIT ${PAGE}`,
      )
    case 'PAST_BUYERS': {
      // Who buys is known to booking, who wants to be told is known here, and fewer.
      const wanting = pageOf(
        await db.$queryRaw<Place[]>`SELECT said.user_id AS place, said.user_id AS "userId", ${WANTS} AS wants
          FROM (SELECT DISTINCT user_id FROM notification_switches WHERE kinds = 'CAMPAIGNS' AND enabled
            AND (${position}::uuid IS NULL OR user_id > ${position}::uuid) ORDER BY user_id LIMIT ${PAGE}) AS said
          JOIN users person ON person.id = said.user_id ORDER BY said.user_id`,
      )
      const userIds = wanting.people.map(({ userId }) => userId)
      const buyers = new Set(await findBuyers(deps, organizerId, userIds))
      return { ...wanting, people: wanting.people.filter(({ userId }) => buyers.has(userId)) }
    }
  }
}

const pageOf = (places: readonly Place[]): CrowdPage => ({
  people: places.filter(({ wants }) => wants),
  next: places.length < PAGE ? null : (places.at(-1)?.place ?? null),
})

/** Of these people those who have bought something of an organizer's. */
async function findBuyers(
  deps: Pick<Deps, 'clients'>,
  organizerId: string,
  userIds: readonly string[],
): Promise<string[]> {
  if (userIds.length === 0) return []
  const answer = await subgraph(deps, 'booking').query(PAST_BUYERS, { organizerId, userIds })
  return z.object({ pastBuyers }).parse(answer).pastBuyers
}
