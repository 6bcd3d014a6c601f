import type { Db, Tx } from '../database.ts'

/** What an account is protected by beside its password. */
export interface FactorsOf {
  totp: boolean
  passkeys: number
  recoveryCodes: number
}

/** What protects an account; the caller who wants it to stay so has locked the account. */
export async function findFactors(db: Db | Tx, userId: string): Promise<FactorsOf> {
  const [found] = await db.$queryRaw<FactorsOf[]>`SELECT
    EXISTS (SELECT FROM totp_factors WHERE user_id = ${userId}::uuid AND confirmed_at IS NOT NULL) AS totp,
    (SELECT count(*)::int FROM passkeys WHERE user_id = ${userId}::uuid) AS passkeys,
    (SELECT count(*)::int FROM recovery_codes WHERE user_id = ${userId}::uuid) AS "recoveryCodes"`
  return found ?? { totp: false, passkeys: 0, recoveryCodes: 0 }
}

/** Whether a password alone does not open the account. */
export const isTwoFactor = ({ totp, passkeys }: FactorsOf): boolean => totp || passkeys > 0

/** For how long a secret that was shown waits for its first code. */
const SETUP_MINUTES = 60

/** Keeps the secret of an app that is being set up, in place of one that never was. @returns false when an app is set up already. */
export async function upsertTotp(tx: Tx, userId: string, sealedSecret: Uint8Array): Promise<boolean> {
  const kept = await tx.$executeRaw`
    INSERT INTO totp_factors AS known (user_id, sealed_secret) VALUES (${userId}::uuid, ${sealedSecret})
    ON CONFLICT (user_id) DO UPDATE SET sealed_secret = excluded.sealed_secret, created_at = now()
    WHERE known.confirmed_at IS NULL`
  return kept === 1
}

/** A secret, and the database's clock that its codes are held against. */
export interface SealedTotp {
  sealedSecret: Uint8Array
  now: Date
}

/** The secret of an app, set up or not yet; null when there is none, or it has waited too long. */
export async function findTotp(tx: Tx, userId: string, confirmed: boolean): Promise<SealedTotp | null> {
  const [found] = await tx.$queryRaw<SealedTotp[]>`
    SELECT sealed_secret AS "sealedSecret", clock_timestamp() AS now FROM totp_factors
    WHERE user_id = ${userId}::uuid AND (confirmed_at IS NOT NULL) = ${confirmed}
      AND (confirmed_at IS NOT NULL OR created_at > now() - make_interval(mins => ${SETUP_MINUTES}::int))`
  return found ?? null
}

/** Sets an app up, by the code of a step. @returns false when it was set up meanwhile, or another secret was shown. */
export async function confirmTotp(
  tx: Tx,
  userId: string,
  sealedSecret: Uint8Array,
  step: number,
): Promise<boolean> {
  const confirmed =
    await tx.$executeRaw`UPDATE totp_factors SET confirmed_at = now(), last_step = ${step}::bigint
    WHERE user_id = ${userId}::uuid AND confirmed_at IS NULL AND sealed_secret = ${sealedSecret}`
  return confirmed === 1
}

/**
 * Uses up the code of a step, and with it all earlier ones.
 * @returns false when it was used: of any number who use it at once, one finds it unused.
 */
export async function useTotpStep(tx: Tx, userId: string, step: number): Promise<boolean> {
  const used = await tx.$executeRaw`UPDATE totp_factors SET last_step = ${step}::bigint
    WHERE user_id = ${userId}::uuid AND confirmed_at IS NOT NULL AND last_step < ${step}::bigint`
  return used === 1
}

export async function deleteTotp(tx: Tx, userId: string): Promise<void> {
  await tx.$executeRaw`DELETE FROM totp_factors WHERE user_id = ${userId}::uuid`
}

/** Puts new recovery codes in the place of all that there are. */
export async function replaceRecoveryCodes(tx: Tx, userId: string, hashes: Buffer[]): Promise<void> {
  await deleteRecoveryCodesOf(tx, userId)
  for (const hash of hashes)
    await tx.$executeRaw`INSERT INTO recovery_codes (user_id, code_hash) VALUES (${userId}::uuid, ${hash})`
}

export async function deleteRecoveryCodesOf(tx: Tx, userId: string): Promise<void> {
  await tx.$executeRaw`DELETE FROM recovery_codes WHERE user_id = ${userId}::uuid`
}

/** Uses a recovery code up. @returns false when there is none such: of any number who use it at once, one finds it. */
export async function deleteRecoveryCode(tx: Tx, userId: string, hash: Buffer): Promise<boolean> {
  const used = await tx.$executeRaw`DELETE FROM recovery_codes
    WHERE user_id = ${userId}::uuid AND code_hash = ${hash}`
  return used === 1
}

/**
 * Deletes what was set up since a moment: an app, passkeys, and recovery codes, which also go where nothing is left that they are for.
 * The caller has locked the account.
 */
export async function deleteFactorsSince(tx: Tx, userId: string, since: Date): Promise<void> {
  await tx.$executeRaw`DELETE FROM totp_factors
    WHERE user_id = ${userId}::uuid AND coalesce(confirmed_at, created_at) >= ${since}::timestamptz`
  await tx.$executeRaw`DELETE FROM passkeys WHERE user_id = ${userId}::uuid AND created_at >= ${since}::timestamptz`
  const { recoveryCodes, ...left } = await findFactors(tx, userId)
  if (recoveryCodes === 0) return
  await tx.$executeRaw`DELETE FROM recovery_codes
    WHERE user_id = ${userId}::uuid AND (created_at >= ${since}::timestamptz OR NOT ${isTwoFactor({ ...left, recoveryCodes })}::bool)`
}

/** Deletes everything that protects an account beside its password. */
export async function deleteFactorsOf(tx: Tx, userId: string): Promise<void> {
  await deleteTotp(tx, userId)
  await deleteRecoveryCodesOf(tx, userId)
  await tx.$executeRaw`DELETE FROM passkeys WHERE user_id = ${userId}::uuid`
}
