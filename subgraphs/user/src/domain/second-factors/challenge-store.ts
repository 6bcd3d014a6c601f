import { newToken, tokenHash } from '@karcis/kit/secret-tokens'
import type { Db, Tx } from '../database.ts'

/** What a challenge is for. */
export type ChallengePurpose = 'SECOND_FACTOR' | 'PASSKEY_REGISTRATION' | 'PASSKEY_LOGIN'

const MINUTES: Record<ChallengePurpose, number> = {
  SECOND_FACTOR: 10,
  PASSKEY_REGISTRATION: 10,
  PASSKEY_LOGIN: 5,
}

/** What was asked of whom. */
export interface Challenge {
  /** Null where the answer says who it is. */
  userId: string | null
  /** What they had shown before. */
  amr: string[]
}

/** Makes a challenge. @returns what is to be answered to; on our side it exists nowhere else. */
export async function insertChallenge(
  tx: Tx,
  purpose: ChallengePurpose,
  { userId, amr }: Challenge,
): Promise<string> {
  const challenge = newToken()
  await tx.$executeRaw`INSERT INTO sign_in_challenges (token_hash, purpose, user_id, amr, expires_at)
    VALUES (${tokenHash(challenge)}, ${purpose}::challenge_purpose, ${userId}::uuid, ${amr}::text[],
      now() + make_interval(mins => ${MINUTES[purpose]}::int))`
  return challenge
}

/** Whose sign-in a challenge is to go on with; null when it has been answered, is too old, or never was. */
export async function findChallenge(
  db: Db,
  purpose: ChallengePurpose,
  challenge: string,
): Promise<Challenge | null> {
  const [found] = await db.$queryRaw<Challenge[]>`SELECT user_id AS "userId", amr FROM sign_in_challenges
    WHERE token_hash = ${tokenHash(challenge)} AND purpose = ${purpose}::challenge_purpose AND expires_at > now()`
  return found ?? null
}

/**
 * Uses a challenge up: of any number who answer at once, one finds it.
 * @returns null when it has been answered, is too old, or never was.
 */
export async function deleteChallenge(
  tx: Tx,
  purpose: ChallengePurpose,
  challenge: string,
): Promise<Challenge | null> {
  const [found] = await tx.$queryRaw<Challenge[]>`DELETE FROM sign_in_challenges
    WHERE token_hash = ${tokenHash(challenge)} AND purpose = ${purpose}::challenge_purpose AND expires_at > now()
    RETURNING user_id AS "userId", amr`
  return found ?? null
}
