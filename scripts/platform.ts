import { SUBGRAPHS, type SubgraphName } from '@karcis/kit/contracts/subgraphs'
import { SUPERGRAPH } from './paths.ts'
import type { ProcessSpec } from './supervised-process.ts'

const HOST = '127.0.0.1'

/** What the five processes need to know to find each other and their data. */
export interface PlatformOptions {
  readonly routerPort: number
  readonly ports: Readonly<Record<SubgraphName, number>>
  readonly databaseUrls: Readonly<Record<SubgraphName, string>>
  readonly redisUrl: string
  /** Secrets, and whatever else every process is given. */
  readonly env: NodeJS.ProcessEnv
}

/** The router, then the four subgraphs: in the order in which they are stopped. */
export function platformProcesses(options: PlatformOptions): ProcessSpec[][] {
  const { routerPort, ports, databaseUrls, redisUrl, env } = options
  const addresses = SUBGRAPHS.map((name) => [`${name.toUpperCase()}_URL`, `http://${HOST}:${ports[name]}`])
  const shared = { ...env, ...Object.fromEntries(addresses), HOST, REDIS_URL: redisUrl }
  const router: ProcessSpec = {
    name: 'router',
    script: 'router/src/main.ts',
    env: { ...shared, HOST: env.HOST ?? HOST, PORT: String(routerPort), SUPERGRAPH_FILE: SUPERGRAPH },
    readyUrl: `http://${HOST}:${routerPort}/ready`,
  }
  const subgraphs = SUBGRAPHS.map((name) => ({
    name,
    script: `subgraphs/${name}/src/main.ts`,
    env: { ...shared, PORT: String(ports[name]), DATABASE_URL: databaseUrls[name] },
    readyUrl: `http://${HOST}:${ports[name]}/ready`,
  }))
  return [[router], subgraphs]
}
