import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { STORAGE_PATH } from '@karcis/kit/contracts/files'
import type { Running } from '@karcis/kit/lifecycle'
import { createLog } from '@karcis/kit/log'
import { createServiceTokens } from '@karcis/kit/service-token'
import { serveSubgraph } from '@karcis/kit/subgraph/server'
import type { RequestScope } from '@karcis/kit/viewer'
import { testRedisUrl } from '@karcis/testkit/redis'
import { createTcpProxy, type TcpProxy } from '@karcis/testkit/tcp-proxy'
import { createRouter, type Router } from '../server.ts'
import type { RouterLimits, RouterSettings } from '../settings.ts'
import { compose } from './compose.ts'
import { createIdentityProvider, type IdentityProvider } from './identity-provider.ts'
import { createResolvers } from './resolvers.ts'
import { SCHEMAS, type SubgraphName } from './schemas.ts'

export const SECRET = 'a secret of thirty-two characters'

const NAMES = Object.keys(SCHEMAS) as SubgraphName[]

/** One request that a subgraph took, as it knew its caller. */
interface Call extends Pick<RequestScope, 'service' | 'viewer' | 'device' | 'enrolling' | 'requestId'> {
  subgraph: SubgraphName
}

/** A router in front of three real subgraphs, each behind a proxy that can simulate an outage. */
export interface World
  extends AsyncDisposable,
    Pick<ReturnType<typeof createResolvers>, 'topics' | 'counts' | 'gate'> {
  router: Router
  /** Of the GraphQL endpoint. */
  url: string
  identity: IdentityProvider
  proxies: Record<SubgraphName, TcpProxy>
  /** What the subgraphs were asked so far. */
  calls: Call[]
  settings: RouterSettings
  supergraphFile: string
  /** Starts one more process' worth of a subgraph, which does and knows the same. */
  serve(subgraph: SubgraphName): Promise<Required<Running>>
  /** Signs in and returns the headers for it. */
  as(options?: Parameters<IdentityProvider['token']>[0]): Promise<{ authorization: string }>
}

export async function createWorld(limits: Partial<RouterLimits> = {}): Promise<World> {
  await using stack = new AsyncDisposableStack()
  const identity = await createIdentityProvider()
  const { resolvers, ...hands } = createResolvers()
  const calls: Call[] = []
  const log = createLog('test', 'silent')
  const proxies = {} as Record<SubgraphName, TcpProxy>

  async function serve(subgraph: SubgraphName): Promise<Required<Running>> {
    const server = await serveSubgraph({
      sdl: SCHEMAS[subgraph],
      resolvers: resolvers[subgraph],
      tokens: createServiceTokens(SECRET, subgraph),
      log,
      host: '127.0.0.1',
      port: 0,
      problem: async () => null,
    })
    server.begin({
      createContext(scope) {
        const { service, viewer, device, enrolling, requestId } = scope
        const others = { ...(device && { device }), ...(enrolling && { enrolling }) }
        calls.push({ subgraph, service, viewer, requestId, ...others })
        return scope
      },
      ...(subgraph === 'user' && {
        routes: { ...identity.routes, [STORAGE_PATH]: async () => ({ problem: null }) },
      }),
    })
    return server
  }

  for (const subgraph of NAMES) {
    const server = await serve(subgraph)
    stack.defer(() => server.close())
    proxies[subgraph] = stack.use(await createTcpProxy(server.url))
  }

  const directory = await mkdtemp(join(tmpdir(), 'karcis-router-'))
  stack.defer(() => rm(directory, { recursive: true }))
  const supergraphFile = join(directory, 'supergraph.graphql')
  await writeFile(supergraphFile, compose(SCHEMAS))
  const urlOf = (name: SubgraphName): string => `http://127.0.0.1:${proxies[name].port}`
  const settings: RouterSettings = {
    host: '127.0.0.1',
    port: 0,
    logLevel: 'silent',
    serviceSecret: SECRET,
    redisUrl: testRedisUrl(),
    subgraphs: { user: urlOf('user'), event: urlOf('event'), ticket: urlOf('ticket') },
    userUrl: urlOf('user'),
    supergraphFile,
    allowedOrigins: ['https://shop.example'],
    limits: { reconnectMs: 10, keyCooldownMs: 0, ...limits },
  }
  const router = stack.use(await createRouter(settings))

  const running = stack.move()
  return {
    ...hands,
    router,
    url: `${router.url}/graphql`,
    identity,
    proxies,
    calls,
    settings,
    supergraphFile,
    serve,
    as: async (options) => ({ authorization: `Bearer ${await identity.token(options)}` }),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}
