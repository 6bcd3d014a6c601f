import type { Tx } from '../database.ts'

/** Bookings of one buyer in one currency, made together and paid together. `totalPrice` is in the smallest unit of `currency`. */
export interface Checkout {
  id: string
  userId: string
  currency: string
  totalPrice: number
}

/** Writes a checkout, before its bookings, which are to come in the same transaction. */
export async function insertCheckout(tx: Tx, { id, userId, currency, totalPrice }: Checkout): Promise<void> {
  await tx.$executeRaw`INSERT INTO checkouts (id, user_id, currency, total_price)
    VALUES (${id}::uuid, ${userId}::uuid, ${currency}, ${totalPrice}::bigint)`
}
