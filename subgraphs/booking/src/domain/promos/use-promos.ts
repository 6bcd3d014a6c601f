import type { Guesser, GuessLimit } from '@karcis/kit/guess-limit'
import type { Db, Tx } from '../database.ts'
import { PromoInvalid } from '../errors.ts'
import { lookUp } from './guess-limit.ts'
import { type AppliedPromo, applyPromos, type Basket, type OfferedPromo } from './promo.ts'
import { findOffered } from './promo-store.ts'

/** Whose places are to be booked. */
interface Sale {
  eventId: string
  organizerId: string
}

/**
 * What codes would take off, for somebody who may be guessing. Nothing is used by asking.
 * @throws PromoInvalid, TooManyGuesses
 */
export async function offerPromos(
  deps: { db: Db; promoGuesses: GuessLimit },
  guesser: Guesser,
  sale: Sale,
  basket: Basket,
  codes: readonly string[],
): Promise<AppliedPromo[]> {
  if (codes.length === 0) return []
  const find = () => findOffered(deps.db, guesser.userId, sale, codes)
  return apply(basket, codes, await lookUp(deps, guesser, codes, find))
}

/** What codes take off as the booking is written, in its transaction. @throws PromoInvalid */
export async function promosOn(
  tx: Tx,
  userId: string,
  sale: Sale,
  basket: Basket,
  codes: readonly string[],
): Promise<AppliedPromo[]> {
  return codes.length === 0 ? [] : apply(basket, codes, await findOffered(tx, userId, sale, codes))
}

function apply(basket: Basket, codes: readonly string[], offers: readonly OfferedPromo[]): AppliedPromo[] {
  const unknown = codes.find((code) => offers.every((offer) => offer.code !== code))
  if (unknown !== undefined) throw new PromoInvalid(unknown, 'NOT_FOUND')
  return applyPromos(basket, offers)
}
