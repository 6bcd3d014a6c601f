import { transaction } from '@karcis/kit/database'
import { Conflict, Forbidden, NotFound } from '@karcis/kit/errors'
import type { Viewer } from '@karcis/kit/service-token'
import { parseInput, reasonSchema } from '@karcis/kit/validate'
import type { Tx } from '../database.ts'
import type { Deps } from '../deps.ts'
import type { Event, SalesPauser } from '../events/event.ts'
import { publishChange } from '../events/event-live.ts'
import * as store from '../events/event-store.ts'
import { ownedEvent } from './access.ts'
import { findRightsLost, listUnpaused, updatePaused } from './organizer-rights.ts'
import { tellSellers } from './tell-sellers.ts'

/** So many events are paused in one transaction: an organizer may have more than there is time for in one. */
const BATCH = 50

/**
 * Stops the sale of an event, or changes why it is stopped. What is held or unpaid runs out its time.
 * @throws NotFound, BadUserInput; Forbidden for what is somebody else's, or an admin's pause; Conflict when the event is cancelled or over.
 */
export async function pauseSales(
  deps: Deps,
  viewer: Viewer | null,
  id: string,
  reason: string,
): Promise<Event> {
  const { id: eventId } = await ownedEvent(deps, viewer, id, 'eventId', 'EDIT')
  const told = parseInput(reasonSchema(300), reason, 'reason')
  const by = authorityOf(viewer)
  const event = await transaction(
    deps.db,
    async (tx) => (await store.pauseEventSales(tx, eventId, by, told)) ?? refuse(tx, eventId, by),
  )
  publishChange(deps.live, event)
  await tellSellers(deps, event.id, 'ticket')
  return event
}

/** Goes on with a paused sale; one that is not paused stays as it is. @throws as `pauseSales`. */
export async function resumeSales(deps: Deps, viewer: Viewer | null, id: string): Promise<Event> {
  const { id: eventId } = await ownedEvent(deps, viewer, id, 'eventId', 'EDIT')
  const by = authorityOf(viewer)
  const event = await transaction(
    deps.db,
    async (tx) => (await store.resumeEventSales(tx, eventId, by)) ?? refuse(tx, eventId, by),
  )
  publishChange(deps.live, event)
  await tellSellers(deps, event.id, 'ticket')
  return event
}

/** Pauses, as an admin would, every sale to come of an organizer who has lost the right to it. May be run again. */
export async function pauseSalesOf(deps: Deps, organizerId: string, reason: string): Promise<void> {
  const lostAt = await findRightsLost(deps.db, organizerId)
  for (let isMore = true; isMore; ) {
    const paused = await transaction(deps.db, async (tx) => {
      const events: (Event | null)[] = []
      for (const id of await store.lockUnpausedEvents(tx, organizerId, BATCH)) {
        events.push(await store.pauseEventSales(tx, id, 'ADMIN', reason))
      }
      return events
    })
    for (const event of paused) if (event) publishChange(deps.live, event)
    isMore = paused.length === BATCH
  }
  if (lostAt) await transaction(deps.db, (tx) => updatePaused(tx, organizerId, lostAt))
}

/** What lost its rights more recently is most likely being paused just now. */
const QUIET_SECONDS = 10

/** Pauses what no job has paused, whatever became of it. An admin may have gone on with a sale since it was paused: that is left. */
export async function sweepUnpaused(deps: Deps): Promise<void> {
  for (const { organizerId, reason } of await listUnpaused(deps.db, QUIET_SECONDS)) {
    await pauseSalesOf(deps, organizerId, reason)
  }
}

const authorityOf = (viewer: Viewer | null): SalesPauser => (viewer?.role === 'ADMIN' ? 'ADMIN' : 'ORGANIZER')

/** Says why a sale could not be paused or resumed; gives the event where it simply is not paused. */
async function refuse(tx: Tx, id: string, by: SalesPauser): Promise<Event> {
  const event = await store.lockEvent(tx, id)
  if (!event) throw new NotFound('event', id)
  if (event.status === 'CANCELLED') throw new Conflict('The event is cancelled.')
  if (event.over) throw new Conflict('The event is over.')
  if (event.salesPausedBy === 'ADMIN' && by !== 'ADMIN') {
    throw new Forbidden('An admin has paused this sale, so only an admin can change that.')
  }
  return event
}
