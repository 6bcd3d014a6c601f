import { tokenHash } from '@karcis/kit/secret-tokens'
import type { Tx } from '../database.ts'

/** A sign-in that was begun at a provider. */
export interface BegunSignIn {
  state: string
  redirectUri: string
  /** What the browser that begins it keeps; null for a client that keeps no cookies. */
  browser: string | null
  /** Who is signed in there. */
  userId: string | null
}

/** Notes that a sign-in was begun. */
export async function insertProviderSignIn(
  tx: Tx,
  { state, redirectUri, browser, userId }: BegunSignIn,
  seconds: number,
): Promise<void> {
  await tx.$executeRaw`INSERT INTO provider_sign_ins (state_hash, redirect_uri, browser_hash, user_id, expires_at)
    VALUES (${tokenHash(state)}, ${redirectUri}, ${browser === null ? null : tokenHash(browser)}::bytea, ${userId}::uuid,
      now() + make_interval(secs => ${seconds}::int))`
}

/**
 * Takes a sign-in that has come back: of any number that come with it at once, one gets it, and only from where, and by whom, it was begun.
 * @returns the page that it came back to; null when there is none such.
 */
export async function takeProviderSignIn(
  tx: Tx,
  { state, browser, userId }: Omit<BegunSignIn, 'redirectUri'>,
): Promise<string | null> {
  const taken = await tx.$queryRaw<{ redirectUri: string }[]>`DELETE FROM provider_sign_ins
    WHERE state_hash = ${tokenHash(state)} AND expires_at > now()
      AND browser_hash IS NOT DISTINCT FROM ${browser === null ? null : tokenHash(browser)}::bytea
      AND user_id IS NOT DISTINCT FROM ${userId}::uuid
    RETURNING redirect_uri AS "redirectUri"`
  return taken[0]?.redirectUri ?? null
}
