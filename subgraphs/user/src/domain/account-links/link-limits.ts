import { mailboxOf } from '../accounts/same-mailbox.ts'
import type { Client } from '../client.ts'
import type { Deps } from '../deps.ts'
import type { AttemptLimit, Pace } from '../sessions/login-attempt-store.ts'
import type { Attempt } from '../sessions/sign-in-limits.ts'

const HOUR = 3_600

/** Mails to one address that are asked for from one network: somebody who waits for one. */
const HERE: Pace = { free: 5, firstDelaySeconds: 60, maxDelaySeconds: 900, forgottenAfterSeconds: HOUR }

/** Mails to one address from everywhere: its owner is not to be flooded, nor kept from their account for long. */
const TO_ONE_ADDRESS: Pace = {
  free: 20,
  firstDelaySeconds: 60,
  maxDelaySeconds: 900,
  forgottenAfterSeconds: 24 * HOUR,
}

/** Mails to anybody from one network: somebody who works off a list of addresses. */
const FROM_ONE_NETWORK: Pace = {
  free: 100,
  firstDelaySeconds: 10,
  maxDelaySeconds: 900,
  forgottenAfterSeconds: HOUR,
}

/** Links that are none, from one network. They cannot be guessed; this spares the database those who try. */
const WRONG_LINKS: Pace = { ...FROM_ONE_NETWORK, firstDelaySeconds: 30 }

/** Guests from one network. A whole city may share one, so this slows programs down and nobody else. */
const GUESTS: Pace = { free: 1_000, firstDelaySeconds: 1, maxDelaySeconds: 10, forgottenAfterSeconds: 600 }

type Keys = Pick<Deps, 'keyedHashes'>

/** Mails to a mailbox that somebody gives as theirs, whatever they do with it. @param email normalized. */
export const toMailbox = ({ keyedHashes }: Keys, email: string): AttemptLimit => ({
  key: keyedHashes.place('mail', mailboxOf(email)),
  pace: TO_ONE_ADDRESS,
})

/** A mail that is asked for, counted alike whether somebody has the address or nobody; by mailbox, which has many addresses. @param email normalized. */
export const mailAttempt = (
  { keyedHashes }: Keys,
  { address }: Client,
  email: string,
): Pick<Attempt, 'limits'> => ({
  limits: [
    { key: keyedHashes.place('mail-here', mailboxOf(email), address ?? ''), pace: HERE },
    toMailbox({ keyedHashes }, email),
    ...(address === null ? [] : [{ key: keyedHashes.place('mails', address), pace: FROM_ONE_NETWORK }]),
  ],
})

/** A link that is none; null when it cannot be told from where it came. */
export const wrongLinkAttempt = (
  { keyedHashes }: Keys,
  { address }: Client,
): Pick<Attempt, 'limits'> | null =>
  address === null ? null : { limits: [{ key: keyedHashes.place('links', address), pace: WRONG_LINKS }] }

/** Somebody who goes on as a guest; null when it cannot be told from where. */
export const guestAttempt = ({ keyedHashes }: Keys, { address }: Client): Pick<Attempt, 'limits'> | null =>
  address === null ? null : { limits: [{ key: keyedHashes.place('guests', address), pace: GUESTS }] }
