import { MULTI_FACTOR } from '@karcis/kit/contracts/tokens'
import { transaction } from '@karcis/kit/database'
import { NotFound } from '@karcis/kit/errors'
import { idSchema } from '@karcis/kit/ids'
import type { PageArgs } from '@karcis/kit/pagination'
import type { SignedInPerson, Viewer } from '@karcis/kit/service-token'
import { nameSchema, parseInput } from '@karcis/kit/validate'
import { requireStepUp } from '@karcis/kit/viewer'
import { z } from 'zod'
import type { Deps } from '../deps.ts'
import { PasskeyRefused, TooManyPasskeys } from '../errors.ts'
import { deleteChallenge, insertChallenge } from '../second-factors/challenge-store.ts'
import { findFactors } from '../second-factors/factor-store.ts'
import {
  deletePasskey,
  findPasskeysOf,
  insertPasskey,
  listPasskeys,
  type Passkey,
  type PasskeyConnection,
} from '../second-factors/passkey-store.ts'
import { tellOfFactors } from '../second-factors/tell.ts'
import { readPasskeyAnswer, registrationOptions, verifyNewPasskey } from '../second-factors/webauthn.ts'
import { createAccessTokenSigner } from '../sessions/access-tokens.ts'
import type { PasskeyOptions } from '../sessions/passkey-login.ts'
import { BY_OWNER, BY_PASSKEY } from '../sessions/proofs.ts'
import { requireWayIn } from '../sign-in/ways-in.ts'
import {
  answerStrengthened,
  type FactorAdded,
  lockOwnAccount,
  type SecondFactors,
  strengthen,
  weaken,
} from './second-factors.ts'

/** More devices than anybody carries; all of them are told to the browser. */
const MAX_PASSKEYS = 20

/** Begins to make a passkey for the account. @throws StepUpRequired, LimitExceeded, Unauthenticated */
export async function startPasskeyRegistration(deps: Deps, person: SignedInPerson): Promise<PasskeyOptions> {
  requireStepUp(person)
  const { account, known, challenge } = await transaction(deps.db, async (tx) => {
    const account = await lockOwnAccount(tx, person)
    const known = await findPasskeysOf(tx, person.id)
    requireRoom(known.length)
    const challenge = await insertChallenge(tx, 'PASSKEY_REGISTRATION', { userId: person.id, amr: [] })
    return { account, known, challenge }
  })
  const { id, email, name } = account
  const owner = { id, email: email ?? name, name }
  return { publicKey: await registrationOptions(deps.relyingParty, owner, challenge, known) }
}

const finishSchema = z.object({ response: z.unknown(), name: nameSchema().nullish() })

/** A passkey that was added, and what comes of it. */
export interface PasskeyAdded extends FactorAdded {
  passkey: Passkey
}

/**
 * Adds a passkey: it signs its owner in by itself, and from now on a password alone does not open the account.
 * @throws InvalidCredentials for an answer that is not right or came before, Conflict, LimitExceeded, Unauthenticated, BadUserInput
 */
export async function finishPasskeyRegistration(
  deps: Deps,
  person: SignedInPerson,
  input: unknown,
): Promise<PasskeyAdded> {
  const { response, name } = parseInput(finishSchema, input)
  const answer = readPasskeyAnswer(response, 'input.response')
  const sign = await createAccessTokenSigner(deps) // first: nobody is signed out elsewhere without being given their codes
  const { passkey, strengthened } = await transaction(deps.db, async (tx) => {
    const account = await lockOwnAccount(tx, person)
    const asked = await deleteChallenge(tx, 'PASSKEY_REGISTRATION', answer.challenge)
    if (asked?.userId !== person.id) throw new PasskeyRefused()
    const made = await verifyNewPasskey(deps.relyingParty, answer)
    const before = await findFactors(tx, person.id)
    requireRoom(before.passkeys)
    const passkey = await insertPasskey(tx, { ...made, userId: person.id, name: name ?? 'Passkey' })
    await tellOfFactors(tx, person.id, 'PASSKEY_ADDED', passkey.name)
    const amr = [BY_PASSKEY, BY_OWNER, MULTI_FACTOR]
    return { passkey, strengthened: await strengthen(deps, tx, person, account, { before, amr }) }
  })
  return { passkey, ...(await answerStrengthened(deps, sign, strengthened)) }
}

/** The viewer's passkeys, newest first. @throws BadUserInput for wrong paging. */
export const listOwnPasskeys = (deps: Deps, viewer: Viewer, page: PageArgs): Promise<PasskeyConnection> =>
  listPasskeys(deps.db, viewer.id, page)

/**
 * Takes a passkey of the viewer's away.
 * @throws StepUpRequired, NotFound, Unauthenticated, BadUserInput; Conflict when the role may not be without, or nothing else opens the account.
 */
export async function removePasskey(deps: Deps, viewer: Viewer, rawId: string): Promise<SecondFactors> {
  requireStepUp(viewer)
  const id = parseInput(idSchema, rawId, 'id')
  return transaction(deps.db, async (tx) => {
    const account = await lockOwnAccount(tx, viewer)
    const name = await deletePasskey(tx, viewer.id, id)
    if (name === null) throw new NotFound('passkey', id)
    await requireWayIn(tx, viewer.id)
    await tellOfFactors(tx, viewer.id, 'PASSKEY_REMOVED', name)
    return weaken(deps, tx, account)
  })
}

function requireRoom(passkeys: number): void {
  if (passkeys >= MAX_PASSKEYS) throw new TooManyPasskeys(MAX_PASSKEYS)
}
