import { createHmac, hkdfSync } from 'node:crypto'
import { raw } from '@prisma/client/runtime/client'
import { type RawSql, type TransactionSource, type Tx, transaction } from './database.ts'
import { asBookkeeping } from './deeds.ts'
import { networkOf } from './network.ts'

/** In so many seconds … */
const WINDOW_SECONDS = 900
/** … one account may be wrong so often, … */
const PER_ACCOUNT = 10
/** … and all accounts of one network together so often: whole schools and offices share one. */
const PER_NETWORK = 100

/** Who tries a code. */
export interface Guesser {
  userId: string
  /** As the router saw it; undefined when it did not say. */
  address: string | undefined
}

/** Makes the key under which a guesser is counted. A copy of the database alone tells no address. */
export type GuessKey = (kind: 'account' | 'network', value: string) => Buffer

/** @param secret the same in every process of a subgraph. @param purpose what is guessed: counted by itself. */
export function createGuessKey(secret: string, purpose: string): GuessKey {
  const key = Buffer.from(hkdfSync('sha256', secret, '', purpose, 32))
  return (...parts) => createHmac('sha256', key).update(JSON.stringify(parts)).digest()
}

/** Where guesses are counted, and what whoever made too many is told. */
export interface GuessLimit {
  /** The table, as SQL names it: `key bytea` is its primary key, with `guesses integer` and `window_ends_at timestamptz`. */
  table: string
  key: GuessKey
  /** @param retryAfterSeconds when they may go on. */
  refusal(retryAfterSeconds: number): Error
}

/**
 * Looks codes up for somebody, who is slowed down when too many of them are wrong. Nobody is told what was found before those that were wrong
 * have been counted, nor who has none left: so a thousand guesses at once get no further than one after the other. What is right is not
 * counted, not even for a moment: a crowd of one network who all have the code are not in each other's way.
 * @param guesses how many codes are looked up. @returns what `find` gives. @throws what the limit refuses with.
 */
export async function lookUpGuessed<Found>(
  db: TransactionSource<RawSql>,
  { table, key: keyOf, refusal }: GuessLimit,
  { userId, address }: Guesser,
  guesses: number,
  find: () => Promise<Found[]>,
): Promise<Found[]> {
  const network = networkOf(address)
  const limits = [
    { key: keyOf('account', userId), most: PER_ACCOUNT },
    ...(network === null ? [] : [{ key: keyOf('network', network), most: PER_NETWORK }]),
  ]
  const found = await find()
  const wrong = guesses - found.length
  await asBookkeeping(() =>
    transaction(db, async (tx) => {
      for (const { key, most } of limits) {
        const seconds =
          wrong > 0 ? await countGuesses(tx, table, key, wrong, most) : await waitOf(tx, table, key, most)
        if (seconds !== null) throw refusal(seconds) // and none of them has counted
      }
    }),
  )
  return found
}

/** Waits for guesses that are being counted. @returns null when there are some left; when not, after how many seconds there are. */
async function waitOf(tx: Tx, table: string, key: Buffer, most: number): Promise<number | null> {
  const [row] = await tx.$queryRaw<{ seconds: number | null }[]>`
    SELECT CASE WHEN guesses >= ${most}::int AND window_ends_at > now() THEN ${SECONDS_LEFT} END AS seconds
    FROM ${raw(table)} WHERE key = ${key} FOR SHARE`
  return row?.seconds ?? null
}

const SECONDS_LEFT = raw('greatest(1, ceil(extract(epoch FROM window_ends_at - now())))::int')

/** @returns null when they may be made; when not, after how many seconds they may, and they are not counted. */
async function countGuesses(
  tx: Tx,
  table: string,
  key: Buffer,
  guesses: number,
  most: number,
): Promise<number | null> {
  const counted = await tx.$executeRaw`
    INSERT INTO ${raw(table)} AS seen (key, guesses, window_ends_at)
    VALUES (${key}, ${guesses}::int, now() + make_interval(secs => ${WINDOW_SECONDS}::int))
    ON CONFLICT (key) DO UPDATE SET
      guesses = CASE WHEN seen.window_ends_at <= now() THEN 0 ELSE seen.guesses END + excluded.guesses,
      window_ends_at = CASE WHEN seen.window_ends_at <= now() THEN excluded.window_ends_at ELSE seen.window_ends_at END
    WHERE seen.window_ends_at <= now() OR seen.guesses + excluded.guesses <= ${most}::int`
  if (counted === 1) return null
  const [row] = await tx.$queryRaw<{ seconds: number }[]>`
    SELECT ${SECONDS_LEFT} AS seconds
    FROM ${raw(table)} WHERE key = ${key}`
  return row?.seconds ?? 1
}
