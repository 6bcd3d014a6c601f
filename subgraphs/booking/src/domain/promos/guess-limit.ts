import { createGuessKey, type Guesser, type GuessLimit, lookUpGuessed } from '@karcis/kit/guess-limit'
import type { Db } from '../database.ts'
import { TooManyGuesses } from '../errors.ts'

/** @param secret the same in every process of this subgraph. */
export const createPromoGuesses = (secret: string): GuessLimit => ({
  table: 'promo_guesses',
  key: createGuessKey(secret, 'karcis booking promo guesses'),
  refusal: (retryAfterSeconds) => new TooManyGuesses(retryAfterSeconds),
})

/** Looks promo codes up for somebody, who is slowed down when too many of them are not there. @throws TooManyGuesses */
export const lookUp = <Found>(
  { db, promoGuesses }: { db: Db; promoGuesses: GuessLimit },
  guesser: Guesser,
  codes: readonly string[],
  find: () => Promise<Found[]>,
): Promise<Found[]> => lookUpGuessed(db, promoGuesses, guesser, codes.length, find)
