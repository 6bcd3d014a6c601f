import type { BookingQuote, BoundHold } from '@karcis/kit/contracts/bound-hold'
import { statement, transaction } from '@karcis/kit/database'
import { Conflict, KarcisError } from '@karcis/kit/errors'
import { faultPoint } from '@karcis/kit/fault-points'
import { newId } from '@karcis/kit/ids'
import { isAway } from '@karcis/kit/outages'
import type { Viewer } from '@karcis/kit/service-token'
import { parseInput } from '@karcis/kit/validate'
import type { Reads } from '@karcis/kit/reads'
import { whoWaits } from '@karcis/kit/waiting'
import type { Booking } from '../bookings/booking.ts'
import { publishChange, recordStatus } from '../bookings/booking-changes.ts'
import { findBooking, findBookingByHold, insertBooking, type NewBooking } from '../bookings/booking-store.ts'
import type { Db, Tx } from '../database.ts'
import type { Deps } from '../deps.ts'
import { HoldExpired } from '../errors.ts'
import { type EventFees, findFees } from '../fees/fee-store.ts'
import type { KnownFees } from '../fees/known-fees.ts'
import { type Attempt, claimKey, confirmKey, findKey, refuseKey } from '../idempotency-store.ts'
import {
  codesOf,
  type CreateBookingInput,
  createBookingInput,
  identityOf,
  toClientFields,
  wantedOf,
} from './booking-input.ts'
import type { Guesser } from '../promos/guess-limit.ts'
import type { AppliedPromo } from '../promos/promo.ts'
import { insertUses } from '../promos/promo-store.ts'
import { offerPromos, promosOn } from '../promos/use-promos.ts'
import { priceBooking } from './price-booking.ts'
import { priceItems } from './price-items.ts'

/** What the client calls its attempt; null where it does not. */
type Key = Omit<Attempt, 'resultId'> | null

/**
 * Books what a hold keeps, or takes tickets and books them. What can be refused for its input is refused before anything is
 * kept or claimed. Then the booking's id is settled, and everything after is idempotent by it: a client that got no answer asks
 * again, with the same hold or key, and goes on where it stopped. What is sent twice at once with one key is answered alike, also by
 * several processes: either both have the booking, or both the refusal that came first.
 * @param address where the request comes from, as the router saw it: who tries promo codes that do not exist is slowed down.
 * @throws BadUserInput, HoldExpired, Conflict, IdempotencyKeyReused, PromoInvalid, TooManyGuesses, and whatever the ticket subgraph
 *   refuses with.
 */
export async function createBooking(
  deps: Deps,
  viewer: Viewer,
  rawInput: unknown,
  address?: string,
): Promise<Booking> {
  const input = parseInput(createBookingInput, rawInput)
  const key = keyOf(viewer, input)
  const made = input.holdId == null ? null : await findBookingOfHold(deps.reads, viewer, input.holdId)
  if (made && !key) return made
  const guesser = { userId: viewer.id, address }
  // An attempt that broke off goes on with what it has kept: it was priced before.
  if (!made && needsQuote(input) && !(await isKnown(deps, key))) {
    const quote = await quoteUnlessKnown(deps, viewer, key, input)
    if (quote) await offerPromos(deps, guesser, quote, priceItems(quote.items, input), codesOf(input))
  }
  const { id, repeated } = await settleId(deps, key, made?.id ?? input.holdId ?? newId())
  await faultPoint('create-booking/claimed')
  const earlier = made ?? (repeated ? await findOwnBooking(deps.db, viewer, id) : null)
  if (earlier) return earlier
  try {
    const booked = await book(deps, guesser, viewer, id, key, input)
    return booked ?? (await createBooking(deps, viewer, rawInput, address))
  } catch (error) {
    // Where it is not certain that nothing has come of it, the key stays taken.
    if (!(error instanceof KarcisError) || error.code === 'SERVICE_UNAVAILABLE') throw error
    return refuse(deps, viewer, key, id, input, error)
  }
}

/** The booking of a hold, or the one with an id, where the viewer has made it: either may be somebody else's, by chance or on purpose. */
const findBookingOfHold = async (reads: Reads, viewer: Viewer, holdId: string): Promise<Booking | null> =>
  ownOf(viewer, await findBookingByHold(reads, holdId))
const findOwnBooking = async (db: Db | Tx, viewer: Viewer, id: string): Promise<Booking | null> =>
  ownOf(viewer, await findBooking(db, id))
const ownOf = ({ id }: Viewer, booking: Booking | null): Booking | null =>
  booking?.userId === id ? booking : null

/** A hold as it is, at its price, is refused by being bound if at all: nothing in such an input could be corrected. */
const needsQuote = (input: CreateBookingInput): boolean =>
  input.holdId == null || input.unitPrice != null || codesOf(input).length > 0

/** @returns null when the same attempt, sent at the same time, has come so far that a quote is refused because of it. */
async function quoteUnlessKnown(
  deps: Deps,
  viewer: Viewer,
  key: Key,
  input: CreateBookingInput,
): Promise<BookingQuote | null> {
  try {
    return await deps.tickets.quote(viewer, wantedOf(input))
  } catch (error) {
    if (await isKnown(deps, key)) return null
    throw toClientFields(error, input)
  }
}

function keyOf({ id: userId }: Viewer, input: CreateBookingInput): Key {
  const { idempotencyKey: key } = input
  return key == null ? null : { userId, operation: 'createBooking', key, input: identityOf(input) }
}

const isKnown = async ({ reads }: Deps, key: Key): Promise<boolean> =>
  key !== null && (await findKey(reads, key)) !== null

/**
 * The id the booking will have: that of an earlier attempt with the same key, or else a wanted one. A hold is booked once, and its booking has
 * the hold's own id: whoever tries again, with whatever key, means the same booking, and goes on with what one that broke off has kept.
 */
async function settleId({ db }: Deps, key: Key, id: string): Promise<{ id: string; repeated: boolean }> {
  if (!key) return { id, repeated: false }
  const { resultId, first } = await statement(db, (tx) => claimKey(tx, { ...key, resultId: id }))
  return { id: resultId, repeated: !first }
}

/**
 * Keeps the places and writes the booking. The client's key is claimed once more, with the booking: the same request, sent at the same time,
 * may have been refused while this one was under way. The places of a booking that is not written are never given back from here: another
 * attempt with the same id may be about to write it. They run out with their hold.
 * @returns null when the key went to another attempt meanwhile.
 */
async function book(
  deps: Deps,
  guesser: Guesser,
  viewer: Viewer,
  id: string,
  key: Key,
  input: CreateBookingInput,
): Promise<Booking | null> {
  const hold = await deps.tickets.keep(viewer, id, wantedOf(input)).catch((error: unknown) => {
    throw toClientFields(error, input)
  })
  await faultPoint('create-booking/kept')
  const priced = priceItems(hold.items, input)
  const codes = codesOf(input)
  // An attempt that goes on with an earlier one's hold has not been asked for its codes yet.
  await offerPromos(deps, guesser, hold, priced, codes)
  const known = await deps.knownFees.of(hold.eventId)
  const attempt = key && { ...key, resultId: id }
  const pricedAt = (promos: readonly AppliedPromo[]) => (fees: EventFees) => ({
    ...priceBooking(priced, promos, fees.terms, input),
    ...boundFor(viewer, id, hold),
    feesVersion: fees.version,
  })
  const outcome =
    codes.length === 0
      ? await insertAmongOthers(deps, attempt, known, pricedAt([]))
      : await transaction(deps.db, async (tx) => {
          if (attempt && !(await confirmKey(tx, attempt))) return 'key taken'
          const promos = await promosOn(tx, viewer.id, hold, priced, codes)
          const inserted = await insertPriced(tx, deps, known, pricedAt(promos))
          if (inserted && inserted.status !== 'PENDING') throw new HoldExpired(hold.holdId)
          if (inserted) await recordStatus(tx, inserted)
          if (inserted) await insertUses(tx, inserted, promos) // last: others who use the same promotion wait from here on
          return inserted
        })
  await faultPoint('create-booking/written')
  if (outcome === 'key taken') return null
  if (outcome) publishChange(deps, outcome)
  const result = outcome ?? (await findBooking(deps.db, id)) // written by the same request sent at the same time
  if (!result) throw new Conflict('This hold is booked already.', { holdId: hold.holdId })
  return result
}

/**
 * Ends a refused attempt: a corrected input may have its key. Those sent at the same time are answered alike.
 * @returns the booking that one of them has come to. @throws the refusal that counts for all of them.
 */
async function refuse(
  deps: Deps,
  viewer: Viewer,
  key: Key,
  id: string,
  { holdId }: CreateBookingInput,
  error: KarcisError,
): Promise<Booking> {
  const { db, log, tickets } = deps
  const refusal = key
    ? await transaction(db, (tx) =>
        refuseKey(
          tx,
          { ...key, resultId: id },
          error,
          async () => (await findOwnBooking(tx, viewer, id)) !== null,
        ),
      )
    : null
  const made = refusal ? null : await findOwnBooking(db, viewer, id)
  if (made) return made
  // Nobody writes this booking any more. A hold stays the buyer's, who may book it still.
  if (refusal && holdId == null) {
    await tickets.release(id).catch((reason: unknown) => {
      if (isAway(reason, log)) return
      log.warn({ err: reason, bookingId: id }, 'refused; what it may have kept runs out with its hold')
    })
  }
  throw refusal ?? error
}

/**
 * Writes a booking at the fees of this moment. Where they are others than were known, it is priced again: nobody is charged what is over.
 * @returns null when its id, or its hold, is booked already.
 */
async function insertPriced(
  tx: Tx,
  { knownFees, settings }: Deps,
  known: EventFees,
  priced: (fees: EventFees) => NewBooking,
): Promise<Booking | null> {
  return atFeesOfNow(tx, knownFees, known, priced, (booking) =>
    insertBooking(tx, booking, settings.PAYMENT_MARGIN_SECONDS),
  )
}

/** The same, in one transaction with other bookings of the event. */
async function insertAmongOthers(
  { db, newBookings, knownFees }: Deps,
  attempt: Attempt | null,
  known: EventFees,
  priced: (fees: EventFees) => NewBooking,
): Promise<Booking | 'key taken' | null> {
  const { requestId } = whoWaits() ?? {}
  return atFeesOfNow(db, knownFees, known, priced, async (booking) => {
    const outcome = await newBookings.submit(booking.eventId, { booking, attempt, requestId })
    return outcome === 'not written' ? null : outcome
  })
}

async function atFeesOfNow<Written>(
  db: Db | Tx,
  knownFees: KnownFees,
  known: EventFees,
  priced: (fees: EventFees) => NewBooking,
  insert: (booking: NewBooking) => Promise<Written | null>,
): Promise<Written | null> {
  for (let fees = known; ; ) {
    const booking = priced(fees)
    const written = await insert(booking)
    if (written !== null) return written
    const now = await findFees(db, booking.eventId)
    if (now.version === fees.version) return null
    knownFees.put(booking.eventId, now)
    fees = now
  }
}

const boundFor = (viewer: Viewer, id: string, hold: BoundHold) => ({
  id,
  userId: viewer.id,
  eventId: hold.eventId,
  organizerId: hold.organizerId,
  checkoutId: null,
  holdId: hold.holdId,
  holdExpiresAt: hold.expiresAt,
  payableUntil: hold.payableUntil,
})
