import { AUTH_CHANGED_CHANNEL } from '@karcis/kit/contracts/auth-changes'
import { createDoorTokens } from '@karcis/kit/door-tokens'
import type { ServiceName, SubgraphName } from '@karcis/kit/contracts/subgraphs'
import { JWKS_PATH } from '@karcis/kit/contracts/tokens'
import { sendJson } from '@karcis/kit/http'
import type { Logger } from '@karcis/kit/log'
import { connectRedis } from '@karcis/kit/redis'
import { createServiceTokens, type ServiceTokens } from '@karcis/kit/service-token'
import { errorBody } from './errors.ts'
import type { Handler } from './http/http-server.ts'
import type { Check } from './http/probes.ts'
import { type Authenticator, createAuthenticator } from './security/authenticate.ts'
import { createRateLimits, NO_RATES, type RateLimits } from './security/rate-limits.ts'
import { openSigningKeys, type SigningKeys } from './security/keys.ts'
import { type Revocations, watchRevocations } from './security/revocations.ts'
import type { HourlyRates, PlatformSettings, RouterLimits } from './settings.ts'
import { createSubgraphClient } from './subgraphs/client.ts'
import type { Peers } from './subgraphs/peers.ts'
import type { ResponseRoom } from './subgraphs/response-room.ts'

const SERVICE: ServiceName = 'router'
const USER: SubgraphName = 'user'

/** How viewers are authenticated, and how subgraphs learn of them. */
export interface Access extends AsyncDisposable {
  authenticator: Authenticator
  /** Sent with each request to a subgraph, unless it is empty. */
  tokens: ServiceTokens
  /** What people may ask in an hour. */
  rates: RateLimits
  /** Why tokens cannot be checked; null when they can. */
  whyNotReady(): string | null
  /** What it needs beside subgraphs, for `/health`. */
  checks: Record<string, Check>
  routes: Record<string, Handler>
}

/** People sign in at the user subgraph, and subgraphs trust only this platform's processes. */
export async function openPlatformAccess(
  { serviceSecret, userUrl, redisUrl }: PlatformSettings,
  rates: HourlyRates,
  limits: RouterLimits,
  peers: Peers,
  room: ResponseRoom,
  log: Logger,
  onChange: (revocations: Revocations) => void,
): Promise<Access> {
  await using stack = new AsyncDisposableStack()
  const tokens = createServiceTokens(serviceSecret, SERVICE)
  const breaker = peers.to(USER, userUrl)
  const user = createSubgraphClient({
    name: USER,
    endpoint: userUrl,
    takesBatches: false, // only its routes are used
    tokens: tokens.to(USER),
    limits,
    room,
    breaker,
    log,
  })
  stack.defer(() => user.close())
  const keys = stack.use(openSigningKeys(userUrl, tokens.to(USER), breaker, limits.keyCooldownMs, log))
  const revocations = stack.use(
    watchRevocations({
      fetchChanges: (path) => user.get(path),
      pollMs: limits.revocationPollMs,
      onChange: () => onChange(revocations),
      log,
    }),
  )
  const { bus, commands, close } = connectRedis(redisUrl, log)
  stack.defer(close)
  bus.subscribe(AUTH_CHANGED_CHANNEL, () => void revocations.poll())
  await revocations.poll()

  const limiting = stack.use(createRateLimits(rates, commands, serviceSecret))

  const open = stack.move()
  return {
    authenticator: createAuthenticator(keys, revocations, createDoorTokens(serviceSecret)),
    tokens,
    rates: limiting,
    whyNotReady: () =>
      revocations.isReady ? null : 'has not heard of ended sessions yet, from the user subgraph',
    checks: {
      redis: () =>
        commands.ping().then(
          () => null,
          () => 'does not answer',
        ),
    },
    routes: { [JWKS_PATH]: publishKeys(keys) },
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  }
}

/** Nobody can sign in: all are anonymous, and what demands more is denied to all. Subgraphs get no tokens. */
export const openAnonymousAccess = (): Access => ({
  authenticator: {
    authenticate: async () => null,
    current: async (viewer) => viewer,
  },
  tokens: { service: SERVICE, to: () => ({ sign: async () => '' }), verify: async () => null },
  rates: NO_RATES,
  whyNotReady: () => null,
  checks: {},
  routes: {},
  [Symbol.asyncDispose]: async () => undefined,
})

const publishKeys =
  (keys: SigningKeys): Handler =>
  async ({ response }) => {
    const published = await keys.publish()
    if (published) return sendJson(response, 200, published, { 'cache-control': 'public, max-age=300' })
    const facts = { retryAfterSeconds: 2 }
    sendJson(response, 503, errorBody('SERVICE_UNAVAILABLE', 'The keys are not known yet.', facts))
  }
