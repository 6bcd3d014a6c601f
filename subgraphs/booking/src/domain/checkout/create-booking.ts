import { transaction } from '@karcis/kit/database'
import { Conflict } from '@karcis/kit/errors'
import { idSchema, newId } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { moneySchema, parseInput } from '@karcis/kit/validate'
import { z } from 'zod'
import { type Booking, priceItems } from '../bookings/booking.ts'
import { publishChange, recordStatus } from '../bookings/booking-changes.ts'
import { findBooking, insertBooking, type NewBooking } from '../bookings/booking-store.ts'
import type { Deps } from '../deps.ts'
import { HoldExpired } from '../errors.ts'
import { type Attempt, claimKey, idempotencyKeySchema } from '../idempotency-store.ts'
import type { BoundHold } from '../ticket-service.ts'

const createBookingInput = z
  .object({
    holdId: idSchema.nullish(),
    ticketTypeId: idSchema.nullish(),
    quantity: z.int().min(1, 'must be at least 1').max(100, 'must be at most 100').nullish(),
    unitPrice: moneySchema.nullish(),
    idempotencyKey: idempotencyKeySchema.nullish(),
  })
  .superRefine(({ holdId, ticketTypeId, quantity }, context) => {
    const problem = (path: string, message: string) =>
      context.addIssue({ code: 'custom', path: [path], message })
    if (holdId == null && ticketTypeId == null) problem('holdId', 'is needed, or ticketTypeId with quantity')
    if (holdId != null && ticketTypeId != null)
      problem('ticketTypeId', 'cannot be given together with holdId')
    if (holdId != null && quantity != null) problem('quantity', 'cannot be given together with holdId')
    if (ticketTypeId != null && quantity == null) problem('quantity', 'is needed with ticketTypeId')
  })

type Input = z.infer<typeof createBookingInput>

/**
 * Books what a hold keeps, or takes tickets and books them. The booking's id is claimed first and everything after is
 * idempotent by it: a client that got no answer asks again, with the same hold or key, and goes on where it stopped.
 * @throws BadUserInput, HoldExpired, Conflict, IdempotencyKeyReused, and whatever the ticket subgraph refuses with.
 */
export async function createBooking(deps: Deps, viewer: Viewer, rawInput: unknown): Promise<Booking> {
  const input = parseInput(createBookingInput, rawInput)
  const { id, repeated } = await claimId(deps, viewer, input)
  const earlier = repeated ? await findBooking(deps.db, id) : null
  if (earlier) return earlier

  const hold = await keepPlaces(deps, viewer, id, input)
  const booking = await priced(deps, viewer, id, hold, input.unitPrice ?? null)
  const created = await transaction(deps.db, async (tx) => {
    const inserted = await insertBooking(tx, booking, deps.settings.PAYMENT_MARGIN_SECONDS)
    if (inserted && inserted.status !== 'PENDING') throw new HoldExpired(hold.holdId)
    if (inserted) await recordStatus(tx, inserted)
    return inserted
  })
  if (created) publishChange(deps, created)
  const result = created ?? (await findBooking(deps.db, id)) // written by the same request sent at the same time
  if (!result) throw new Conflict('This hold is booked already.', { holdId: hold.holdId })
  return result
}

/**
 * The id the booking will have: a new one, or that of an earlier attempt with the same key. A hold is a key by
 * itself, since it is booked once: else an attempt that broke off after binding it would leave its places to nobody.
 */
async function claimId(deps: Deps, viewer: Viewer, input: Input): Promise<{ id: string; repeated: boolean }> {
  const { idempotencyKey, holdId, ticketTypeId, quantity, unitPrice } = input
  return transaction(deps.db, async (tx) => {
    const claim = (attempt: Omit<Attempt, 'userId'>) => claimKey(tx, { userId: viewer.id, ...attempt })
    const byHold =
      holdId == null
        ? { resultId: newId(), first: true }
        : await claim({ operation: 'bookHold', key: holdId, input: null, resultId: newId() })
    if (idempotencyKey == null) return { id: byHold.resultId, repeated: !byHold.first }
    const byKey = await claim({
      operation: 'createBooking',
      key: idempotencyKey,
      input: [holdId ?? null, ticketTypeId ?? null, quantity ?? null, unitPrice ?? null],
      resultId: byHold.resultId,
    })
    return { id: byKey.resultId, repeated: !byKey.first || !byHold.first }
  })
}

function keepPlaces({ tickets }: Deps, viewer: Viewer, id: string, input: Input): Promise<BoundHold> {
  return input.holdId != null
    ? tickets.bindHold(viewer, id, input.holdId)
    : tickets.take(viewer, id, input.ticketTypeId as string, input.quantity as number)
}

/**
 * What will be written. A price that is refused is refused for every repeat too, so no booking can come of these
 * places: they are given back now rather than when the hold has run out.
 */
async function priced(
  { tickets, log }: Deps,
  viewer: Viewer,
  id: string,
  hold: BoundHold,
  offer: number | null,
): Promise<NewBooking> {
  try {
    return newBooking(viewer, id, hold, offer)
  } catch (error) {
    await tickets.release(id).catch((reason: Error) => log.warn({ err: reason }, 'places not given back'))
    throw error
  }
}

function newBooking(viewer: Viewer, id: string, hold: BoundHold, offer: number | null): NewBooking {
  const [first, ...others] = hold.items
  const currency = first?.currency
  if (!currency || others.some((item) => item.currency !== currency)) {
    throw new Conflict('These tickets are priced in different currencies: book them one by one.')
  }
  const { items, subtotal } = priceItems(
    hold.items.map(({ currency: _, ...item }) => item),
    offer,
  )
  return {
    id,
    userId: viewer.id,
    eventId: hold.eventId,
    organizerId: hold.organizerId,
    holdId: hold.holdId,
    currency,
    items,
    subtotal,
    holdExpiresAt: hold.expiresAt,
  }
}
