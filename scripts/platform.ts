import { SUBGRAPHS, type SubgraphName } from '@karcis/kit/contracts/subgraphs'
import { platformEnv } from '../router/src/settings.ts'
import { bookingSettings } from '../subgraphs/booking/src/env.ts'
import { eventSettings } from '../subgraphs/event/src/env.ts'
import { ticketSettings } from '../subgraphs/ticket/src/env.ts'
import { userSettings } from '../subgraphs/user/src/env.ts'
import { webSettings } from '../web/server/settings.ts'
import { SUPERGRAPH } from './paths.ts'
import type { ProcessSpec } from './supervised-process.ts'

const HOST = '127.0.0.1'

const SUBGRAPH_SETTINGS = {
  user: userSettings,
  event: eventSettings,
  ticket: ticketSettings,
  booking: bookingSettings,
} satisfies Record<SubgraphName, Settings>

/** The schema of a process' settings, of which only the names are read here. */
interface Settings {
  readonly shape: object
}

/** What Node and the libraries below it read. No secret is among them, PGPASSWORD above all. */
const OF_THE_SYSTEM =
  /^(PATH|HOME|USER|TMPDIR|TEMP|TZ|LANG|LC_\w+|NODE_\w+|UV_\w+|SSL_CERT_\w+|PGSSL\w+|(https?|no|all)_proxy)$/i

/** What the processes need to know to find each other and their data. */
export interface PlatformOptions {
  readonly routerPort: number
  readonly ports: Readonly<Record<SubgraphName, number>>
  readonly databaseUrls: Readonly<Record<SubgraphName, string>>
  readonly redisUrl: string
  /** Of the process that serves the web app; undefined where nobody wants it. */
  readonly webPort?: number
  /** Secrets and all other settings; each process gets those that it reads. */
  readonly env: NodeJS.ProcessEnv
}

/** The router, then the web app's server and the four subgraphs: in the order in which they are stopped. */
export function platformProcesses(options: PlatformOptions): ProcessSpec[][] {
  const { routerPort, ports, databaseUrls, redisUrl, webPort, env } = options
  const webUrl = webPort === undefined ? undefined : `http://${HOST}:${webPort}`
  const addresses = SUBGRAPHS.map((name) => [`${name.toUpperCase()}_URL`, `http://${HOST}:${ports[name]}`])
  const shared = { ...env, ...Object.fromEntries(addresses), HOST, REDIS_URL: redisUrl }
  const own = {
    HOST: env.HOST ?? HOST,
    PORT: String(routerPort),
    SUPERGRAPH_FILE: SUPERGRAPH,
    ...(webUrl && { WEB_URL: webUrl }),
  }
  const router: ProcessSpec = {
    name: 'router',
    script: 'router/src/main.ts',
    env: readBy(platformEnv, { ...shared, ...own }),
    readyUrl: `http://${HOST}:${routerPort}/ready`,
  }
  const subgraphs = SUBGRAPHS.map((name) => ({
    name,
    script: `subgraphs/${name}/src/main.ts`,
    env: readBy(SUBGRAPH_SETTINGS[name], {
      ...shared,
      PORT: String(ports[name]),
      DATABASE_URL: databaseUrls[name],
    }),
    readyUrl: `http://${HOST}:${ports[name]}/ready`,
  }))
  if (webUrl === undefined) return [[router], subgraphs]
  const web = {
    name: 'web',
    script: 'web/server/main.ts',
    env: readBy(webSettings, {
      ...shared,
      PORT: String(webPort),
      ROUTER_URL: `http://${HOST}:${routerPort}`,
      PUBLIC_URL: env.PUBLIC_URL || `http://localhost:${routerPort}`,
    }),
    readyUrl: `${webUrl}/ready`,
  }
  return [[router], [web, ...subgraphs]]
}

/** The part of an environment that a process reads: whoever breaks into it finds no other one's secrets there. */
export const readBy = ({ shape }: Settings, env: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(env).filter(([name]) => name in shape || OF_THE_SYSTEM.test(name)))
