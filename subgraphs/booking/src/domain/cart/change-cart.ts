import type { BoundHold } from '@karcis/kit/contracts/bound-hold'
import { transaction } from '@karcis/kit/database'
import { BadUserInput, Conflict, KarcisError, NotFound } from '@karcis/kit/errors'
import { idSchema, newId } from '@karcis/kit/ids'
import { isAway } from '@karcis/kit/outages'
import type { Viewer } from '@karcis/kit/service-token'
import { parseInput } from '@karcis/kit/validate'
import type { Tx } from '../database.ts'
import type { Deps } from '../deps.ts'
import { PromoInvalid } from '../errors.ts'
import { claimKey, findKey, forgetKeysOf } from '../idempotency-store.ts'
import { lookUp } from '../promos/guess-limit.ts'
import { findOffered } from '../promos/promo-store.ts'
import { type CartItem, type CheckoutPlan, countPlaces, isPlanned, reservationOf } from './cart.ts'
import { addToCartInput, type AddToCartInput, cartCodeInput, updateCartItemInput } from './cart-input.ts'
import {
  deleteCartCodes,
  deleteCartItem,
  findCartItem,
  insertCartCode,
  insertCartItem,
  listCartCodes,
  listCartItems,
  lockCart,
  updateCartItem as writeCartItem,
  updateItemHold,
  updatePlan,
  updateReserved,
} from './cart-store.ts'
import { partsOf, priceParts, readStandings, type ShownCart, viewCart } from './view-cart.ts'

/** How many lines one cart has at most. */
const MAX_ITEMS = 20
/** How many codes. */
const MAX_CODES = 5
/** How often a change goes on that others of the same cart come in between of. */
const MAX_TRIES = 10

/**
 * Puts places into the viewer's cart and reserves them; of a type that is in it already, so many more. The item is written before ticket is
 * asked, by the id of the hold that is to keep it: broken off anywhere, the same request goes on with that.
 * @throws BadUserInput; Conflict for another currency than that of the cart, or too many items; and what reserving is refused with.
 */
export async function addToCart(deps: Deps, viewer: Viewer, rawInput: unknown): Promise<ShownCart> {
  const input = parseInput(addToCartInput, rawInput)
  const { item, before, codeBefore } = await changeCart(deps, viewer, (tx) =>
    putOnce(deps, tx, viewer.id, input),
  )
  return orFallBack(deps, viewer, { item, before, codeBefore }, async () => {
    await reserve(deps, viewer, item, input.eventId ?? undefined)
    await requireOneCurrency(deps, viewer, item.id)
  })
}

/** An item, and of how many it was before; 0 when it is new. */
interface Put {
  item: CartItem
  before: number
  /** The access code that it was reserved with, sealed. */
  codeBefore: CartItem['sealedCode']
}

/** Puts places into the cart; by a key that was used for the same before, nothing more of them. */
async function putOnce(deps: Deps, tx: Tx, userId: string, input: AddToCartInput): Promise<Put> {
  const { idempotencyKey, accessCode, ...wanted } = input
  const sealedCode = accessCode == null ? null : deps.sealer.seal(accessCode)
  if (idempotencyKey == null) return putItem(tx, userId, wanted, sealedCode)
  const attempt = { userId, operation: 'addToCart' as const, key: idempotencyKey, input: wanted }
  const earlier = await findKey(tx, attempt)
  const put = earlier === null ? null : await findCartItem(tx, userId, earlier)
  if (put) return { item: put, before: put.quantity, codeBefore: put.sealedCode }
  const added = await putItem(tx, userId, wanted, sealedCode)
  if (earlier === null) await claimKey(tx, { ...attempt, resultId: added.item.id })
  return added
}

/** The item that is in the cart for it now. */
async function putItem(
  tx: Tx,
  userId: string,
  { ticketTypeId = null, quantity, seatIds, unitPrice = null }: Omit<AddToCartInput, 'accessCode'>,
  sealedCode: CartItem['sealedCode'],
): Promise<Put> {
  const items = await listCartItems(tx, userId)
  const known = items.find((item) =>
    ticketTypeId !== null ? item.ticketTypeId === ticketTypeId : isSame(item.seatIds, seatIds ?? []),
  )
  if (!known) {
    if (items.length >= MAX_ITEMS)
      throw new Conflict(`A cart has at most ${MAX_ITEMS} items.`, { limit: MAX_ITEMS })
    const item: CartItem = {
      id: newId(),
      ticketTypeId,
      quantity: quantity ?? seatIds?.length ?? 1,
      seatIds: seatIds ?? [],
      unitPrice,
      sealedCode,
      holdId: newId(),
      reserved: null,
    }
    await insertCartItem(tx, userId, item)
    return { item, before: 0, codeBefore: null }
  }
  const item = {
    ...known,
    quantity: known.quantity + (quantity ?? 0),
    unitPrice: unitPrice ?? known.unitPrice,
    sealedCode: sealedCode ?? known.sealedCode,
  }
  requireQuantity(item.quantity)
  await writeCartItem(tx, item)
  return { item, before: known.quantity, codeBefore: known.sealedCode }
}

const isSame = (some: readonly string[], others: readonly string[]): boolean =>
  some.length === others.length && others.every((id) => some.includes(id))

function requireQuantity(quantity: number): void {
  if (quantity > 10)
    throw new BadUserInput([
      { path: 'input.quantity', message: 'comes to more than 10 together with what is in the cart' },
    ])
}

/**
 * Changes how many an item is of, or what is given for each of a DONATION. What is reserved no more is reserved again, at the price of now.
 * @throws NotFound, BadUserInput; Conflict where others change the same item all the time; and what reserving is refused with: then it has
 *   what it had before.
 */
export async function updateCartItem(
  deps: Deps,
  viewer: Viewer,
  rawId: string,
  rawInput: unknown,
): Promise<ShownCart> {
  const id = parseInput(idSchema, rawId, 'id')
  const { quantity, unitPrice } = parseInput(updateCartItemInput, rawInput)
  const { item, before, codeBefore } = await changeCart(deps, viewer, async (tx) => {
    const known = await findCartItem(tx, viewer.id, id)
    if (!known) throw new NotFound('cart item', id)
    if (quantity != null && known.ticketTypeId === null && quantity !== known.quantity)
      throw new BadUserInput([
        { path: 'input.quantity', message: 'of chosen seats cannot change: remove them, and add others' },
      ])
    const changed = {
      ...known,
      quantity: quantity ?? known.quantity,
      unitPrice: unitPrice ?? known.unitPrice,
    }
    await writeCartItem(tx, changed)
    return { item: changed, before: known.quantity, codeBefore: known.sealedCode }
  })
  return orFallBack(deps, viewer, { item, before, codeBefore }, () => reserve(deps, viewer, item))
}

/** Takes an item out of the viewer's cart, and gives back what it has reserved. @throws NotFound, BadUserInput. */
export async function removeFromCart(deps: Deps, viewer: Viewer, rawId: string): Promise<ShownCart> {
  const id = parseInput(idSchema, rawId, 'id')
  const removed = await changeCart(deps, viewer, (tx) => deleteCartItem(tx, viewer.id, id))
  if (!removed) throw new NotFound('cart item', id)
  await giveBack(deps, viewer, removed.holdId)
  return viewCart(deps, viewer)
}

/**
 * Has a promo code make the viewer's cart cheaper.
 * @param address where the request comes from, as the router saw it.
 * @throws PromoInvalid, TooManyGuesses, BadUserInput; Conflict for too many codes.
 */
export async function applyPromo(
  deps: Deps,
  viewer: Viewer,
  rawCode: string,
  address: string | undefined,
): Promise<ShownCart> {
  const code = parseInput(cartCodeInput, rawCode, 'code')
  const parts = partsOf(await readStandings(deps, viewer))
  const find = async () => {
    const found = await Promise.all(parts.map((part) => findOffered(deps.db, viewer.id, part, [code])))
    return found.flat().slice(0, 1)
  }
  const found = await lookUp(deps, { userId: viewer.id, address }, [code], find)
  if (found.length === 0) throw new PromoInvalid(code, 'NOT_FOUND')
  const codes = await listCartCodes(deps.db, viewer.id)
  if (codes.includes(code)) return viewCart(deps, viewer)
  if (codes.length >= MAX_CODES) throw new Conflict(`A cart has at most ${MAX_CODES} promo codes.`)
  const { refusals } = await priceParts(deps.db, viewer.id, parts, [...codes, code])
  const refusal = refusals.get(code)
  if (refusal) throw refusal
  await changeCart(deps, viewer, (tx) => insertCartCode(tx, viewer.id, code))
  return viewCart(deps, viewer)
}

/** Takes a promo code out of the viewer's cart, if it is there. @throws BadUserInput. */
export async function removePromo(deps: Deps, viewer: Viewer, rawCode: string): Promise<ShownCart> {
  const code = parseInput(cartCodeInput, rawCode, 'code')
  await changeCart(deps, viewer, (tx) => deleteCartCodes(tx, viewer.id, code))
  return viewCart(deps, viewer)
}

/**
 * Changes a cart in one transaction. A checkout that is under way is given up by it: what that has bound goes back, and is reserved again as
 * far as it is still to be had.
 */
async function changeCart<Result>(
  deps: Deps,
  viewer: Viewer,
  change: (tx: Tx) => Promise<Result>,
): Promise<Result> {
  const { result, plan } = await transaction(deps.db, async (tx) => {
    const underWay = await lockCart(tx, viewer.id)
    if (underWay) await dropPlan(tx, viewer.id, underWay)
    return { result: await change(tx), plan: underWay }
  })
  if (plan) await undoPlan(deps, viewer, plan)
  return result
}

/** Gives up a checkout, in the transaction of what comes in between: it can be written no more, and its keys are free. */
export async function dropPlan(tx: Tx, userId: string, plan: CheckoutPlan): Promise<void> {
  await updatePlan(tx, userId, null)
  await forgetKeysOf(tx, userId, 'checkout', plan.checkoutId)
}

/** Gives back what a checkout has bound that will never be written, and reserves it again as far as that can be. */
export async function undoPlan(deps: Deps, viewer: Viewer, { parts }: CheckoutPlan): Promise<void> {
  for (const { bookingId } of parts) {
    await deps.tickets.release(bookingId).catch((error: unknown) => {
      if (isAway(error, deps.log)) return
      deps.log.warn(
        { err: error, bookingId },
        'a checkout was given up; what it has bound runs out with its hold',
      )
    })
  }
  for (const item of await listCartItems(deps.db, viewer.id)) {
    await reserve(deps, viewer, item).catch((error: unknown) => {
      if (!(error instanceof KarcisError)) throw error // not to be had just now: it stands in the cart as not reserved
    })
  }
}

/**
 * Sees to it that an item's places are reserved, as many as the cart says: what its hold keeps is made more or less, and what is over is
 * taken again, in a new hold whose id is written first.
 * @param eventId of chosen seats; by default the event that they were reserved of. @throws what the ticket subgraph refuses with; Conflict.
 */
export const reserve = (
  deps: Deps,
  viewer: Viewer,
  item: CartItem,
  eventId = item.reserved?.eventId ?? '',
): Promise<void> => deps.reservationInTurn(item.id, () => reserveNow(deps, viewer, item, eventId))

async function reserveNow(deps: Deps, viewer: Viewer, item: CartItem, eventId: string): Promise<void> {
  let now: CartItem = item
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const hold = await reserveOnce(deps, viewer, now, eventId)
    if (hold) {
      const wanted = await transaction(deps.db, (tx) => updateReserved(tx, now.id, hold))
      // Another tab may want another number by now, or have done with this hold.
      if (wanted === countPlaces(hold.items)) return
      if (wanted === null) await giveBack(deps, viewer, hold.holdId)
    }
    const found = await findCartItem(deps.db, viewer.id, item.id)
    if (!found) throw new NotFound('cart item', item.id)
    now = found
  }
  throw new Conflict('This item is being changed elsewhere. Look at it again.', { cartItemId: item.id })
}

/** A checkout that is under way has bound what the item had reserved: it stays as it is until that has come to its end. */
export class BeingCheckedOut extends Conflict {
  constructor(cartItemId: string) {
    super('This is being checked out. Look at the cart again.', { cartItemId })
  }
}

/** @returns what is kept now; null where another has given the item another hold. */
async function reserveOnce(
  deps: Deps,
  viewer: Viewer,
  item: CartItem,
  eventId: string,
): Promise<BoundHold | null> {
  const { db, tickets, sealer } = deps
  const accessCode = item.sealedCode && sealer.unseal(item.sealedCode)
  const kept = (await tickets.kept(viewer, [item.holdId])).get(item.holdId)
  if (kept) {
    const isRight = item.ticketTypeId === null || countPlaces(kept.items) === item.quantity
    return isRight ? kept : tickets.resize(viewer, item.holdId, item.quantity, accessCode)
  }
  const wanted = reservationOf(item, eventId, accessCode)
  if (!item.reserved) {
    // Its hold may be asked for however often, until the time of that is up.
    const first = await tickets.reserve(viewer, item.holdId, wanted).catch((error: unknown) => {
      if (error instanceof KarcisError && error.code === 'HOLD_EXPIRED') return null
      throw error
    })
    if (first) return first
  }
  const holdId = newId()
  const isNext = await transaction(db, async (tx) => {
    const plan = await lockCart(tx, viewer.id)
    if (plan && isPlanned(plan, item.id)) throw new BeingCheckedOut(item.id)
    return updateItemHold(tx, item.id, item.holdId, holdId)
  })
  return isNext ? tickets.reserve(viewer, holdId, wanted) : null
}

/** The cart after an item was reserved. @throws what that is refused with, by the names of the cart's fields; the item has what it had before then. */
async function orFallBack(
  deps: Deps,
  viewer: Viewer,
  { item, before, codeBefore }: Put,
  reserving: () => Promise<void>,
): Promise<ShownCart> {
  try {
    await reserving()
  } catch (error) {
    // Where it is not certain that nothing is reserved, the item stays, for the next try to find out.
    if (!(error instanceof KarcisError) || error.code === 'SERVICE_UNAVAILABLE') throw error
    await fallBack(deps, viewer, { item, before, codeBefore })
    throw toCartFields(error)
  }
  return viewCart(deps, viewer)
}

/** After a refusal an item is of as many as it still keeps, or of as many as before; one that was new is taken out. Its keys are free. */
async function fallBack(
  deps: Deps,
  viewer: Viewer,
  { item: { id }, before, codeBefore }: Put,
): Promise<void> {
  const now = await findCartItem(deps.db, viewer.id, id)
  if (!now) return
  const kept = (await deps.tickets.kept(viewer, [now.holdId])).get(now.holdId)
  const quantity = kept ? countPlaces(kept.items) : before
  await transaction(deps.db, async (tx) => {
    await forgetKeysOf(tx, viewer.id, 'addToCart', id)
    if (quantity === 0) await deleteCartItem(tx, viewer.id, id)
    else await writeCartItem(tx, { ...now, quantity, sealedCode: codeBefore })
  })
}

/** @throws Conflict for an item in another currency than what was in the cart before it. */
async function requireOneCurrency(deps: Deps, viewer: Viewer, itemId: string): Promise<void> {
  const items = await listCartItems(deps.db, viewer.id)
  const currency = items.find(({ id }) => id === itemId)?.reserved?.currency
  const other = items.find(({ reserved }) => reserved && currency && reserved.currency !== currency)
  if (!other) return
  await removeItem(deps, viewer, itemId)
  throw new Conflict(
    `The cart is in ${other.reserved?.currency}, this is in ${currency}: check out one first.`,
    {
      currency,
      cartCurrency: other.reserved?.currency,
    },
  )
}

async function removeItem(deps: Deps, viewer: Viewer, id: string): Promise<void> {
  const removed = await transaction(deps.db, (tx) => deleteCartItem(tx, viewer.id, id))
  if (removed) await giveBack(deps, viewer, removed.holdId)
}

/** What cannot be given back now runs out by itself. */
async function giveBack({ tickets, log }: Deps, viewer: Viewer, holdId: string): Promise<void> {
  await tickets.giveBack(viewer, holdId).catch((error: unknown) => {
    if (!isAway(error, log)) throw error
  })
}

/** What the ticket subgraph refuses of a reservation, by the names of the fields that the client has sent. */
function toCartFields(error: KarcisError): KarcisError {
  if (error.code !== 'BAD_USER_INPUT') return error
  const fields = (error.facts.fields ?? []) as { path: string; message: string }[]
  const named = fields.map(({ path, message }) => ({
    path: `input.${path
      .replace(/^input\./, '')
      .replace(/^items\.0\./, '')
      .replace(/^items$/, 'ticketTypeId')}`,
    message,
  }))
  return new BadUserInput(named)
}
