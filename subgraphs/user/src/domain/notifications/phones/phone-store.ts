import type { Db, Tx } from '../../database.ts'

/** For how long a code that was sent is good, by Postgres' clock. */
export const CODE_SECONDS = 600

/** Keeps the code that somebody is sent, in place of one from before: only the newest is good. @param number of E.164. */
export async function upsertPhoneCode(
  tx: Tx,
  userId: string,
  number: string,
  codeHash: Uint8Array,
): Promise<void> {
  await tx.$executeRaw`INSERT INTO phone_codes (user_id, number, code_hash, expires_at)
    VALUES (${userId}::uuid, ${number}, ${codeHash}, now() + make_interval(secs => ${CODE_SECONDS}::int))
    ON CONFLICT (user_id) DO UPDATE SET number = excluded.number, code_hash = excluded.code_hash, expires_at = excluded.expires_at`
}

/** Uses a code up: of any number who bring it at once, one is given its number. Null when it is not right, too old, or used before. */
export async function deletePhoneCode(tx: Tx, userId: string, codeHash: Uint8Array): Promise<string | null> {
  const [code] = await tx.$queryRaw<{ number: string }[]>`DELETE FROM phone_codes
    WHERE user_id = ${userId}::uuid AND code_hash = ${codeHash} AND expires_at > now() RETURNING number`
  return code?.number ?? null
}

/** Notes that a number is somebody's for sure, in place of another. */
export async function upsertVerifiedPhone(tx: Tx, userId: string, number: string): Promise<void> {
  await tx.$executeRaw`INSERT INTO verified_phones (user_id, number) VALUES (${userId}::uuid, ${number})
    ON CONFLICT (user_id) DO UPDATE SET number = excluded.number, verified_at = now()`
}

/** Ends a number of somebody's, unless they have another by now. @returns whether it was theirs. */
export async function deleteVerifiedPhone(tx: Tx, userId: string, number: string): Promise<boolean> {
  const deleted =
    await tx.$executeRaw`DELETE FROM verified_phones WHERE user_id = ${userId}::uuid AND number = ${number}`
  return deleted === 1
}

/** Ends the number that was verified, and a code that is under way, unless they are of this one. @param number of E.164; null for none. */
export async function deleteOtherPhones(tx: Tx, userId: string, number: string | null): Promise<void> {
  await tx.$executeRaw`DELETE FROM verified_phones WHERE user_id = ${userId}::uuid AND number IS DISTINCT FROM ${number}`
  await tx.$executeRaw`DELETE FROM phone_codes WHERE user_id = ${userId}::uuid AND number IS DISTINCT FROM ${number}`
}

/** The verified numbers of people, by person. */
export async function findVerifiedPhones(
  db: Db,
  userIds: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const phones = await db.verifiedPhone.findMany({ where: { userId: { in: [...userIds] } } })
  return new Map(phones.map(({ userId, number }) => [userId, number]))
}
