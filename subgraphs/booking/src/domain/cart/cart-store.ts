import type { BoundHold } from '@karcis/kit/contracts/bound-hold'
import { Prisma } from '../../generated/prisma/client.ts'
import type { Db, Tx } from '../database.ts'
import type { CartItem, CheckoutPlan, Reserved } from './cart.ts'

interface ItemRow extends Omit<CartItem, 'unitPrice' | 'reserved'> {
  unitPrice: bigint | null
  eventId: string | null
  organizerId: string | null
  currency: string | null
  places: Reserved['places'] | null
  reservedUntil: Date | null
}

const COLUMNS = Prisma.sql`id, ticket_type_id AS "ticketTypeId", quantity, seat_ids::text[] AS "seatIds", unit_price AS "unitPrice",
  access_code AS "sealedCode", hold_id AS "holdId", event_id AS "eventId", organizer_id AS "organizerId", currency, places, reserved_until AS "reservedUntil"`

function toItem({
  unitPrice,
  eventId,
  organizerId,
  currency,
  places,
  reservedUntil,
  ...item
}: ItemRow): CartItem {
  const isReserved =
    eventId !== null && organizerId !== null && currency !== null && places !== null && reservedUntil !== null
  return {
    ...item,
    unitPrice: unitPrice === null ? null : Number(unitPrice),
    reserved: isReserved ? { eventId, organizerId, currency, places, reservedUntil } : null,
  }
}

/** Opens a cart if need be, and locks it: changes of one cart come one after the other. @returns the checkout that is under way. */
export async function lockCart(tx: Tx, userId: string): Promise<CheckoutPlan | null> {
  const [row] = await tx.$queryRaw<{ plan: CheckoutPlan | null }[]>`
    INSERT INTO carts (user_id) VALUES (${userId}::uuid)
    ON CONFLICT (user_id) DO UPDATE SET updated_at = now() RETURNING plan`
  return row?.plan ?? null
}

/** The checkout of a cart that is under way. */
export async function findPlan(db: Db, userId: string): Promise<CheckoutPlan | null> {
  const [row] = await db.$queryRaw<{ plan: CheckoutPlan | null }[]>`
    SELECT plan FROM carts WHERE user_id = ${userId}::uuid`
  return row?.plan ?? null
}

/** Writes down the checkout that is under way, or that none is. The caller has locked the cart. */
export async function updatePlan(tx: Tx, userId: string, plan: CheckoutPlan | null): Promise<void> {
  await tx.$executeRaw`UPDATE carts SET plan = ${plan === null ? null : JSON.stringify(plan)}::jsonb, updated_at = now()
    WHERE user_id = ${userId}::uuid`
}

/** What is in a cart, in the order in which it was put there. */
export async function listCartItems(db: Db | Tx, userId: string): Promise<CartItem[]> {
  const rows = await db.$queryRaw<ItemRow[]>`
    SELECT ${COLUMNS} FROM cart_items WHERE user_id = ${userId}::uuid ORDER BY id`
  return rows.map(toItem)
}

/** One item of a user's cart; null when there is none. */
export async function findCartItem(db: Db | Tx, userId: string, id: string): Promise<CartItem | null> {
  const [row] = await db.$queryRaw<ItemRow[]>`
    SELECT ${COLUMNS} FROM cart_items WHERE user_id = ${userId}::uuid AND id = ${id}::uuid`
  return row ? toItem(row) : null
}

/** Writes an item that is to be reserved next. The caller has locked the cart. */
export async function insertCartItem(
  tx: Tx,
  userId: string,
  { id, ticketTypeId, quantity, seatIds, unitPrice, sealedCode, holdId }: CartItem,
): Promise<void> {
  await tx.$executeRaw`INSERT INTO cart_items (id, user_id, ticket_type_id, quantity, seat_ids, unit_price, access_code, hold_id)
    VALUES (${id}::uuid, ${userId}::uuid, ${ticketTypeId}::uuid, ${quantity}::int, ${seatIds}::uuid[], ${unitPrice}::bigint,
      ${sealedCode}::bytea, ${holdId}::uuid)`
}

/** Says how many an item is to be of, what is given for each of a DONATION, and the code that it is reserved with. */
export async function updateCartItem(
  tx: Tx,
  { id, quantity, unitPrice, sealedCode }: Pick<CartItem, 'id' | 'quantity' | 'unitPrice' | 'sealedCode'>,
): Promise<void> {
  await tx.$executeRaw`UPDATE cart_items SET quantity = ${quantity}::int, unit_price = ${unitPrice}::bigint, access_code = ${sealedCode}::bytea
    WHERE id = ${id}::uuid`
}

/** Gives an item another hold, which is to be asked for next. @returns whether it had the one that it was known to have. */
export async function updateItemHold(tx: Tx, id: string, from: string, to: string): Promise<boolean> {
  const updated = await tx.$executeRaw`UPDATE cart_items SET hold_id = ${to}::uuid
    WHERE id = ${id}::uuid AND hold_id = ${from}::uuid`
  return updated === 1
}

/** Notes what an item's hold keeps. @returns how many it is to be of by now; null when the hold is not, or no longer, the item's. */
export async function updateReserved(
  tx: Tx,
  id: string,
  { holdId, eventId, organizerId, expiresAt, items }: BoundHold,
): Promise<number | null> {
  const [row] = await tx.$queryRaw<{ quantity: number }[]>`UPDATE cart_items SET event_id = ${eventId}::uuid,
      organizer_id = ${organizerId}::uuid, currency = ${items[0]?.currency ?? null}, places = ${JSON.stringify(items)}::jsonb,
      reserved_until = ${expiresAt}::timestamptz
    WHERE id = ${id}::uuid AND hold_id = ${holdId}::uuid RETURNING quantity`
  return row?.quantity ?? null
}

/** Takes an item out of a cart. @returns it as it was; null when there is none, or it has another hold than the one given. */
export async function deleteCartItem(
  tx: Tx,
  userId: string,
  id: string,
  holdId: string | null = null,
): Promise<CartItem | null> {
  const [row] = await tx.$queryRaw<
    ItemRow[]
  >`DELETE FROM cart_items WHERE user_id = ${userId}::uuid AND id = ${id}::uuid
    AND (${holdId}::uuid IS NULL OR hold_id = ${holdId}::uuid) RETURNING ${COLUMNS}`
  return row ? toItem(row) : null
}

/** The promo codes of a cart, in the order in which they were given. */
export async function listCartCodes(db: Db | Tx, userId: string): Promise<string[]> {
  const rows = await db.$queryRaw<{ code: string }[]>`
    SELECT code FROM cart_promos WHERE user_id = ${userId}::uuid ORDER BY created_at, code`
  return rows.map((row) => row.code)
}

/** Adds a promo code to a cart that the caller has locked. */
export async function insertCartCode(tx: Tx, userId: string, code: string): Promise<void> {
  await tx.$executeRaw`INSERT INTO cart_promos (user_id, code) VALUES (${userId}::uuid, ${code}) ON CONFLICT DO NOTHING`
}

/** Takes promo codes out of a cart: one, or all of them. */
export async function deleteCartCodes(tx: Tx, userId: string, code: string | null): Promise<void> {
  await tx.$executeRaw`DELETE FROM cart_promos WHERE user_id = ${userId}::uuid AND (${code}::text IS NULL OR code = ${code})`
}

/** With all that is in it; what it has reserved ends by itself. */
export async function deleteCartOf(tx: Tx, userId: string): Promise<void> {
  await tx.$executeRaw`DELETE FROM carts WHERE user_id = ${userId}::uuid`
}
