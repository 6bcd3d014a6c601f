import { generateKeyPairSync, randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { closeHttp, createHttpServer, listen, readBody } from '@karcis/kit/http'
import {
  answerCalendar,
  CALENDAR_PATH,
  CALENDAR_SCOPE,
  type CalendarStandIn,
  newCalendars,
} from './google-calendar.ts'
import { type Configuration, interactionPolicy, Provider } from 'oidc-provider'

const HOST = '127.0.0.1' // it vouches for whoever asks: it is nobody's but this machine's
const BODY_LIMIT = 10_000

export interface GoogleOptions {
  /** A free one by default. */
  readonly port?: number
  readonly clientId: string
  readonly clientSecret: string
  readonly redirectUris: readonly string[]
}

/** What it says of somebody. */
export interface StandInAccount {
  email: string
  email_verified: boolean
  name: string
}

/** A running stand-in for Google's sign-in, and its Calendar API. */
export interface GoogleStandIn extends AsyncDisposable {
  /** Also its name for itself, as an issuer. */
  readonly url: string
  /** By Google's own name for them. Who is not in it is called by their address, which is verified. */
  readonly accounts: Map<string, StandInAccount>
  readonly calendars: CalendarStandIn
  /** Takes all consents of an account back, as people do on a page of Google's. */
  revokeAll(account: string): Promise<void>
  /** Whether some consent of an account is still good. */
  hasConsent(account: string): boolean
}

/**
 * Starts an issuer of OpenID Connect that asks people no more than who they want to be: a page does, or `login_hint` in the address,
 * with which it sends them back at once. What it says of an address stands in the ID token, as at Google.
 */
export async function startGoogle(options: GoogleOptions): Promise<GoogleStandIn> {
  const accounts = new Map<string, StandInAccount>()
  const server = createHttpServer((request, response) => void answer(request, response))
  const url = `http://${HOST}:${await listen(server, options.port ?? 0, HOST)}`
  const provider = new Provider(url, configurationFor(options, accounts))
  const protocol = provider.callback()
  const calendars = newCalendars()
  /** Refresh tokens that were given out, by account. */
  const consents = new Map<string, Set<string>>()
  provider.on('refresh_token.saved', ({ accountId, jti }: { accountId: string; jti: string }) => {
    consents.set(accountId, (consents.get(accountId) ?? new Set()).add(jti))
  })
  provider.on('refresh_token.destroyed', ({ accountId, jti }: { accountId: string; jti: string }) => {
    consents.get(accountId)?.delete(jti)
  })

  async function findToken(token: string) {
    const found = await provider.AccessToken.find(token)
    if (!found) return null
    return { account: found.accountId, scopes: new Set((found.scope ?? '').split(' ')) }
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.url?.startsWith(`${CALENDAR_PATH}/`))
      return answerCalendar(calendars, findToken, request, response)
    if (!request.url?.startsWith('/interaction/')) return void protocol(request, response)
    const { params } = await provider.interactionDetails(request, response)
    const form = request.method === 'POST' ? new URLSearchParams(await readBody(request, BODY_LIMIT)) : null
    const accountId = form?.get('email') ?? params.login_hint
    if (typeof accountId !== 'string' || accountId === '') {
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(PAGE)
      return
    }
    if (form?.has('unverified')) accounts.set(accountId, { ...accountOf(accountId), email_verified: false })
    const result = { select_account: {}, login: { accountId }, consent: {} }
    await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false })
  }

  return {
    url,
    accounts,
    calendars,
    async revokeAll(account) {
      for (const jti of consents.get(account) ?? []) await (await provider.RefreshToken.find(jti))?.destroy()
    },
    hasConsent: (account) => (consents.get(account)?.size ?? 0) > 0,
    [Symbol.asyncDispose]: () => closeHttp(server, 0),
  }
}

/** The form is posted to where the page is. */
const PAGE = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sign in (stands in for Google)</title>
<style>:root { color-scheme: light dark } body { font: 16px/1.5 system-ui, sans-serif; max-width: 26rem; margin: 10vh auto; padding: 0 1rem }
label { display: block; margin: 1rem 0 } input[type=email], button { font: inherit; width: 100%; box-sizing: border-box; padding: .5rem }</style>
</head><body><h1>Sign in</h1>
<p>This stands in for Google on this machine, and takes your word for who you are.</p>
<form method="post">
<label>E-mail address <input type="email" name="email" required autofocus></label>
<label><input type="checkbox" name="unverified"> Google has not verified it</label>
<button>Continue</button>
</form></body></html>
`

const accountOf = (email: string): StandInAccount => ({
  email,
  email_verified: true,
  name: email.split('@', 1)[0] ?? email,
})

function configurationFor(
  { clientId, clientSecret, redirectUris }: GoogleOptions,
  accounts: ReadonlyMap<string, StandInAccount>,
): Configuration {
  const policy = interactionPolicy.base()
  policy.remove('consent')
  policy.add(new interactionPolicy.Prompt({ name: 'select_account', requestable: true }), 0)
  policy.add(new interactionPolicy.Prompt({ name: 'consent', requestable: true }))
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  return {
    clients: [
      {
        client_id: clientId,
        client_secret: clientSecret,
        redirect_uris: [...redirectUris],
        response_types: ['code'],
        grant_types: ['authorization_code', 'refresh_token'],
        token_endpoint_auth_method: 'client_secret_post',
      },
    ],
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), alg: 'RS256', use: 'sig' }] },
    cookies: { keys: [randomBytes(32).toString('hex')] },
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
    conformIdTokenClaims: false,
    scopes: ['openid', 'email', 'profile', CALENDAR_SCOPE],
    features: {
      devInteractions: { enabled: false },
      revocation: { enabled: true, allowedPolicy: (_, client, token) => token.clientId === client.clientId },
    },
    // As at Google: where the page asks for it, and for good.
    issueRefreshToken: async (_, __, code) => code.scopes.has(CALENDAR_SCOPE),
    rotateRefreshToken: false,
    interactions: { policy, url: (_, { uid }) => `/interaction/${uid}` },
    ttl: {
      Interaction: 600,
      Session: 3_600,
      Grant: 3_600,
      AuthorizationCode: 60,
      AccessToken: 3_600,
      IdToken: 3_600,
      RefreshToken: 30 * 86_400,
    },
    pkce: { required: () => true },
    findAccount: (_, sub) => ({
      accountId: sub,
      claims: () => ({ sub, ...(accounts.get(sub) ?? accountOf(sub)) }),
    }),
    async loadExistingGrant({ oidc: { provider, client, session } }) {
      const grant = new provider.Grant({
        ...(client && { clientId: client.clientId }),
        ...(session?.accountId && { accountId: session.accountId }),
      })
      grant.addOIDCScope(`openid email profile ${CALENDAR_SCOPE}`)
      await grant.save()
      return grant
    },
  }
}
