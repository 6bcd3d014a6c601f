import { transaction } from '@karcis/kit/database'
import { Conflict, Forbidden, NotFound } from '@karcis/kit/errors'
import { idSchema } from '@karcis/kit/ids'
import type { PageArgs } from '@karcis/kit/pagination'
import type { Viewer } from '@karcis/kit/service-token'
import { parseInput } from '@karcis/kit/validate'
import { requireRole } from '@karcis/kit/viewer'
import type { Tx } from '../../database.ts'
import type { Deps } from '../../deps.ts'
import type { EventCopy } from '../announcements/event-copy-store.ts'
import { findOrganizerName, knownEvent, readEventFacts } from '../announcements/event-facts.ts'
import { parseCampaign } from './campaign-input.ts'
import {
  type Campaign,
  type CampaignPage,
  findCampaign,
  insertCampaign,
  listCampaigns,
  listStoppable,
  moveQueuedToStopped,
  moveToStopped,
} from './campaign-store.ts'

/**
 * Advertises an event to who has asked for such messages. Nobody has been told yet when this returns.
 * @throws Forbidden unless the viewer organizes the event or is an admin; NotFound, BadUserInput; Conflict unless it is approved and not over; OneCampaignADay;
 *   ServiceUnavailable while nothing is known of the event.
 */
export async function sendCampaign(deps: Deps, viewer: Viewer, input: unknown): Promise<Campaign> {
  const campaign = parseCampaign(input, deps.publicUrl)
  const event = await requireOrganized(deps, viewer, campaign.eventId)
  if (event.status !== 'APPROVED') throw new Conflict('An event is advertised while it is approved.')
  if (event.over) throw new Conflict('This event is over.')
  const { subject, body } = campaign
  const [about, organizer] = await Promise.all([readEventFacts(deps, event), findOrganizerName(deps, event)])
  return transaction(deps.db, async (tx) => {
    const id = await insertCampaign(tx, campaign, event, { ...about, organizer, subject, body })
    return requireCampaign(tx, id)
  })
}

/**
 * Stops a campaign: from the commit on nothing of it is handed out any more. One that is sent, or was stopped, stays as it is.
 * @throws Forbidden unless the viewer organizes its event or is an admin; NotFound, BadUserInput
 */
export async function stopCampaign(deps: Deps, viewer: Viewer, rawId: string): Promise<Campaign> {
  const id = parseInput(idSchema, rawId, 'id')
  await requireOrganized(deps, viewer, (await requireCampaign(deps.db, id)).eventId)
  return transaction(deps.db, async (tx) => {
    await stop(tx, id)
    return requireCampaign(tx, id)
  })
}

/** Stops what advertises an event, as when that is called off. */
export async function stopCampaignsOf(tx: Tx, eventId: string): Promise<void> {
  for (const id of await listStoppable(tx, eventId)) await stop(tx, id)
}

/** Campaigns of an event, newest first. @throws Forbidden unless the viewer organizes it or is an admin; NotFound, BadUserInput, ServiceUnavailable */
export async function viewCampaigns(
  deps: Deps,
  viewer: Viewer,
  rawEventId: string,
  args: PageArgs,
): Promise<CampaignPage> {
  const { id } = await requireOrganized(deps, viewer, parseInput(idSchema, rawEventId, 'eventId'))
  return listCampaigns(deps.db, id, args)
}

async function stop(tx: Tx, id: string): Promise<void> {
  if (await moveToStopped(tx, id)) await moveQueuedToStopped(tx, id)
}

async function requireCampaign(db: Deps['db'] | Tx, id: string): Promise<Campaign> {
  const campaign = await findCampaign(db, id)
  if (!campaign) throw new NotFound('campaign', id)
  return campaign
}

/** What is known of an event that is the viewer's, or anybody's for an admin. @throws Forbidden, NotFound, ServiceUnavailable */
async function requireOrganized(deps: Deps, viewer: Viewer, eventId: string): Promise<EventCopy> {
  requireRole({ viewer }, 'ORGANIZER')
  const event = await knownEvent(deps, eventId)
  if (!event) throw new NotFound('event', eventId)
  if (viewer.role !== 'ADMIN' && event.organizerId !== viewer.id)
    throw new Forbidden('Only its organizer advertises an event.')
  return event
}
