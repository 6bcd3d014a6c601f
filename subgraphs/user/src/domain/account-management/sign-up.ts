import { recordEvent } from '@karcis/kit/events'
import { newId } from '@karcis/kit/ids'
import { parseInput } from '@karcis/kit/validate'
import { isKeptForAnother } from '../account-links/email-change-store.ts'
import { toMailbox } from '../account-links/link-limits.ts'
import { sendLink } from '../account-links/links.ts'
import { createUserSchema } from '../accounts/account-input.ts'
import {
  type Account,
  insertAccount,
  isJustSignedUp,
  type Language,
  type Role,
} from '../accounts/account-store.ts'
import { mailboxOf } from '../accounts/same-mailbox.ts'
import type { Client } from '../client.ts'
import type { Tx } from '../database.ts'
import type { Deps } from '../deps.ts'
import { EmailTaken, InvalidCredentials } from '../errors.ts'
import type { SignedIn } from '../sessions/access-tokens.ts'
import { signInByPassword } from '../sessions/log-in.ts'
import { countLoginAttempt, uncountLoginAttempt } from '../sessions/login-attempt-store.ts'
import { openSession } from '../sessions/open-session.ts'
import { countAttempt, signUpAttempt } from '../sessions/sign-in-limits.ts'

/** For how long a sign-up may be asked for again. */
const REPEAT_MINUTES = 15

/**
 * Makes an account for whoever asks and signs them in. Whoever got no answer may ask again with the same input: for a while that
 * signs them in to the account that they have made.
 * @throws BadUserInput, EmailTaken, TooManyAttempts, OnePasswordPerRequest
 */
export async function signUp(deps: Deps, client: Client, input: unknown): Promise<SignedIn> {
  const { password, language, timezone, ...given } = parseInput(createUserSchema, input)
  const { email, name, phoneNumber = null, address = null } = given
  client.takePasswordTurn()
  const person = { email, name, phoneNumber, address }
  const attempt = signUpAttempt(deps, client)
  if (attempt) await countAttempt(deps, attempt)
  const passwordHash = await deps.passwords.hash(password, attempt?.queue ?? email)
  try {
    return await openSession(deps, client, { method: 'SIGN_UP' }, async (tx) => {
      const account = await register(deps, tx, {
        ...person,
        passwordHash,
        ...(language && { language }),
        ...(timezone && { timezone }),
      })
      // One mailbox has many addresses: whoever signs up with all of them floods nobody. They may ask for the mail later.
      if ((await countLoginAttempt(tx, toMailbox(deps, email))) === null)
        await sendLink(deps, tx, {
          userId: account.id,
          purpose: 'VERIFY_EMAIL',
          email,
          data: { email, name },
        })
      if (attempt) await uncountLoginAttempt(tx, attempt.limits[0].key)
      return account
    })
  } catch (error) {
    if (error instanceof EmailTaken && (await isJustSignedUp(deps.db, person, REPEAT_MINUTES)))
      return repeatSignUp(deps, client, email, password)
    throw error
  }
}

/** A sign-in, and limited as one: a wrong password is told no more than that the address is taken. */
async function repeatSignUp(deps: Deps, client: Client, email: string, password: string): Promise<SignedIn> {
  try {
    return await signInByPassword(deps, client, { email, password })
  } catch (error) {
    throw error instanceof InvalidCredentials ? new EmailTaken() : error
  }
}

/** What the account of a new person starts with; the address normalized, the password hashed. */
export interface NewAccount {
  email: string
  /** Null for whoever signs in otherwise. */
  passwordHash: string | null
  emailVerifiedAt?: Date
  name: string
  phoneNumber?: string | null
  address?: string | null
  role?: Role
  language?: Language
  /** IANA name. */
  timezone?: string
}

/**
 * Makes an account, and records the event for booking in the same transaction.
 * @throws EmailTaken, also when somebody who has moved away from the address can still go back to it
 */
export async function register(
  { keyedHashes }: Pick<Deps, 'keyedHashes'>,
  tx: Tx,
  person: NewAccount,
): Promise<Account> {
  const account = await insertAccount(tx, { id: newId(), ...person })
  if (await isKeptForAnother(tx, person.email, account.id)) throw new EmailTaken()
  const personHash = keyedHashes.person(mailboxOf(person.email)).toString('base64url')
  const payload = { userId: account.id, personHash }
  await recordEvent(tx, { type: 'user.registered', aggregateId: account.id, payload, consumers: ['booking'] })
  return account
}
