import type { EventForSale } from '@karcis/kit/contracts/event-for-sale'
import { transaction } from '@karcis/kit/database'
import type { Db, Tx } from '../database.ts'
import { lockEventCopy, raiseStockBase, updateEventCopy } from '../events/event-copy-store.ts'
import { listMissedMoments, scheduleSaleMoment } from '../inventory/sale-moment-store.ts'
import { moveStockOfSeats } from '../inventory/stock-store.ts'
import { moveSaleTimes } from '../inventory/ticket-type-store.ts'
import { type LiveChanges, publishStock } from '../live.ts'
import { moveHeldUntil } from '../seat-map/seat-store.ts'
import { cutHolds } from './hold-store.ts'

/**
 * Takes in what was told of an event when it is newer than what is known. When the event moves, what is still to come of its sales
 * moves with it, and no hold outlasts it. It may open or close sales, so its stock counts as changed.
 */
export async function followEvent(tx: Tx, event: EventForSale): Promise<void> {
  const before = await lockEventCopy(tx, event.id)
  if (!(await updateEventCopy(tx, event)) || !before) return
  const isSame = (a: Date, b: Date): boolean => a.getTime() === b.getTime()
  if (isSame(before.startsAt, event.startsAt) && isSame(before.endsAt, event.endsAt)) return
  await cutHoldsOf(tx, event.id)
  await moveSaleTimes(tx, event, before.startsAt)
  await scheduleSaleMoment(tx, event.id)
}

async function cutHoldsOf(tx: Tx, eventId: string): Promise<void> {
  const holdIds = await cutHolds(tx, eventId)
  if (holdIds.length === 0) return
  const seatIds = await moveHeldUntil(tx, eventId, holdIds)
  if (seatIds.length > 0) await moveStockOfSeats(tx, eventId, seatIds, [])
}

/** What it takes to announce a moment of a sale. */
interface MomentDeps {
  db: Db
  live: LiveChanges
}

/** A moment has come at which sales of an event begin or end by time: its watchers are told, and the next one is waited for. */
export async function announceSaleMoment({ db, live }: MomentDeps, eventId: string): Promise<void> {
  await transaction(db, async (tx) => {
    await raiseStockBase(tx, eventId, 1)
    await scheduleSaleMoment(tx, eventId)
  })
  publishStock(live, eventId)
}

/** What is past for less is most likely being announced just now. */
const QUIET_SECONDS = 10
const SWEEP_LIMIT = 1_000

/** Announces the moments that no job has announced, whatever became of it. */
export async function sweepSaleMoments(deps: MomentDeps): Promise<void> {
  for (const id of await listMissedMoments(deps.db, QUIET_SECONDS, SWEEP_LIMIT))
    await announceSaleMoment(deps, id)
}
