import { createLog } from '../src/log.ts'
import { createServiceTokens } from '../src/service-token.ts'
import { type SubgraphServerOptions, serveSubgraph, type Work } from '../src/subgraph/server.ts'
import type { RequestScope } from '../src/viewer.ts'

export const SECRET = 'a secret that only this test run knows'
export const log = createLog('kit-test', 'silent')

const SDL = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key"])
  type Query { hello: String }
`

/** A small subgraph served by the kit on a free port. */
export async function startServer(
  options: Partial<SubgraphServerOptions & Work<RequestScope>> = {},
): Promise<AsyncDisposable & { url: string; drain(): void; close(): Promise<void> }> {
  const { createContext = (scope: RequestScope) => scope, receive, routes, ...others } = options
  const server = await serveSubgraph<RequestScope>({
    sdl: SDL,
    resolvers: { Query: { hello: () => 'world' } },
    tokens: createServiceTokens(SECRET, 'booking'),
    log,
    host: '127.0.0.1',
    port: 0,
    problem: async () => null,
    ...others,
  })
  server.begin({ createContext, ...(receive && { receive }), ...(routes && { routes }) })
  return { ...server, [Symbol.asyncDispose]: () => server.close() }
}
