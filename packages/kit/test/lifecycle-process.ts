// A process that runs as all of ours do, in which things go wrong when they are asked to.
import { setTimeout as sleep } from 'node:timers/promises'
import { runProcess } from '../src/lifecycle.ts'
import { createLog } from '../src/log.ts'
import { createServiceTokens } from '../src/service-token.ts'
import { serveSubgraph } from '../src/subgraph/server.ts'
import { SECRET } from './start-server.ts'

const SDL = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key"])
  type Query { quick: Int slow(ms: Int!): Int rejects: Int throws: Int }
  type Mutation { write: Int }
  type Subscription { silence: Int }
`

const log = createLog('lifecycle', 'info')
let written = 0

const resolvers = {
  Query: {
    quick: () => 1,
    slow: (_: unknown, { ms }: { ms: number }) => sleep(ms, ms),
    rejects: () => {
      void Promise.reject(new Error('nobody owns this promise'))
      return 1
    },
    throws: () => {
      setTimeout(() => {
        throw new RangeError('Invalid string length')
      })
      return 1
    },
  },
  Mutation: { write: () => ++written },
  Subscription: { silence: { subscribe: () => silence() } },
}

async function* silence() {
  await sleep(60_000, undefined, { ref: false })
  yield { silence: 1 }
}

await runProcess(
  log,
  async () => {
    const server = await serveSubgraph({
      sdl: SDL,
      resolvers,
      tokens: createServiceTokens(SECRET, 'booking'),
      log,
      host: '127.0.0.1',
      port: Number(process.env.PORT),
      problem: async () => null,
      stopMs: Number(process.env.STOP_MS),
    })
    server.begin({ createContext: (scope) => scope })
    return server
  },
  { drainMs: Number(process.env.DRAIN_MS), stopMs: Number(process.env.STOP_MS) },
)
