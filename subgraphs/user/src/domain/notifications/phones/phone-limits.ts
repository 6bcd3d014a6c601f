import type { Client } from '../../client.ts'
import type { Deps } from '../../deps.ts'
import type { Pace } from '../../sessions/login-attempt-store.ts'
import type { Attempt } from '../../sessions/sign-in-limits.ts'

const HOUR = 3_600
const DAY = 24 * HOUR

/** Codes that one person asks for: each costs money, and there are people who earn by what is sent to their numbers. */
const BY_ONE_PERSON: Pace = {
  free: 5,
  firstDelaySeconds: 300,
  maxDelaySeconds: DAY,
  forgottenAfterSeconds: DAY,
}

/** Codes to one number, whoever asks: its owner is not to be flooded. */
const TO_ONE_NUMBER: Pace = {
  free: 5,
  firstDelaySeconds: 300,
  maxDelaySeconds: DAY,
  forgottenAfterSeconds: DAY,
}

/** Codes from one network, by all accounts there. */
const FROM_ONE_NETWORK: Pace = {
  free: 30,
  firstDelaySeconds: 60,
  maxDelaySeconds: HOUR,
  forgottenAfterSeconds: DAY,
}

/** Codes that one person types in. With ten minutes for each code that is sent, a dozen of a million are tried. */
const TYPED_IN: Pace = { free: 10, firstDelaySeconds: 60, maxDelaySeconds: HOUR, forgottenAfterSeconds: DAY }

type Keys = Pick<Deps, 'keyedHashes'>

/** A code that is asked for. @param number of E.164. */
export const codeAttempt = (
  { keyedHashes }: Keys,
  { address }: Client,
  userId: string,
  number: string,
): Pick<Attempt, 'limits'> => ({
  limits: [
    { key: keyedHashes.place('phone code', userId), pace: BY_ONE_PERSON },
    { key: keyedHashes.place('phone code to', number), pace: TO_ONE_NUMBER },
    ...(address === null
      ? []
      : [{ key: keyedHashes.place('phone codes from', address), pace: FROM_ONE_NETWORK }]),
  ],
})

/** A code that is typed in: counted by the account, wherever it is. */
export const typedAttempt = ({ keyedHashes }: Keys, userId: string): Attempt => ({
  limits: [{ key: keyedHashes.place('phone code typed', userId), pace: TYPED_IN }],
  queue: `phone code ${userId}`,
})
