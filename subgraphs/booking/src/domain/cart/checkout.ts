import type { BoundHold } from '@karcis/kit/contracts/bound-hold'
import { transaction } from '@karcis/kit/database'
import { BadUserInput, Conflict, KarcisError } from '@karcis/kit/errors'
import { newId } from '@karcis/kit/ids'
import { isAway } from '@karcis/kit/outages'
import type { Viewer } from '@karcis/kit/service-token'
import { parseInput } from '@karcis/kit/validate'
import type { Booking } from '../bookings/booking.ts'
import { publishChange, recordStatus } from '../bookings/booking-changes.ts'
import { insertBooking, listBookingsOf } from '../bookings/booking-store.ts'
import { insertCheckout } from '../checkout/checkout-store.ts'
import type { Tx } from '../database.ts'
import type { Deps } from '../deps.ts'
import { HoldExpired } from '../errors.ts'
import { findEventFees } from '../fees/fee-store.ts'
import { type Attempt, claimKey, confirmKey, findKey, forgetKeysOf, refuseKey } from '../idempotency-store.ts'
import { sumOf } from '../promos/discount.ts'
import { insertUses } from '../promos/promo-store.ts'
import type { CartItem, CheckoutPlan, PlannedBooking } from './cart.ts'
import { checkoutInput } from './cart-input.ts'
import {
  deleteCartCodes,
  deleteCartItem,
  listCartCodes,
  listCartItems,
  lockCart,
  updatePlan,
} from './cart-store.ts'
import { BeingCheckedOut, dropPlan, reserve, undoPlan } from './change-cart.ts'
import type { PricedCart } from './price-cart.ts'
import { partsOf, priceParts, readStandings } from './view-cart.ts'

type Key = Omit<Attempt, 'resultId'>

/**
 * Books all that is in the viewer's cart, one booking per event, which are paid together: all of them or none.
 *
 * Whatever is reserved no more is reserved again first. Then the checkout is planned: the ids of its bookings, and the holds of each, are
 * written into the cart together with the key. What follows is idempotent by these ids: the holds are bound to their bookings, and
 * one transaction writes checkout and bookings and empties the cart. Broken off anywhere, the same key goes on where it stopped, and so does
 * any other, from any device, for as long as the cart is as it was. Whoever changes the cart meanwhile has the plan dropped, and with
 * that the transaction can never come: what was bound goes back.
 * @throws BadUserInput for an empty cart; Conflict when it comes to another total than the buyer was shown, or was changed meanwhile;
 *   IdempotencyKeyReused, PromoInvalid, and whatever the ticket subgraph refuses with, each with the item that it is about.
 */
export async function checkout(deps: Deps, viewer: Viewer, rawInput: unknown): Promise<Booking[]> {
  const { idempotencyKey, expectedTotal } = parseInput(checkoutInput, rawInput)
  const key: Key = {
    userId: viewer.id,
    operation: 'checkout',
    key: idempotencyKey,
    input: [expectedTotal],
  }
  const earlier = await findMade(deps, key)
  if (earlier.length > 0) return earlier
  const planned = await planCheckout(deps, viewer, key, 'goes on')
  const made = planned ? [] : await prepareUnlessMade(deps, viewer, key, expectedTotal)
  if (made.length > 0) return made
  const plan = planned ?? (await planCheckout(deps, viewer, key, 'anew'))
  if (!plan) return requireMade(await findMade(deps, key))
  try {
    return await carryOut(deps, viewer, key, plan, expectedTotal)
  } catch (error) {
    // Where it is not certain that nothing has come of it, the plan stays, for the next try to go on with.
    if (!(error instanceof KarcisError) || error.code === 'SERVICE_UNAVAILABLE') throw error
    return refuse(deps, viewer, key, plan, error)
  }
}

/** @returns what the same attempt, sent at the same time, has made, where nothing is left in the cart because of it. */
async function prepareUnlessMade(
  deps: Deps,
  viewer: Viewer,
  key: Key,
  expectedTotal: number,
): Promise<Booking[]> {
  try {
    await prepare(deps, viewer, expectedTotal)
    return []
  } catch (error) {
    const made = await findMade(deps, key)
    if (made.length === 0) throw error
    return made
  }
}

/** @throws BadUserInput where an attempt with another key has emptied the cart. */
function requireMade(bookings: Booking[]): Booking[] {
  if (bookings.length === 0) throw emptyCart()
  return bookings
}

const emptyCart = () => new BadUserInput([{ path: 'cart', message: 'is empty' }])

/** The bookings that an earlier attempt with this key has made. */
async function findMade({ db }: Deps, key: Key): Promise<Booking[]> {
  const checkoutId = await findKey(db, key)
  return checkoutId === null ? [] : listBookingsOf(db, { bookingId: null, checkoutId })
}

/**
 * Sees to it that all of the cart is reserved, at the total that the buyer was shown. Nothing is bound by it, so most refusals cost nothing.
 * @throws what reserving is refused with, PromoInvalid, Conflict, BadUserInput.
 */
async function prepare(deps: Deps, viewer: Viewer, expectedTotal: number): Promise<void> {
  for (const item of await listCartItems(deps.db, viewer.id)) {
    await reserve(deps, viewer, item).catch((error: unknown) => {
      // Another attempt has begun meanwhile: this one goes on with it.
      if (!(error instanceof BeingCheckedOut)) throw about(item, error)
    })
  }
  const parts = partsOf(await readStandings(deps, viewer))
  if (parts.length === 0) throw emptyCart()
  const codes = await listCartCodes(deps.db, viewer.id)
  requireTotal(await priceParts(deps.db, viewer.id, parts, codes), expectedTotal)
}

/** @returns what all parts come to. @throws PromoInvalid for a code that makes nothing cheaper; Conflict for another total. */
function requireTotal({ parts, refusals }: PricedCart, expectedTotal: number): number {
  for (const refusal of refusals.values()) throw refusal
  const totalPrice = sumOf(parts.map((part) => part.totalPrice))
  if (totalPrice !== expectedTotal)
    throw new Conflict('This costs something else by now: look at the cart again.', {
      reason: 'PRICE_CHANGED',
      expectedTotal,
      totalPrice,
      currency: parts[0]?.currency,
    })
  return totalPrice
}

/** The same refusal, which says what it is about. */
function about({ id, reserved }: CartItem, error: unknown): unknown {
  if (!(error instanceof KarcisError) || error.code === 'SERVICE_UNAVAILABLE') return error
  return new KarcisError(error.code, error.message, {
    ...error.facts,
    cartItemId: id,
    eventId: reserved?.eventId ?? null,
  })
}

/**
 * Claims the key for a checkout of what is in the cart, and writes down how it is made.
 * @param how 'goes on' only with one that is under way for the cart as it is.
 * @returns null when there is none to go on with; or when another attempt has emptied the cart meanwhile.
 * @throws BadUserInput for an empty cart; IdempotencyKeyReused.
 */
async function planCheckout(
  deps: Deps,
  viewer: Viewer,
  key: Key,
  how: 'goes on' | 'anew',
): Promise<CheckoutPlan | null> {
  const { plan, dropped } = await transaction(deps.db, async (tx) => {
    const underWay = await lockCart(tx, viewer.id)
    const items = (await listCartItems(tx, viewer.id)).filter(({ reserved }) => reserved !== null)
    const goesOn = underWay !== null && isOf(underWay, items) ? underWay : null
    const isDropped = underWay !== null && goesOn === null
    if (isDropped) await dropPlan(tx, viewer.id, underWay)
    const next = goesOn ?? (how === 'anew' && items.length > 0 ? newPlan(items) : null)
    if (next) {
      const { resultId } = await claimKey(tx, { ...key, resultId: next.checkoutId })
      if (resultId !== next.checkoutId) throw new Conflict('This key is of a checkout that was given up.')
      await updatePlan(tx, viewer.id, next)
    }
    return { plan: next, dropped: isDropped ? underWay : null }
  })
  if (dropped) await undoPlan(deps, viewer, dropped)
  return plan
}

/** Whether a plan is of exactly these items, with the holds that they have. */
function isOf({ parts }: CheckoutPlan, items: readonly CartItem[]): boolean {
  const planned = new Map(parts.flatMap((part) => part.items.map(({ id, holdId }) => [id, holdId])))
  return planned.size === items.length && items.every(({ id, holdId }) => planned.get(id) === holdId)
}

/** One booking per event, their ids in the order in which rows are locked. */
const newPlan = (items: readonly CartItem[]): CheckoutPlan => ({
  checkoutId: newId(),
  parts: [...Map.groupBy(items, ({ reserved }) => reserved?.eventId ?? '')].map(([eventId, its]) => ({
    bookingId: newId(),
    eventId,
    items: its.map(({ id, holdId }) => ({ id, holdId })),
  })),
})

/** Binds the holds of each booking, then writes all of it in one transaction. */
async function carryOut(
  deps: Deps,
  viewer: Viewer,
  key: Key,
  plan: CheckoutPlan,
  expectedTotal: number,
): Promise<Booking[]> {
  const items = new Map((await listCartItems(deps.db, viewer.id)).map((item) => [item.id, item]))
  const holds: BoundHold[] = []
  for (const part of plan.parts) holds.push(await bindPart(deps, viewer, part, items))
  const outcome = await transaction(deps.db, async (tx) => {
    // Whoever changes the cart, or checks it out from elsewhere, waits here, or has been faster.
    const underWay = await lockCart(tx, viewer.id)
    if (underWay?.checkoutId !== plan.checkoutId) return null
    if (!(await confirmKey(tx, { ...key, resultId: plan.checkoutId }))) return null
    return writeCheckout(tx, deps, viewer, plan, holds, items, expectedTotal)
  })
  for (const booking of outcome ?? []) publishChange(deps, booking)
  const made = outcome ?? (await listBookingsOf(deps.db, { bookingId: null, checkoutId: plan.checkoutId }))
  if (made.length === 0) throw new Conflict('The cart was changed while it was checked out.')
  return made
}

async function bindPart(
  deps: Deps,
  viewer: Viewer,
  { bookingId, items: planned }: PlannedBooking,
  items: ReadonlyMap<string, CartItem>,
): Promise<BoundHold> {
  try {
    return await deps.tickets.keepHolds(
      viewer,
      bookingId,
      planned.map(({ holdId }) => holdId),
    )
  } catch (error) {
    const lost = error instanceof KarcisError ? error.facts.holdId : null
    const { id } = planned.find(({ holdId }) => holdId === lost) ?? planned[0] ?? {}
    const item = items.get(id ?? '')
    throw item ? about(item, error) : error
  }
}

async function writeCheckout(
  tx: Tx,
  deps: Deps,
  viewer: Viewer,
  { checkoutId, parts: planned }: CheckoutPlan,
  holds: readonly BoundHold[],
  items: ReadonlyMap<string, CartItem>,
  expectedTotal: number,
): Promise<Booking[]> {
  const parts = holds.map(({ eventId, organizerId, items: places }, at) => ({
    eventId,
    organizerId,
    lines: linesOf(planned[at], places, items),
  }))
  const codes = await listCartCodes(tx, viewer.id)
  const priced = await priceParts(tx, viewer.id, parts, codes)
  const totalPrice = requireTotal(priced, expectedTotal)
  const fees = await findEventFees(
    tx,
    parts.map(({ eventId }) => eventId),
  )
  const currency = priced.parts[0]?.currency ?? ''
  await insertCheckout(tx, { id: checkoutId, userId: viewer.id, currency, totalPrice })
  const bookings: Booking[] = []
  for (const [at, { part: _, promos: __, ...price }] of priced.parts.entries()) {
    const hold = holds[at] as BoundHold
    const booking = await insertBooking(
      tx,
      {
        ...price,
        id: planned[at]?.bookingId ?? '',
        userId: viewer.id,
        eventId: hold.eventId,
        organizerId: hold.organizerId,
        checkoutId,
        holdId: hold.holdId,
        feesVersion: fees.get(hold.eventId)?.version ?? 0,
        holdExpiresAt: hold.expiresAt,
        payableUntil: hold.payableUntil,
      },
      deps.settings.PAYMENT_MARGIN_SECONDS,
    )
    if (!booking) throw new Conflict('Something of this is booked already.', { holdId: hold.holdId })
    if (booking.status !== 'PENDING') throw new HoldExpired(hold.holdId)
    bookings.push(booking)
  }
  for (const booking of bookings) await recordStatus(tx, booking)
  for (const part of planned) {
    for (const { id, holdId } of part.items) {
      const taken = await deleteCartItem(tx, viewer.id, id, holdId)
      if (!taken) throw new Conflict('The cart was changed while it was checked out.', { cartItemId: id })
    }
  }
  await deleteCartCodes(tx, viewer.id, null)
  await updatePlan(tx, viewer.id, null)
  // Last, and in the order in which bookings give them back: others who use the same promotions wait from here on.
  const uses = priced.parts.flatMap(({ promos }, at) => promos.map((promo) => ({ promo, at })))
  for (const { promo, at } of uses.toSorted((a, b) => (a.promo.promoId < b.promo.promoId ? -1 : 1)))
    await insertUses(tx, bookings[at] as Booking, [promo])
  return bookings
}

/** Places of a bound hold beside the cart's item that they are of. */
function linesOf(
  planned: PlannedBooking | undefined,
  places: BoundHold['items'],
  items: ReadonlyMap<string, CartItem>,
): { item: CartItem; places: BoundHold['items'] }[] {
  const its = (planned?.items ?? []).flatMap(({ id }) => items.get(id) ?? [])
  const ownerOf = ({ ticketTypeId, seatId }: BoundHold['items'][number]) =>
    its.find(
      (item) => (seatId !== null && item.seatIds.includes(seatId)) || item.ticketTypeId === ticketTypeId,
    )
  const lines = Map.groupBy(places, (place) => ownerOf(place) ?? its[0])
  return [...lines].flatMap(([item, own]) => (item ? [{ item, places: own }] : []))
}

/**
 * Ends a refused checkout: what it has bound goes back, and is reserved again as far as that can be. Attempts with the same key that were
 * sent at the same time are answered alike.
 * @returns the bookings that one of them has come to. @throws the refusal that counts for all of them.
 */
async function refuse(
  deps: Deps,
  viewer: Viewer,
  key: Key,
  plan: CheckoutPlan,
  error: KarcisError,
): Promise<Booking[]> {
  const of = { bookingId: null, checkoutId: plan.checkoutId }
  const refusal = await transaction(deps.db, async (tx) => {
    const underWay = await lockCart(tx, viewer.id)
    if (underWay?.checkoutId === plan.checkoutId) await updatePlan(tx, viewer.id, null)
    const isMade = async () => (await listBookingsOf(tx, of)).length > 0
    const counts = await refuseKey(tx, { ...key, resultId: plan.checkoutId }, error, isMade)
    if (!(await isMade())) await forgetKeysOf(tx, viewer.id, 'checkout', plan.checkoutId)
    return counts
  })
  const made = await listBookingsOf(deps.db, of)
  if (made.length > 0) return made
  await undoPlan(deps, viewer, plan).catch((reason: unknown) => {
    if (isAway(reason, deps.log)) return
    deps.log.warn({ err: reason, checkoutId: plan.checkoutId }, 'refused; what it may have bound runs out')
  })
  throw refusal ?? error
}
