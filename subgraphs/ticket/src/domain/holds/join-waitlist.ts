import { transaction } from '@karcis/kit/database'
import { Conflict, NotFound } from '@karcis/kit/errors'
import { idSchema, newId } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { parseInput } from '@karcis/kit/validate'
import { quantitySchema, requireSale } from '../allocation/hold.ts'
import { endHolds, expireHolds } from '../allocation/hold-ender.ts'
import { requireOpenEvent, requireVisibleEvent } from '../allocation/known-events.ts'
import { requireMostOfOnePerson, requirePlacesOfOneHold } from '../allocation/limits.ts'
import {
  findWaitlistEntry,
  insertWaitlistEntry,
  lockOpenEntry,
  moveEntryToLeft,
  type WaitlistEntry,
  WaitsAlready,
} from '../allocation/waitlist-store.ts'
import type { Deps } from '../deps.ts'
import type { TicketType } from '../inventory/ticket-type.ts'
import { findTicketType } from '../inventory/ticket-type-store.ts'

/**
 * Has the viewer wait for so many places of a ticket type that is sold out. Who waits for as many already stays where they are.
 * @throws NotFound, BadUserInput, EventNotBookable, SalesPaused, SaleNotOpen; LimitExceeded for more than one person may have; Conflict while
 *   there are places, or for another number than they wait for.
 */
export async function joinWaitlist(
  deps: Deps,
  viewer: Viewer,
  input: { ticketTypeId: string; quantity: number },
): Promise<WaitlistEntry | null> {
  const type = await requireVisibleType(deps, viewer, input.ticketTypeId)
  const quantity = parseInput(quantitySchema, input.quantity, 'quantity')
  const { id: ticketTypeId, eventId } = type
  const owner = { userId: viewer.id, eventId }
  const waits = await findWaitlistEntry(deps.db, viewer.id, ticketTypeId)
  if (waits && isOpen(waits)) return requireSame(waits, quantity)
  await requireOpenEvent(deps, eventId)
  requireSale(type)
  await requirePlacesOfOneHold(deps, owner, quantity)
  await requireMostOfOnePerson(deps, owner, { ticketTypeId, quantity })
  // What is past its time counts as free: then nobody has to wait.
  await expireHolds(deps, { eventId, ticketTypeIds: [ticketTypeId] })
  const { settings } = deps
  const entry = { id: newId(), userId: viewer.id, eventId, ticketTypeId, quantity, settings }
  const joined = await transaction(deps.db, (tx) => insertWaitlistEntry(tx, entry)).catch(
    (error: unknown) => {
      if (error instanceof WaitsAlready) return true // the same call was made twice at once
      throw error
    },
  )
  if (!joined)
    throw new Conflict('There are places: hold them, or fewer.', { remaining: await countLeft(deps, type) })
  const now = await findWaitlistEntry(deps.db, viewer.id, ticketTypeId)
  return now && requireSame(now, quantity)
}

const countLeft = async ({ db }: Deps, { id }: TicketType): Promise<number> =>
  (await findTicketType(db, id))?.available ?? 0

const isOpen = ({ status }: WaitlistEntry): boolean =>
  status === 'WAITING' || status === 'GATHERING' || status === 'OFFERED'

function requireSame(entry: WaitlistEntry, quantity: number): WaitlistEntry {
  if (isOpen(entry) && entry.quantity !== quantity)
    throw new Conflict('You wait for another number of these: leave first, and join anew at the end.', {
      quantity: entry.quantity,
    })
  return entry
}

/**
 * Has the viewer wait no more; what was held for them goes to whoever is next. Repeating it changes nothing.
 * @returns null when they never waited. @throws NotFound, BadUserInput.
 */
export async function leaveWaitlist(deps: Deps, viewer: Viewer, id: string): Promise<WaitlistEntry | null> {
  const { id: ticketTypeId, eventId } = await requireVisibleType(deps, viewer, id)
  const entry = await transaction(deps.db, async (tx) => {
    const open = await lockOpenEntry(tx, viewer.id, ticketTypeId)
    if (open?.holdId === null) await moveEntryToLeft(tx, open)
    return open
  })
  if (entry?.holdId != null)
    await endHolds(deps, { eventId, holdIds: [entry.holdId], to: 'RELEASED', unboundOnly: true })
  return findWaitlistEntry(deps.db, viewer.id, ticketTypeId)
}

/** The viewer's last entry for a ticket type; null when there is none. @throws NotFound, BadUserInput. */
export async function readWaitlistEntry(
  deps: Deps,
  viewer: Viewer,
  id: string,
): Promise<WaitlistEntry | null> {
  const type = await requireVisibleType(deps, viewer, id)
  return findWaitlistEntry(deps.db, viewer.id, type.id)
}

async function requireVisibleType(deps: Deps, viewer: Viewer, id: string): Promise<TicketType> {
  const ticketTypeId = parseInput(idSchema, id, 'ticketTypeId')
  const type = await deps.batchedReads.ticketType(ticketTypeId)
  if (!type) throw new NotFound('ticket type', ticketTypeId)
  await requireVisibleEvent(deps, viewer, type.eventId)
  return type
}
