import { BadUserInput } from '@karcis/kit/errors'
import { parseInput } from '@karcis/kit/validate'
import { z } from 'zod'
import type { Deps } from '../deps.ts'
import type { GoogleIssuer, Ties } from './google-issuer.ts'

/** Who has not come back from Google by then begins anew. */
export const SECONDS_AT_GOOGLE = 600

const redirectUriSchema = z.string().max(500, 'is too long')

/** The page that somebody is to come back to from Google. @throws BadUserInput for one that is not ours. */
export function parseRedirectUri({ redirectUris }: GoogleIssuer, given: unknown): string {
  const redirectUri = parseInput(redirectUriSchema, given, 'redirectUri')
  if (!redirectUris.includes(redirectUri))
    throw new BadUserInput([{ path: 'redirectUri', message: 'is not among GOOGLE_REDIRECT_URIS' }])
  return redirectUri
}

/** With what somebody comes back from Google. */
export const cameBackSchema = z.object({
  code: z.string().min(1, 'must not be empty').max(2_000, 'is too long'),
  state: z.string().max(200, 'is too long'),
  iss: z.string().max(500, 'is too long').nullish(),
})

/**
 * All that Google has to confirm follows from the state and a key that only we have: nothing of it is stored.
 * @param journey what somebody is there for: what confirms one is worth nothing for the other.
 */
export function tiesOf(
  { keyedHashes }: Pick<Deps, 'keyedHashes'>,
  journey: 'sign-in' | 'calendar',
  { state, redirectUri }: { state: string; redirectUri: string },
): Ties {
  const of = (what: string): string =>
    keyedHashes.provider(journey === 'calendar' ? `calendar ${what}` : what, state).toString('base64url')
  return { redirectUri, state, nonce: of('nonce'), verifier: of('verifier') }
}
