import { sendJson } from '@karcis/kit/http'
import type { Logger } from '@karcis/kit/log'
import { connectRedis } from '@karcis/kit/redis'
import { createServiceTokens, type ServiceTokens } from '@karcis/kit/service-token'
import { errorBody } from './errors.ts'
import type { Handler } from './http/http-server.ts'
import { type Authenticator, createAuthenticator } from './security/authenticate.ts'
import { openSigningKeys, type SigningKeys } from './security/keys.ts'
import { type Revocations, watchRevocations } from './security/revocations.ts'
import type { PlatformSettings, RouterLimits } from './settings.ts'
import { createSubgraphClient } from './subgraphs/client.ts'

/** News that some session or user has changed; what changed is asked of the user subgraph. */
const AUTH_CHANNEL = 'auth-changed'

/** Who asks, and how the subgraphs are told of it. */
export interface Access extends AsyncDisposable {
  authenticator: Authenticator
  /** What each call to a subgraph carries; an empty token is not sent. */
  tokens: ServiceTokens
  /** Whether it is known whom to believe. */
  readonly isReady: boolean
  routes: Record<string, Handler>
}

/** People sign in at the user subgraph, and subgraphs believe none but this platform's processes. */
export async function openPlatformAccess(
  { serviceSecret, userUrl, redisUrl }: PlatformSettings,
  limits: RouterLimits,
  log: Logger,
  onChange: (revocations: Revocations) => void,
): Promise<Access> {
  await using stack = new AsyncDisposableStack()
  const tokens = createServiceTokens(serviceSecret, 'router')
  const user = createSubgraphClient({
    name: 'user',
    endpoint: userUrl,
    takesBatches: false, // it is only asked for routes
    tokens,
    limits,
    log,
  })
  stack.defer(() => user.close())
  const keys = stack.use(openSigningKeys(userUrl, tokens, limits.keyCooldownMs, log))
  const revocations = stack.use(
    watchRevocations({
      fetchChanges: (path) => user.get(path),
      pollMs: limits.revocationPollMs,
      onChange: () => onChange(revocations),
      log,
    }),
  )
  const { bus, close } = connectRedis(redisUrl, log)
  stack.defer(close)
  bus.subscribe(AUTH_CHANNEL, () => void revocations.poll())
  await revocations.poll()

  const open = stack.move()
  return {
    authenticator: createAuthenticator(keys, revocations),
    tokens,
    get isReady() {
      return revocations.isReady
    },
    routes: { '/.well-known/jwks.json': publishKeys(keys) },
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  }
}

/** Nobody can sign in: all are anonymous, and what demands more is denied to all. Subgraphs are told nothing. */
export const openAnonymousAccess = (): Access => ({
  authenticator: {
    authenticate: async () => null,
  },
  tokens: { sign: async () => '', verify: async () => null },
  isReady: true,
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
