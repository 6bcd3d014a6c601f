import type { Running } from '@karcis/kit/lifecycle'
import { createLog } from '@karcis/kit/log'
import { figure, processMetrics } from '@karcis/kit/metrics'
import packageJson from '../../package.json' with { type: 'json' }
import { openAnonymousAccess, openPlatformAccess } from './access.ts'
import { startApollo } from './http/apollo.ts'
import { createClientAddresses } from './http/client-address.ts'
import { storageHealth, STORAGE_PATH } from '@karcis/kit/contracts/files'
import { createCalendars } from './http/calendars.ts'
import { createDownloads } from './http/downloads.ts'
import { createFastPath, isUsualAccept } from './http/fast-path.ts'
import { createFiles } from './http/files.ts'
import { createGraphQLHandler } from './http/graphql.ts'
import { openHttpServer } from './http/http-server.ts'
import { createIde, IDE_PATH, orIde } from './http/ide/ide.ts'
import { firstPurchase } from './http/ide/tabs.ts'
import { createOrigins } from './http/origins.ts'
import { createProbes } from './http/probes.ts'
import { createSeatLayouts } from './http/seat-layouts.ts'
import { securityHeaders } from './http/security-headers.ts'
import { createTicketFiles } from './http/ticket-files.ts'
import { createUserPages } from './http/user-pages.ts'
import { createWeb } from './http/web.ts'
import { createWebhooks } from './http/webhooks.ts'
import { openSupergraphFile } from './planning/supergraph-file.ts'
import type { Locate } from './planning/supergraph.ts'
import { AS_THEY_LIKE } from './security/rate-limits.ts'
import { DEFAULT_LIMITS, isPlatform, type RouterSettings } from './settings.ts'
import type { SubgraphClient } from './subgraphs/client.ts'
import { connectSubgraphs } from './subgraphs/connections.ts'
import { createPeers } from './subgraphs/peers.ts'
import { ResponseRoom } from './subgraphs/response-room.ts'
import { createFanOut } from './subscriptions/delivery/fan-out.ts'
import { createPresence } from './subscriptions/presence.ts'
import { createEventStreams } from './subscriptions/sse/event-streams.ts'
import { createStart } from './subscriptions/start.ts'
import { openSockets } from './subscriptions/websocket/sockets.ts'

const GRAPHQL_PATH = '/graphql'

/** A running router. */
export interface Router extends Required<Running>, AsyncDisposable {
  port: number
}

/**
 * Starts the router: one port for GraphQL over HTTP and WebSocket, in front of all subgraphs.
 * Draining has balancers turn away while everything is served as before. Closing goes intake → requests under way → sockets →
 * upstreams; every step has its time limit.
 * @throws Error when the supergraph cannot be served or the port cannot be had. Subgraphs and Redis may be unavailable.
 */
export async function createRouter(settings: RouterSettings): Promise<Router> {
  // Otherwise Apollo's libraries would report to Apollo.
  process.env.APOLLO_TELEMETRY_DISABLED = 'true'
  const log = createLog('router', settings.logLevel)
  const limits = { ...DEFAULT_LIMITS, ...settings.limits }
  await using stack = new AsyncDisposableStack()
  const room = new ResponseRoom(limits.largeResponseBytes)
  const peers = stack.use(createPeers(limits.subgraphTimeoutMs, log))

  const { explorer = 'sandbox' } = settings
  const addresses = createClientAddresses(settings.trustedProxies ?? [])
  const presence = createPresence({
    perViewer: limits.socketsPerViewer,
    perAddress: addresses.areKnown ? limits.socketsPerAddress : Number.POSITIVE_INFINITY,
  })
  const access = stack.use(
    isPlatform(settings)
      ? await openPlatformAccess(
          settings,
          { ...AS_THEY_LIKE, ...settings.rates },
          limits,
          peers,
          room,
          log,
          presence.recheck,
        )
      : openAnonymousAccess(),
  )
  const file = await openSupergraphFile(
    settings.supergraphFile,
    locator(settings),
    limits.supergraphPollMs,
    log,
  )
  stack.defer(() => file.close())
  const { services, upstreams, ...subgraphs } = connectSubgraphs(
    file,
    access.tokens,
    limits,
    peers,
    room,
    log,
    isPlatform(settings),
  )
  stack.defer(() => subgraphs.close())
  const apollo = await startApollo(file, services, access.authenticator.current, log, explorer)
  stack.defer(() => apollo.stop())

  const fanOut = createFanOut()
  const { authenticate, current: currentViewer } = access.authenticator
  const start = createStart({
    file,
    services,
    upstreams,
    tokens: access.tokens,
    currentViewer,
    limits,
    log,
    fanOut,
    rates: access.rates,
  })
  const origins = createOrigins(settings.allowedOrigins, settings.allowedHosts)
  const streams = createEventStreams({ authenticate, start, fanOut, presence, origins, limits })

  const graphql = createGraphQLHandler(
    apollo,
    access.authenticator,
    limits.requestBytes,
    createFastPath(file, services),
    origins,
    access.rates,
  )
  const { webUrl } = settings
  const web = webUrl === undefined ? null : stack.use(createWeb(webUrl, peers.to('web', webUrl)))
  const { booking, event, ticket, user } = settings.subgraphs
  const ofBooking =
    isPlatform(settings) && booking !== undefined
      ? {
          ...stack.use(createWebhooks(booking, access.tokens, peers)).routes,
          ...stack.use(createDownloads('booking', booking, access.tokens, peers)).routes,
        }
      : {}
  const ofUser =
    isPlatform(settings) && user !== undefined
      ? {
          ...stack.use(createUserPages(user, access.tokens, peers, origins)).routes,
          ...stack.use(createDownloads('user', user, access.tokens, peers)).routes,
          ...stack.use(createFiles(user, access.tokens, peers)).routes,
        }
      : {}
  const ofTicket =
    isPlatform(settings) && ticket !== undefined
      ? {
          ...stack.use(createSeatLayouts(ticket, access.tokens, peers)).routes,
          ...stack.use(createTicketFiles(ticket, access.tokens, peers, access.authenticator, web?.pass))
            .routes,
        }
      : {}
  const ofCalendars =
    isPlatform(settings) && event !== undefined && ticket !== undefined
      ? stack.use(createCalendars({ event, ticket }, access.tokens, peers, access.rates)).routes
      : {}
  const http = await openHttpServer({
    host: settings.host,
    port: settings.port,
    log,
    origins,
    addresses,
    security: securityHeaders(settings.hstsSeconds ?? 0),
    ownHeaders: [GRAPHQL_PATH],
    usual: { path: GRAPHQL_PATH, accepts: isUsualAccept, bodyBytes: limits.requestBytes, handler: graphql },
    otherwise: web?.pass,
    limits,
    routes: {
      [GRAPHQL_PATH]: streams.orElse(explorer === 'ide' ? orIde(graphql) : graphql),
      ...(explorer !== 'none' && {
        [IDE_PATH]: createIde(
          GRAPHQL_PATH,
          isPlatform(settings) ? firstPurchase(explorer === 'sandbox') : [],
        ),
      }),
      ...access.routes,
      ...ofBooking,
      ...ofTicket,
      ...ofCalendars,
      ...ofUser,
      ...createProbes({
        version: packageJson.version,
        // It is not known what other people's subgraphs have at these paths.
        checks: {
          ...access.checks,
          ...(isPlatform(settings) && mapValues(services, (client) => () => client.whyNotReady())),
          ...(isPlatform(settings) && user !== undefined && { storage: () => storageProblem(services.user) }),
          ...(web && { web: web.whyNotReady }),
        },
        whyNotReady: () => (http.draining ? 'stopping' : access.whyNotReady()),
        metricsToken: settings.metricsToken,
        metrics: () => [
          ...processMetrics(log),
          figure(
            'karcis_http_requests_under_way',
            'gauge',
            'Requests that are being answered.',
            http.underWay,
          ),
          figure(
            'karcis_rate_limited_total',
            'counter',
            'Requests and operations that were refused because of what may be asked in an hour.',
            access.rates.refused,
          ),
        ],
      }),
    },
  })
  stack.defer(() => http.close())
  const sockets = openSockets({
    http,
    path: GRAPHQL_PATH,
    origins,
    addresses,
    limits,
    log,
    fanOut,
    presence,
    handlers: { authenticate, start },
  })
  stack.defer(() => sockets.close())
  stack.defer(async () => {
    streams.drain()
    await Promise.all([http.finish(limits.stopMs), sockets.drain(limits.stopMs)])
  })

  const running = stack.move()
  return {
    url: `http://${settings.host}:${http.port}`,
    port: http.port,
    drain: () => http.drain(),
    close: () => running.disposeAsync(),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

/** Whether files can be kept: what else the user subgraph does goes on without it. */
async function storageProblem(user: SubgraphClient | undefined): Promise<string | null> {
  try {
    return storageHealth.parse(await user?.get(STORAGE_PATH)).problem
  } catch {
    return 'it is not known: the user subgraph does not answer'
  }
}

/** Our own subgraphs are only where the settings say; others may also be where the supergraph says. */
const locator =
  (settings: RouterSettings): Locate =>
  (name, given) => {
    const url = settings.subgraphs[name]
    if (url === undefined) return isPlatform(settings) ? null : given
    return /^https?:\/\/[^/]+$/.test(url) ? `${url}/graphql` : url
  }

const mapValues = <T, U>(record: Record<string, T>, map: (value: T, name: string) => U): Record<string, U> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value, name)]))
