import { statement, transaction } from '@karcis/kit/database'
import { keepLooking, type Lookout } from '@karcis/kit/lookout'
import { isAway } from '@karcis/kit/outages'
import type { Deps } from '../../deps.ts'
import { tellInPieces } from '../crowds.ts'
import { notifyAndCount } from '../notify.ts'
import {
  closeAll,
  moveCampaign,
  type TellingCampaign,
  takeCampaign,
  updateLater,
  updatePeople,
} from './campaign-store.ts'
import { readPeople } from './people.ts'

/** Between two looks while there is nothing. */
const IDLE_MS = 1_000
const PAUSE_MS = 20
/** What failed is tried again after one, two, four… seconds, and never later than after so many. */
const MOST_PAUSE_SECONDS = 300

export type CampaignerDeps = Pick<Deps, 'db' | 'log' | 'clients' | 'crowds'>

/**
 * Tells what is advertised, for as long as the process lives: each piece of a campaign's audience in a transaction of its own, which also notes how far that has come; after
 * a page it is the turn of the next campaign, or after a pause of the same. Any number of processes may do it, and what one died with another goes on with. It is apart from
 * announcements, for none of them to wait behind a campaign.
 */
export const tellCampaigns = (deps: CampaignerDeps): Lookout =>
  keepLooking(() => tellNext(deps), {
    soonMs: PAUSE_MS,
    idleMs: IDLE_MS,
    log: deps.log,
    failed: 'campaigns cannot be told',
  })

/** @returns how long to rest. */
async function tellNext(deps: CampaignerDeps): Promise<number> {
  const campaign = await transaction(deps.db, takeCampaign)
  if (!campaign) return IDLE_MS
  try {
    await tellPage(deps, campaign)
  } catch (error) {
    const { id, attempts } = campaign
    if (!isAway(error, deps.log)) deps.log.warn({ err: error, campaignId: id, attempts }, 'not told yet')
    await statement(deps.db, (tx) => updateLater(tx, id, Math.min(2 ** (attempts - 1), MOST_PAUSE_SECONDS)))
  }
  return 0
}

/** Tells the next page of a campaign's audience, unless it was stopped or somebody else has. @throws ServiceUnavailable while a subgraph is away that knows the audience. */
export async function tellPage(deps: CampaignerDeps, campaign: TellingCampaign): Promise<void> {
  const { id, facts, until } = campaign
  let { position } = campaign
  const tell = (userIds: readonly string[], to: string | null, isEnd: boolean): Promise<boolean> =>
    transaction(deps.db, async (tx) => {
      if (!(await moveCampaign(tx, { id, position }, to, isEnd))) return false
      const notice = { kind: 'CAMPAIGN', cause: id, data: facts, until, campaignId: id } as const
      const people = await notifyAndCount(
        tx,
        userIds.map((userId) => ({ ...notice, userId })),
      )
      await updatePeople(tx, id, people)
      return true
    })
  await tellInPieces(deps.crowds, await readPeople(deps, campaign), async (userIds, to, isEnd) => {
    const isTold = await tell(userIds, to, isEnd)
    position = to
    return isTold
  })
}

/** Counts, for good, what has become of campaigns of which nothing waits any more: their messages are forgotten before they are. */
export async function closeCampaigns({ db, log }: Pick<Deps, 'db' | 'log'>): Promise<void> {
  const closed = await statement(db, (tx) => closeAll(tx))
  if (closed > 0) log.info({ campaigns: closed }, 'campaigns closed')
}
