import { sendJson } from '@karcis/kit/http'
import type { Running } from '@karcis/kit/lifecycle'
import { createLog, type Logger } from '@karcis/kit/log'
import { connectRedis } from '@karcis/kit/redis'
import { createServiceTokens } from '@karcis/kit/service-token'
import packageJson from '../../package.json' with { type: 'json' }
import { errorBody } from './errors.ts'
import { createSubgraphClient } from './execution/subgraph-client.ts'
import { openSupergraphFile } from './execution/supergraph-file.ts'
import { startApollo } from './http/apollo.ts'
import { createGraphQLHandler } from './http/graphql.ts'
import { type Handler, openHttpServer } from './http/http-server.ts'
import { createIde } from './http/ide.ts'
import { createOrigins } from './http/origins.ts'
import { createProbes } from './http/probes.ts'
import { createAuthenticator } from './security/authenticate.ts'
import { openSigningKeys, type SigningKeys } from './security/keys.ts'
import { watchRevocations } from './security/revocations.ts'
import { DEFAULT_LIMITS, type RouterSettings } from './settings.ts'
import { openSockets, type Sockets } from './subscriptions/sockets.ts'
import { startOperation } from './subscriptions/start.ts'
import { createUpstreamSocket } from './subscriptions/upstream-socket.ts'

const GRAPHQL_PATH = '/graphql'

/** News that some session or user has changed; what changed is asked of the user subgraph. */
const AUTH_CHANNEL = 'auth-changed'

/** A router that serves. */
export interface Router extends Running, AsyncDisposable {
  port: number
}

/**
 * Starts the router: one port for GraphQL over HTTP and WebSocket, in front of all subgraphs.
 * Closing goes intake → requests under way → sockets → upstreams; every step has its time limit.
 * @throws Error when the supergraph cannot be served or the port cannot be had. Subgraphs and Redis may be away.
 */
export async function createRouter(settings: RouterSettings): Promise<Router> {
  // Apollo's libraries would otherwise report to their makers.
  process.env.APOLLO_TELEMETRY_DISABLED = 'true'
  const log = createLog('router', settings.logLevel)
  const limits = { ...DEFAULT_LIMITS, ...settings.limits }
  const tokens = createServiceTokens(settings.serviceSecret, 'router')
  await using undo = new AsyncDisposableStack()

  const services = mapValues(settings.subgraphs, (url, name) => {
    const client = createSubgraphClient(name, url, tokens, limits, log)
    undo.defer(() => client.close())
    return client
  })
  const upstreams = mapValues(settings.subgraphs, (url) => {
    const upstream = createUpstreamSocket(url)
    undo.defer(() => upstream.close())
    return upstream
  })
  const file = await openSupergraphFile(
    settings.supergraphFile,
    Object.keys(settings.subgraphs),
    limits.supergraphPollMs,
    log,
  )
  undo.defer(() => file.close())
  const apollo = await startApollo(file, services, log)
  undo.defer(() => apollo.stop())

  let sockets: Sockets | undefined
  const user = createSubgraphClient('user', settings.userUrl, tokens, limits, log)
  undo.defer(() => user.close())
  const keys = undo.use(openSigningKeys(settings.userUrl, tokens, limits.keyCooldownMs, log))
  const revocations = undo.use(
    watchRevocations({
      fetchChanges: (path) => user.get(path),
      pollMs: limits.revocationPollMs,
      onChange: () => sockets?.recheck(revocations),
      log,
    }),
  )
  undo.defer(await hearAuthChanges(settings.redisUrl, () => void revocations.poll(), log))
  const authenticator = createAuthenticator(keys, revocations)
  await revocations.poll()

  const origins = createOrigins(settings.allowedOrigins)
  const http = await openHttpServer({
    host: settings.host,
    port: settings.port,
    log,
    origins,
    probes: ['/live', '/ready', '/health'],
    routes: {
      [GRAPHQL_PATH]: createGraphQLHandler(apollo, authenticator, limits.requestBytes),
      '/ide': createIde(GRAPHQL_PATH),
      '/.well-known/jwks.json': publishKeys(keys),
      ...createProbes({
        version: packageJson.version,
        checks: mapValues(services, (client) => () => client.isReady()),
        isReady: () => revocations.isReady && !http.draining,
      }),
    },
  })
  undo.defer(() => http.close())
  const opened = openSockets({
    http,
    path: GRAPHQL_PATH,
    origins,
    limits,
    log,
    handlers: {
      authenticate: authenticator.authenticate,
      start: (payload, identity) =>
        startOperation(payload, identity, {
          file,
          services,
          upstreams,
          tokens,
          limits,
          log,
        }),
    },
  })
  sockets = opened
  undo.defer(() => opened.close())
  undo.defer(() => http.drain(limits.drainMs))

  const running = undo.move()
  return {
    url: `http://${settings.host}:${http.port}`,
    port: http.port,
    close: () => running.disposeAsync(),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

async function hearAuthChanges(
  redisUrl: string,
  hear: () => void,
  log: Logger,
): Promise<() => Promise<void>> {
  const { bus, close } = connectRedis(redisUrl, log)
  bus.subscribe(AUTH_CHANNEL, hear)
  return close
}

const publishKeys =
  (keys: SigningKeys): Handler =>
  async ({ response }) => {
    const published = await keys.publish()
    if (published) return sendJson(response, 200, published, { 'cache-control': 'public, max-age=300' })
    sendJson(
      response,
      503,
      errorBody('SERVICE_UNAVAILABLE', 'The keys are not known yet.', { retryAfterSeconds: 2 }),
    )
  }

const mapValues = <T, U>(record: Record<string, T>, map: (value: T, name: string) => U): Record<string, U> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value, name)]))
