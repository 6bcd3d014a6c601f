import { Conflict, Unauthenticated } from '@karcis/kit/errors'
import type { SignedInPerson } from '@karcis/kit/service-token'
import { type LockedAccount, lockAccount, type Role } from '../accounts/account-store.ts'
import type { Tx } from '../database.ts'
import type { Deps } from '../deps.ts'
import {
  deleteRecoveryCodesOf,
  type FactorsOf,
  findFactors,
  isTwoFactor,
  replaceRecoveryCodes,
} from '../second-factors/factor-store.ts'
import { hashRecoveryCode, newRecoveryCodes } from '../second-factors/recovery-codes.ts'
import type { AccessToken, AccessTokenSigner } from '../sessions/access-tokens.ts'
import { publishAuthChanges } from '../sessions/auth-changes.ts'
import {
  type ProvedSession,
  type Revocation,
  revokeSessionsOf,
  updateProof,
} from '../sessions/session-store.ts'

/** What protects an account, as its owner sees it. */
export interface SecondFactors {
  totpEnabled: boolean
  passkeys: number
  recoveryCodesLeft: number
  /** Whether their role may do nothing without. */
  required: boolean
}

type Rules = Pick<Deps, 'secondFactorRoles'>

export const viewFactors = (
  { secondFactorRoles }: Rules,
  role: Role,
  { totp, passkeys, recoveryCodes }: FactorsOf,
): SecondFactors => ({
  totpEnabled: totp,
  passkeys,
  recoveryCodesLeft: recoveryCodes,
  required: secondFactorRoles.has(role),
})

/** What protects the viewer's account. @throws Unauthenticated */
export async function readSecondFactors(deps: Deps, { id }: SignedInPerson): Promise<SecondFactors> {
  const account = await deps.accountById(id)
  if (!account) throw new Unauthenticated()
  return viewFactors(deps, account.role, await findFactors(deps.db, id))
}

/** Locks the account of who changes what protects it: one change after the other, and no sign-in meanwhile. @throws Unauthenticated */
export async function lockOwnAccount(tx: Tx, { id }: SignedInPerson): Promise<LockedAccount> {
  const account = await lockAccount(tx, id)
  if (!account || account.suspendedAt) throw new Unauthenticated()
  return account
}

/** What comes of a new factor. */
export interface Strengthened {
  account: LockedAccount
  session: ProvedSession
  /** Shown once, with the first factor; empty afterwards. */
  recoveryCodes: string[]
  revoked: Revocation[]
}

/**
 * What follows a new factor. With the first of them an account gets recovery codes, and every session and sign-in ends that has come
 * about without it, but the one in which it was set up.
 */
export async function strengthen(
  deps: Pick<Deps, 'keyedHashes'>,
  tx: Tx,
  person: SignedInPerson,
  account: LockedAccount,
  { before, amr }: { before: FactorsOf; amr: string[] },
): Promise<Strengthened> {
  const session = await updateProof(tx, person, amr)
  if (isTwoFactor(before)) return { account, session, recoveryCodes: [], revoked: [] }
  const recoveryCodes = await renewRecoveryCodes(deps, tx, account.id)
  return {
    account,
    session,
    recoveryCodes,
    revoked: await revokeSessionsOf(tx, account.id, person.sessionId),
  }
}

/** What its owner is given once a new factor is in force: a token that says so. */
export interface FactorAdded extends AccessToken {
  recoveryCodes: string[]
}

/** Tells the routers which sessions have ended, and signs for the one that goes on. After the commit. */
export async function answerStrengthened(
  deps: Deps,
  sign: AccessTokenSigner,
  { account, session, recoveryCodes, revoked }: Strengthened,
): Promise<FactorAdded> {
  publishAuthChanges(deps, revoked)
  return { ...(await sign(account, session)), recoveryCodes }
}

/** Puts new recovery codes in the place of the old ones. @returns them; on our side there are only their hashes. */
export async function renewRecoveryCodes(
  { keyedHashes }: Pick<Deps, 'keyedHashes'>,
  tx: Tx,
  userId: string,
): Promise<string[]> {
  const codes = newRecoveryCodes()
  await replaceRecoveryCodes(
    tx,
    userId,
    codes.map((code) => hashRecoveryCode(keyedHashes, userId, code)),
  )
  return codes
}

/**
 * What follows the end of a factor: with the last one the recovery codes go too. The caller has locked the account.
 * @throws Conflict when it was the last and the role may not be without.
 */
export async function weaken(rules: Rules, tx: Tx, { id, role }: LockedAccount): Promise<SecondFactors> {
  const left = await findFactors(tx, id)
  if (isTwoFactor(left)) return viewFactors(rules, role, left)
  if (rules.secondFactorRoles.has(role))
    throw new Conflict('Your role needs a second factor, and this is the last one: set another one up first.')
  await deleteRecoveryCodesOf(tx, id)
  return viewFactors(rules, role, { ...left, recoveryCodes: 0 })
}
