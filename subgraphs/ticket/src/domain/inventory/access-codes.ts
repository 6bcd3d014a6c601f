import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto'
import { createGuessKey, type GuessLimit, lookUpGuessed } from '@karcis/kit/guess-limit'
import { nameSchema } from '@karcis/kit/validate'
import { whoWaits } from '@karcis/kit/waiting'
import { LRUCache } from 'lru-cache'
import type { Db } from '../database.ts'
import { AccessCodeRefused, TooManyAccessCodes } from '../errors.ts'
import type { TicketType } from './ticket-type.ts'

/** How many codes one type may be bought with. */
export const MAX_ACCESS_CODES = 20

/** A code as it is compared: in any case, 1 to 40 characters. */
export const accessCodeSchema = nameSchema(40).transform((code) => code.toUpperCase().normalize('NFC'))

/** What a buyer gives to be let at types that are not for everybody. */
export const givenCodeSchema = accessCodeSchema.nullish()

/** Codes with which some ticket types can be bought. None is kept: only what a code comes to under a key that is not in the database. */
export interface AccessCodes {
  /** What is kept of a code of a type. */
  digest(ticketTypeId: string, code: string): string
  /**
   * Whether somebody may take places of types, as far as codes go: one that they give has to be a code of each type that asks for any.
   * @throws AccessCodeRefused with those that it does not open; TooManyAccessCodes for whoever was wrong too often.
   */
  require(db: Db, buyer: CodeGiver, types: readonly TicketType[]): Promise<void>
}

/** Who gives a code, as `givenCodeSchema` has it. */
interface CodeGiver {
  userId: string
  accessCode?: string | null | undefined
}

/** Right codes that people have given, as far as it is remembered: they are not counted as guesses again. */
const MOST_KNOWN = 50_000

/** @param secret the same in every process of this subgraph. */
export function createAccessCodes(secret: string): AccessCodes {
  const key = Buffer.from(hkdfSync('sha256', secret, '', 'karcis ticket access codes', 32))
  const guesses: GuessLimit = {
    table: 'access_code_guesses',
    key: createGuessKey(secret, 'karcis ticket access code guesses'),
    refusal: (retryAfterSeconds) => new TooManyAccessCodes(retryAfterSeconds),
  }
  const known = new LRUCache<string, true>({ max: MOST_KNOWN })

  const digest = (ticketTypeId: string, code: string): string =>
    createHmac('sha256', key)
      .update(JSON.stringify([ticketTypeId, code]))
      .digest('base64url')

  /** Takes as long for any code: all are compared, each to its end. */
  function opens({ id, accessCodes }: TicketType, code: string): boolean {
    const given = Buffer.from(digest(id, code))
    return accessCodes.reduce((found, kept) => timingSafeEqual(given, Buffer.from(kept)) || found, false)
  }

  return {
    digest,
    async require(db, { userId, accessCode }, types) {
      const guarded = types.filter((type) => type.accessCodes.length > 0)
      if (guarded.length === 0) return
      if (accessCode == null) throw new AccessCodeRefused('MISSING', guarded)
      const shut = guarded.filter((type) => !opens(type, accessCode))
      const keys = guarded.map(({ id }) => `${userId} ${digest(id, accessCode)}`)
      if (shut.length === 0 && keys.every((each) => known.has(each))) return
      const guesser = { userId, address: whoWaits()?.clientAddress }
      await lookUpGuessed(db, guesses, guesser, 1, async () => (shut.length === 0 ? [accessCode] : []))
      if (shut.length > 0) throw new AccessCodeRefused('WRONG', shut)
      for (const each of keys) known.set(each, true)
    },
  }
}
