import { randomBytes, timingSafeEqual } from 'node:crypto'
import { transaction } from '@karcis/kit/database'
import type { Client } from '../client.ts'
import type { Tx } from '../database.ts'
import type { Deps } from '../deps.ts'
import { TooManyAttempts } from '../errors.ts'
import type { KeyedHashes } from '../keyed-hashes.ts'
import {
  type AttemptLimit,
  countLoginAttempt,
  deleteLoginAttempts,
  isKnownPlace,
  type Pace,
  uncountLoginAttempt,
  upsertKnownPlace,
} from './login-attempt-store.ts'

const HOUR = 3_600
const QUARTER = 900

/** Tries for one account at one place: somebody who mistypes, or a guesser who has come to stay. */
const AT_ONE_PLACE: Pace = {
  free: 10,
  firstDelaySeconds: 30,
  maxDelaySeconds: HOUR,
  forgottenAfterSeconds: 24 * HOUR,
}

/** Tries for one account from all places that it never signed in from: a guesser with many addresses. */
const FROM_STRANGE_PLACES: Pace = {
  free: 100,
  firstDelaySeconds: 10,
  maxDelaySeconds: QUARTER,
  forgottenAfterSeconds: 24 * HOUR,
}

/** Tries from one address for accounts that never signed in there: somebody who works off a list of leaked passwords. */
const FROM_ONE_ADDRESS: Pace = {
  free: 100,
  firstDelaySeconds: 10,
  maxDelaySeconds: QUARTER,
  forgottenAfterSeconds: HOUR,
}

/** Sign-ups from one address that failed, as they tell who has an account; and sign-ins begun elsewhere that never came back. */
const SIGN_UPS: Pace = { ...FROM_ONE_ADDRESS, free: 300 }

/** What one use of a password is counted by, and whom it waits with for its turn. */
export interface Attempt {
  /** Its own count first, which starts anew when the password is right. In the others a right one is only not counted. */
  limits: readonly [AttemptLimit, ...AttemptLimit[]]
  /** Those who share it wait for each other, before they wait for all others. */
  queue: string
}

/**
 * A try to sign in. The owner of an account is not stopped by what strangers do: a device that has signed in to it before, or an
 * address that somebody has signed in from, has a count of its own and no other.
 * @param email normalized. @param userId whose address it is; null for nobody's, which is counted just the same.
 */
export async function signInAttempt(
  { db, keyedHashes }: Pick<Deps, 'db' | 'keyedHashes'>,
  { address }: Client,
  { email, userId, deviceToken }: { email: string; userId: string | null; deviceToken: string | null },
): Promise<Attempt> {
  const limit = (pace: Pace, ...by: string[]): AttemptLimit => ({ key: keyedHashes.place(...by), pace })
  const known = address !== null && (await isKnownPlace(db, userId, placeOf(keyedHashes, address)))
  const device = userId === null ? null : readDeviceToken(keyedHashes, userId, deviceToken)
  if (device) return { limits: [limit(AT_ONE_PLACE, 'device', email, device)], queue: `device ${device}` }
  const own = limit(AT_ONE_PLACE, 'address', email, address ?? '')
  if (known) return { limits: [own], queue: `known ${email}` }
  const others = [limit(FROM_STRANGE_PLACES, 'strangers', email)]
  if (address) others.push(limit(FROM_ONE_ADDRESS, 'all', address))
  return { limits: [own, ...others], queue: `stranger ${address ?? email}` }
}

/** Somebody who is signed in and shows that they know the password too. Who has stolen a session can lock nobody out of another. */
export const proofAttempt = (
  { keyedHashes }: Pick<Deps, 'keyedHashes'>,
  viewer: { id: string; sessionId: string },
): Attempt => ({
  limits: [{ key: keyedHashes.place('session', viewer.id, viewer.sessionId), pace: AT_ONE_PLACE }],
  queue: `session ${viewer.sessionId}`,
})

/** A sign-up; null when it cannot be told from where. */
export const signUpAttempt = (
  { keyedHashes }: Pick<Deps, 'keyedHashes'>,
  { address }: Client,
): Attempt | null =>
  address === null
    ? null
    : {
        limits: [{ key: keyedHashes.place('sign-ups', address), pace: SIGN_UPS }],
        queue: `stranger ${address}`,
      }

/** A sign-in that is begun elsewhere; null when it cannot be told from where. Who comes back from there is not counted. */
export const providerSignInAttempt = (
  { keyedHashes }: Pick<Deps, 'keyedHashes'>,
  { address }: Client,
): Attempt | null =>
  address === null
    ? null
    : {
        limits: [{ key: keyedHashes.place('begun elsewhere', address), pace: SIGN_UPS }],
        queue: `stranger ${address}`,
      }

/**
 * Counts an attempt before the password is looked at, so that a thousand guesses at once get no further than one after the other.
 * @throws TooManyAttempts
 */
export async function countAttempt(
  { db }: Pick<Deps, 'db'>,
  { limits }: Pick<Attempt, 'limits'>,
): Promise<void> {
  await transaction(db, async (tx) => {
    const waits: number[] = []
    for (const limit of limits) {
      const seconds = await countLoginAttempt(tx, limit)
      if (seconds !== null) waits.push(seconds)
    }
    if (waits.length > 0) throw new TooManyAttempts(Math.max(...waits)) // and none of them has counted
  })
}

/** The password was right. */
export async function forgiveAttempt(tx: Tx, { limits: [own, ...others] }: Attempt): Promise<void> {
  await deleteLoginAttempts(tx, own.key)
  for (const { key } of others) await uncountLoginAttempt(tx, key)
}

/** Whether the password is right was never found out. */
export async function withdrawAttempt({ db }: Pick<Deps, 'db'>, { limits }: Attempt): Promise<void> {
  await transaction(db, async (tx) => {
    for (const { key } of limits) await uncountLoginAttempt(tx, key)
  })
}

/**
 * Notes that somebody has signed in from where they are.
 * @returns whether that is new to them: neither the place nor the device has been seen before. A phone that goes from network to network
 *   shows its device token.
 */
export async function rememberPlace(
  { keyedHashes }: Pick<Deps, 'keyedHashes'>,
  tx: Tx,
  { address }: Client,
  userId: string,
  deviceToken: string | null,
): Promise<boolean> {
  if (address === null) return false
  const isNew = await upsertKnownPlace(tx, userId, placeOf(keyedHashes, address))
  return isNew && readDeviceToken(keyedHashes, userId, deviceToken) === null
}

const placeOf = (keyedHashes: KeyedHashes, address: string): Buffer => keyedHashes.place('known', address)

const DEVICE_BYTES = 16

/**
 * What a device shows when it signs in to the same account again. It opens nothing; it only spares its owner the limits that strangers
 * run into.
 * @param given the token that the device has; it keeps it while it is good for this account.
 */
export function deviceTokenFor(keyedHashes: KeyedHashes, userId: string, given: string | null): string {
  const device =
    readDeviceToken(keyedHashes, userId, given) ?? randomBytes(DEVICE_BYTES).toString('base64url')
  return `${device}.${keyedHashes.device(userId, device).toString('base64url')}`
}

/** Which device a token names; null when it is none of ours, or not for this account. */
function readDeviceToken(keyedHashes: KeyedHashes, userId: string, token: string | null): string | null {
  const [device, signature] = token?.split('.') ?? []
  if (!device || !signature) return null
  const given = Buffer.from(signature, 'base64url')
  const right = keyedHashes.device(userId, device)
  return given.length === right.length && timingSafeEqual(given, right) ? device : null
}
