import { tokenHash } from '@karcis/kit/secret-tokens'
import type { Db, Tx } from '../database.ts'

/** What somebody consented to. */
export interface GoogleCalendarConnection {
  sealedToken: Uint8Array<ArrayBuffer>
  email: string
}

/** Notes that somebody was sent to Google to consent; whatever they had begun before is waited for no more. */
export async function putCalendarConsent(
  tx: Tx,
  { userId, state, redirectUri }: { userId: string; state: string; redirectUri: string },
  seconds: number,
): Promise<void> {
  await tx.$executeRaw`INSERT INTO google_calendar_consents (user_id, state_hash, redirect_uri, expires_at)
    VALUES (${userId}::uuid, ${tokenHash(state)}, ${redirectUri}, now() + make_interval(secs => ${seconds}::int))
    ON CONFLICT (user_id) DO UPDATE SET state_hash = excluded.state_hash, redirect_uri = excluded.redirect_uri, expires_at = excluded.expires_at`
}

/** Takes what has come back, by whoever began it, once. @returns the page that they came back to; null when there is none such. */
export async function takeCalendarConsent(tx: Tx, userId: string, state: string): Promise<string | null> {
  const taken = await tx.$queryRaw<{ redirectUri: string }[]>`DELETE FROM google_calendar_consents
    WHERE user_id = ${userId}::uuid AND state_hash = ${tokenHash(state)} AND expires_at > now() RETURNING redirect_uri AS "redirectUri"`
  return taken[0]?.redirectUri ?? null
}

/** Whoever comes back then has begun nothing. */
export async function deleteCalendarConsent(tx: Tx, userId: string): Promise<void> {
  await tx.$executeRaw`DELETE FROM google_calendar_consents WHERE user_id = ${userId}::uuid`
}

/** The connection of a person; null when there is none. */
export async function findGoogleCalendar(
  db: Db | Tx,
  userId: string,
): Promise<GoogleCalendarConnection | null> {
  const [row] = await db.$queryRaw<GoogleCalendarConnection[]>`SELECT sealed_token AS "sealedToken", email
    FROM google_calendars WHERE user_id = ${userId}::uuid`
  return row ?? null
}

/** The addresses of the accounts whose calendars people have connected, by person. */
export async function findGoogleCalendarEmails(
  db: Db,
  userIds: readonly string[],
): Promise<Map<string, string>> {
  const rows = await db.$queryRaw<{ userId: string; email: string }[]>`SELECT user_id::text AS "userId", email
    FROM google_calendars WHERE user_id = ANY(${[...userIds]}::uuid[])`
  return new Map(rows.map(({ userId, email }) => [userId, email]))
}

/** Connects a calendar, in place of whatever was connected before. The caller has locked the account. */
export async function putGoogleCalendar(
  tx: Tx,
  userId: string,
  { sealedToken, email }: GoogleCalendarConnection,
): Promise<void> {
  await tx.$executeRaw`INSERT INTO google_calendars (user_id, sealed_token, email) VALUES (${userId}::uuid, ${sealedToken}, ${email})
    ON CONFLICT (user_id) DO UPDATE SET sealed_token = excluded.sealed_token, email = excluded.email, connected_at = now()`
}

/** Forgets a connection. @param only if it still is this one; whatever it is, unless given. @returns what was forgotten; null when there was none. */
export async function deleteGoogleCalendar(
  tx: Tx,
  userId: string,
  only?: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer> | null> {
  const [row] = await tx.$queryRaw<
    Pick<GoogleCalendarConnection, 'sealedToken'>[]
  >`DELETE FROM google_calendars
    WHERE user_id = ${userId}::uuid AND (${only ?? null}::bytea IS NULL OR sealed_token = ${only ?? null}::bytea)
    RETURNING sealed_token AS "sealedToken"`
  return row?.sealedToken ?? null
}
