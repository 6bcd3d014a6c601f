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

/** What somebody lets us do with their calendar, until they take it back. */
export interface CalendarConsent {
  /** Of the account whose calendar it is. */
  email: string
  refreshToken: string
}

/** Writing into somebody's own calendars, and reading nothing of what others have shared with them. */
const CALENDAR_SCOPE = 'https://www.googleapis.com/auth/calendar.events.owned'

/** Google, or whoever else speaks OpenID Connect in its place. */
export interface GoogleIssuer {
  readonly issuer: string
  readonly redirectUris: readonly string[]
  /** Where somebody goes to sign in there. @throws ServiceUnavailable */
  authorizationUrl(ties: Ties): Promise<string>
  /** Exchanges what a person came back with. @throws GoogleSaysNo, ServiceUnavailable */
  redeem(came: CameBack, ties: Ties): Promise<GoogleAccount>
  /** Where somebody goes to let us write into their calendar. @throws ServiceUnavailable */
  consentUrl(ties: Ties): Promise<string>
  /** Exchanges what a person came back with. @throws GoogleSaysNo, also where they have not ticked it; ServiceUnavailable */
  redeemConsent(came: CameBack, ties: Ties): Promise<CalendarConsent>
  /** What a consent gives access with for a while. @throws GoogleSaysNo for one that is none any more, ServiceUnavailable */
  accessToken(refreshToken: string): Promise<string>
  /** Gives a consent back. @throws ServiceUnavailable */
  revoke(refreshToken: string): Promise<void>
}

/** @param iss who they say to have been at, where they say so. */
interface CameBack {
  code: string
  iss: string | null
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

  const pageFor = (
    { redirectUri, state, nonce, verifier }: Ties,
    asked: { scope: string; prompt: string; access_type?: string },
  ): Promise<string> =>
    guarded(async () => {
      const url = openid.buildAuthorizationUrl(await configuration(), {
        redirect_uri: redirectUri,
        state,
        nonce,
        code_challenge: await openid.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
        ...asked,
      })
      return url.href
    })

  async function exchange({ code, iss }: CameBack, { redirectUri, state, nonce, verifier }: Ties) {
    const came = new URL(redirectUri)
    // There is one issuer, so that nobody can mix up two: who says nothing came from that one.
    came.search = new URLSearchParams({ code, state, iss: iss ?? issuer }).toString()
    return openid.authorizationCodeGrant(await configuration(), came, {
      pkceCodeVerifier: verifier,
      expectedState: state,
      expectedNonce: nonce,
      idTokenExpected: true,
    })
  }

  return {
    issuer,
    redirectUris,

    // Who has several accounts chooses each time.
    authorizationUrl: (ties) => pageFor(ties, { scope: 'openid email profile', prompt: 'select_account' }),

    // Only who is asked for their consent gives a token that lasts.
    consentUrl: (ties) =>
      pageFor(ties, {
        scope: `openid email ${CALENDAR_SCOPE}`,
        prompt: 'select_account consent',
        access_type: 'offline',
      }),

    redeemConsent: (came, ties) =>
      guarded(async () => {
        const tokens = await exchange(came, ties)
        const isGiven = (tokens.scope ?? CALENDAR_SCOPE).split(' ').includes(CALENDAR_SCOPE)
        if (!isGiven || tokens.refresh_token === undefined)
          throw new GoogleSaysNo(
            'Google was not told that we may write into the calendar: begin again, and tick it.',
          )
        return { email: claimsSchema.parse(tokens.claims()).email, refreshToken: tokens.refresh_token }
      }),

    accessToken: (refreshToken) =>
      guarded(async () => (await openid.refreshTokenGrant(await configuration(), refreshToken)).access_token),

    revoke: (refreshToken) =>
      guarded(async () => {
        const known = await configuration()
        if (known.serverMetadata().revocation_endpoint === undefined) return
        await openid.tokenRevocation(known, refreshToken).catch((error: unknown) => {
          // Google's way to say that it is none any more.
          if (!(error instanceof openid.ResponseBodyError && error.error === 'invalid_token')) throw error
        })
      }),

    redeem: (came, ties) =>
      guarded(async () => {
        const tokens = await exchange(came, ties)
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
