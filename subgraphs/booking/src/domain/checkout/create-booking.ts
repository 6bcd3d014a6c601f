import type { BookingQuote, BoundHold } from '@karcis/kit/contracts/bound-hold'
import { statement, transaction } from '@karcis/kit/database'
import { Conflict, KarcisError } from '@karcis/kit/errors'
import { faultPoint } from '@karcis/kit/fault-points'
import type { Guesser } from '@karcis/kit/guess-limit'
import { newId } from '@karcis/kit/ids'
import { isAway } from '@karcis/kit/outages'
import type { Viewer } from '@karcis/kit/service-token'
import { parseInput } from '@karcis/kit/validate'
import { whoWaits } from '@karcis/kit/waiting'
import type { Booking } from '../bookings/booking.ts'
import { publishChange, recordStatus } from '../bookings/booking-changes.ts'
import { findBooking, insertBooking, type NewBooking } from '../bookings/booking-store.ts'
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
import type { AppliedPromo } from '../promos/promo.ts'
import { insertUses } from '../promos/promo-store.ts'
import { offerPromos, promosOn } from '../promos/use-promos.ts'
import { priceBooking } from './price-booking.ts'
import { priceItems } from './price-items.ts'

/** Under what an attempt is known: the client's key, and the hold, which is a key by itself since it is booked once. */
interface Keys {
  client: Omit<Attempt, 'resultId'> | null
  hold: Omit<Attempt, 'resultId'> | null
}

/**
 * Books what a hold keeps, or takes tickets and books them. What can be refused for its input is refused before anything is
 * kept or claimed. Then the booking's id is claimed, and everything after is idempotent by it: a client that got no answer asks
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
  const keys = keysOf(viewer, input)
  // An attempt that broke off goes on with what it has kept: it was priced before.
  const quote = (await isKnown(deps, keys)) ? null : await quoteUnlessKnown(deps, viewer, keys, input)
  const guesser = { userId: viewer.id, address }
  if (quote) {
    const priced = priceItems(quote.items, input)
    await offerPromos(deps, guesser, quote, priced, codesOf(input))
  }
  const { id, repeated } = await claimId(deps, keys)
  await faultPoint('create-booking/claimed')
  const earlier = repeated ? await findBooking(deps.db, id) : null
  if (earlier) return earlier
  try {
    const booked = await book(deps, guesser, viewer, id, keys, input)
    return booked ?? (await createBooking(deps, viewer, rawInput, address))
  } catch (error) {
    // Where it is not certain that nothing has come of it, the key stays taken.
    if (!(error instanceof KarcisError) || error.code === 'SERVICE_UNAVAILABLE') throw error
    return refuse(deps, keys, id, error)
  }
}

/** @returns null when the same attempt, sent at the same time, has come so far that a quote is refused because of it. */
async function quoteUnlessKnown(
  deps: Deps,
  viewer: Viewer,
  keys: Keys,
  input: CreateBookingInput,
): Promise<BookingQuote | null> {
  try {
    return await deps.tickets.quote(viewer, wantedOf(input))
  } catch (error) {
    if (await isKnown(deps, keys)) return null
    throw toClientFields(error, input)
  }
}

function keysOf({ id: userId }: Viewer, input: CreateBookingInput): Keys {
  const { idempotencyKey, holdId } = input
  return {
    hold: holdId == null ? null : { userId, operation: 'bookHold', key: holdId, input: null },
    client:
      idempotencyKey == null
        ? null
        : { userId, operation: 'createBooking', key: idempotencyKey, input: identityOf(input) },
  }
}

async function isKnown({ reads }: Deps, { client, hold }: Keys): Promise<boolean> {
  if (client && (await findKey(reads, client)) !== null) return true
  return hold !== null && (await findKey(reads, hold)) !== null
}

/**
 * The id the booking will have: a new one, or that of an earlier attempt. The hold is claimed too: else an attempt that broke
 * off after binding it would leave its places to nobody.
 */
async function claimId({ db }: Deps, { client, hold }: Keys): Promise<{ id: string; repeated: boolean }> {
  const claimHold = async (tx: Tx) =>
    hold ? claimKey(tx, { ...hold, resultId: newId() }) : { resultId: newId(), first: true }
  if (!client) {
    const { resultId, first } = await statement(db, claimHold)
    return { id: resultId, repeated: !first }
  }
  return transaction(db, async (tx) => {
    const byHold = await claimHold(tx)
    const byKey = await claimKey(tx, { ...client, resultId: byHold.resultId })
    return { id: byKey.resultId, repeated: !byKey.first || !byHold.first }
  })
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
  { client }: Keys,
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
  const attempt = client && { ...client, resultId: id }
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
async function refuse(deps: Deps, { client, hold }: Keys, id: string, error: KarcisError): Promise<Booking> {
  const { db, log, tickets } = deps
  const refusal = client
    ? await transaction(db, (tx) =>
        refuseKey(tx, { ...client, resultId: id }, error, async () => (await findBooking(tx, id)) !== null),
      )
    : null
  const made = refusal ? null : await findBooking(db, id)
  if (made) return made
  // Nobody writes this booking any more. A hold stays the buyer's, who may book it still.
  if (refusal && !hold) {
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
