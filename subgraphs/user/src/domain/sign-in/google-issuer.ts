import { createBreaker } from '@karcis/kit/breakers/breaker'
import { KarcisError, ServiceUnavailable } from '@karcis/kit/errors'
import type { Logger } from '@karcis/kit/log'
import { normalizeEmail } from '@karcis/kit/validate'
import * as openid from 'openid-client'
import { z } from 'zod'
import { GoogleSaysNo } from '../errors.ts'

/** What an operator has set of it. */
export interface GoogleSettings {
  /** Where it is: `https://accounts.google.com`. Its own name for itself is that, too. */
  issuer: string
  clientId: string
  clientSecret: string
  /** The pages that people may come back to. */
  redirectUris: readonly string[]
}

/** What ties an answer of Google's to a sign-in that was begun here. It is said when that begins, and asked for when it ends. */
export interface Ties {
  redirectUri: string
  state: string
  nonce: string
  /** Of PKCE. */
  verifier: string
}

/** Somebody's account at Google, as Google vouches for it. */
export interface GoogleAccount {
  /** Google's name for it, which stays when its address changes. */
  subject: string
  /** Normalized. */
  email: string
  /** Whether it is known to Google to be theirs. */
  emailVerified: boolean
  name: string | null
}

/** Google, or whoever else speaks OpenID Connect in its place. */
export interface GoogleIssuer {
  readonly issuer: string
  readonly redirectUris: readonly string[]
  /** Where somebody goes to sign in there. @throws ServiceUnavailable */
  authorizationUrl(ties: Ties): Promise<string>
  /**
   * Exchanges what a person came back with.
   * @param iss who they say to have been at, where they say so. @throws GoogleSaysNo, ServiceUnavailable
   */
  redeem(came: { code: string; iss: string | null }, ties: Ties): Promise<GoogleAccount>
}

/** How long one request may take; and a whole exchange, of three of them. */
const REQUEST_SECONDS = 5
const EXCHANGE_MS = 10_000
/** What it says of itself is asked for again after so long; its keys, whenever one is not known. */
const DISCOVERED_MS = 24 * 3_600_000
const AWAY = 'Google does not answer just now. Try again, or sign in otherwise.'

/** openid-client's codes for an answer that came, and is not what was asked for: somebody else's, an old one, a forged one. */
const REFUSED = new Set([
  'OAUTH_INVALID_RESPONSE',
  'OAUTH_JWT_CLAIM_COMPARISON_FAILED',
  'OAUTH_JWT_TIMESTAMP_CHECK_FAILED',
  'OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED',
])

const claimsSchema = z.object({
  sub: z.string().min(1).max(255),
  email: z.string().max(254).transform(normalizeEmail),
  email_verified: z.union([z.boolean(), z.enum(['true', 'false']).transform((text) => text === 'true')]),
  name: z.string().nullish(),
})

export function createGoogleIssuer(settings: GoogleSettings, log: Logger): GoogleIssuer {
  const { issuer, clientId, clientSecret, redirectUris } = settings
  let discovered: { at: number; configuration: Promise<openid.Configuration> } | null = null

  function configuration(): Promise<openid.Configuration> {
    const now = performance.now()
    if (discovered && now - discovered.at < DISCOVERED_MS) return discovered.configuration
    const asked = openid.discovery(
      new URL(issuer),
      clientId,
      undefined,
      openid.ClientSecretPost(clientSecret),
      {
        timeout: REQUEST_SECONDS,
        execute: [
          openid.enableNonRepudiationChecks, // a token is believed for its signature, whoever handed it over
          ...(issuer.startsWith('http:') ? [openid.allowInsecureRequests] : []), // which settings allow in development only
        ],
      },
    )
    discovered = { at: now, configuration: asked }
    asked.catch(() => {
      discovered = null
    })
    return asked
  }

  const breaker = createBreaker({
    name: 'google',
    log,
    message: AWAY,
    timeoutMs: EXCHANGE_MS,
    isAnswer: (error) => asRefusal(error) !== null,
  })

  const guarded = <T>(call: () => Promise<T>): Promise<T> =>
    breaker.run(call).catch((error: unknown) => {
      throw asRefusal(error) ?? new ServiceUnavailable(AWAY, 5, { cause: error })
    })

  return {
    issuer,
    redirectUris,

    authorizationUrl: ({ redirectUri, state, nonce, verifier }) =>
      guarded(async () => {
        const url = openid.buildAuthorizationUrl(await configuration(), {
          redirect_uri: redirectUri,
          scope: 'openid email profile',
          state,
          nonce,
          code_challenge: await openid.calculatePKCECodeChallenge(verifier),
          code_challenge_method: 'S256',
          prompt: 'select_account', // who has several chooses each time
        })
        return url.href
      }),

    redeem: ({ code, iss }, { redirectUri, state, nonce, verifier }) =>
      guarded(async () => {
        const came = new URL(redirectUri)
        // There is one issuer, so that nobody can mix up two: who says nothing came from that one.
        came.search = new URLSearchParams({ code, state, iss: iss ?? issuer }).toString()
        const tokens = await openid.authorizationCodeGrant(await configuration(), came, {
          pkceCodeVerifier: verifier,
          expectedState: state,
          expectedNonce: nonce,
          idTokenExpected: true,
        })
        const { sub, email, email_verified, name } = claimsSchema.parse(tokens.claims())
        return { subject: sub, email, emailVerified: email_verified, name: name?.trim() || null }
      }),
  }
}

/** The refusal that an error is; null when nothing was said to what was asked. */
function asRefusal(error: unknown): KarcisError | null {
  if (error instanceof KarcisError) return error
  const isRefused =
    (error instanceof openid.ResponseBodyError && error.error === 'invalid_grant') ||
    (error instanceof openid.ClientError && REFUSED.has(error.code ?? ''))
  return isRefused ? new GoogleSaysNo() : null
}
