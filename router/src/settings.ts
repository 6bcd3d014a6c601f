import { parseArgs } from 'node:util'
import { type SubgraphName, SUBGRAPHS } from '@karcis/kit/contracts/subgraphs'
import { baseSettings, readSettings } from '@karcis/kit/env'
import { z } from 'zod'

const baseUrl = z.url({ protocol: /^https?$/, error: 'must be an http:// or https:// URL' })

const origins = z
  .string()
  .default('')
  .transform((list) => list.split(',').flatMap((origin) => origin.trim() || []))

const port = z.coerce.number().int().min(0).max(65_535).default(4000)

const workers = z.coerce.number().int().min(1).max(128).default(1)

type UrlSetting = `${Uppercase<SubgraphName>}_URL`

/** A setting for each subgraph: `USER_URL` and so on. */
const urlSetting = (name: SubgraphName) => `${name.toUpperCase()}_URL` as UrlSetting

const urlSettings = Object.fromEntries(SUBGRAPHS.map((name) => [urlSetting(name), baseUrl])) as Record<
  UrlSetting,
  typeof baseUrl
>

/** Settings of the platform's router. URLs are base URLs: `http://127.0.0.1:4001`, without a path. */
export const platformEnv = baseSettings.extend({
  PORT: port,
  ROUTER_WORKERS: workers,
  ...urlSettings,
  SUPERGRAPH_FILE: z.string().default('schema/supergraph.graphql'),
  ALLOWED_ORIGINS: origins,
})

/** Settings of a router for any supergraph, beside its options. */
const genericEnv = baseSettings
  .pick({ HOST: true, LOG_LEVEL: true })
  .extend({ PORT: port, ROUTER_WORKERS: workers, ALLOWED_ORIGINS: origins })

const USAGE = `Usage: main.ts [--supergraph FILE [--subgraph NAME=URL ...]] [--port N] [--host H] [--workers N]
Without --supergraph it is the router of the platform, and all else is said by the environment.`

/** Settings that make this our platform's router: people sign in, and subgraphs trust only each other. */
export interface PlatformSettings {
  serviceSecret: string
  redisUrl: string
  /** Base URL of the subgraph that has the keys and revocations. */
  userUrl: string
}

/** Without them the router serves any supergraph, and everybody is anonymous. */
type NoPlatformSettings = { [Name in keyof PlatformSettings]?: never }

/** What a router needs to start. */
export type RouterSettings = CommonSettings & (PlatformSettings | NoPlatformSettings)

interface CommonSettings {
  host: string
  port: number
  logLevel: string
  /**
   * Where subgraphs take GraphQL, by name; a URL without any path means `/graphql` there. The platform's router serves no other
   * subgraphs; a generic one finds those that are not named here where the supergraph says they are.
   */
  subgraphs: Record<string, string>
  supergraphFile: string
  /** Origins of other sites whose pages may call, beside Apollo's own. */
  allowedOrigins: string[]
  limits?: Partial<RouterLimits>
}

export const isPlatform = (settings: RouterSettings): settings is CommonSettings & PlatformSettings =>
  settings.serviceSecret !== undefined

/** What bounds one router. Production runs on the defaults; tests reach a bound sooner. */
export interface RouterLimits {
  /** A subgraph that has not answered in full by then counts as unavailable. */
  subgraphTimeoutMs: number
  subgraphResponseBytes: number
  /** How often the supergraph file is checked for changes. */
  supergraphPollMs: number
  /** How often the user subgraph is asked for revoked sessions and changed users. */
  revocationPollMs: number
  /** An unknown key id makes the keys be fetched again at most this often. */
  keyCooldownMs: number
  requestBytes: number
  frameBytes: number
  /** A socket that has not sent `connection_init` by then is closed. */
  initTimeoutMs: number
  pingIntervalMs: number
  operationsPerSocket: number
  socketsPerViewer: number
  /** Events that may wait for one subscriber. */
  eventsPerSubscriber: number
  /** First wait before an upstream subscription that was lost is opened again; it doubles up to 5 s. */
  reconnectMs: number
  /** An upstream that stays unavailable this long ends the subscriptions on it. */
  upstreamPatienceMs: number
  /** Closing waits this long for what is under way, then ends it. */
  drainMs: number
}

export const DEFAULT_LIMITS: RouterLimits = {
  subgraphTimeoutMs: 10_000,
  subgraphResponseBytes: 16_000_000,
  supergraphPollMs: 1_000,
  revocationPollMs: 1_000,
  keyCooldownMs: 5_000,
  requestBytes: 1_000_000,
  frameBytes: 1_000_000,
  initTimeoutMs: 5_000,
  pingIntervalMs: 12_000,
  operationsPerSocket: 100,
  socketsPerViewer: 25,
  eventsPerSubscriber: 1_000,
  reconnectMs: 100,
  upstreamPatienceMs: 60_000,
  drainMs: 8_000, // with the sockets' share it stays below the 10 s that an orchestrator waits
}

/** How the program is to run. */
export interface ProcessSettings {
  /** Processes that share the port; with one, it is this process itself. */
  workers: number
  router: RouterSettings
}

/**
 * Reads the command line and the environment; the former takes precedence. Ends the process when something is missing or wrong.
 * @param args of the command line, without the program and the script.
 */
export function readProcessSettings(args: string[]): ProcessSettings {
  const options = readOptions(args)
  const source = {
    ...process.env,
    ...(options.port !== undefined && { PORT: options.port }),
    ...(options.host !== undefined && { HOST: options.host }),
    ...(options.workers !== undefined && { ROUTER_WORKERS: options.workers }),
  }
  if (options.supergraph !== undefined) {
    const env = readSettings(genericEnv, source)
    const router = { ...commonOf(env), subgraphs: options.subgraphs, supergraphFile: options.supergraph }
    return { workers: env.ROUTER_WORKERS, router }
  }
  const env = readSettings(platformEnv, source)
  const router = {
    ...commonOf(env),
    serviceSecret: env.SERVICE_SECRET,
    redisUrl: env.REDIS_URL,
    subgraphs: Object.fromEntries(SUBGRAPHS.map((name) => [name, env[urlSetting(name)]])),
    userUrl: env.USER_URL,
    supergraphFile: env.SUPERGRAPH_FILE,
  }
  return { workers: env.ROUTER_WORKERS, router }
}

function readOptions(args: string[]) {
  try {
    const { values } = parseArgs({
      args,
      options: {
        supergraph: { type: 'string' },
        subgraph: { type: 'string', multiple: true, default: [] },
        port: { type: 'string' },
        host: { type: 'string' },
        workers: { type: 'string' },
      },
    })
    if (values.subgraph.length > 0 && values.supergraph === undefined)
      throw new Error('--subgraph goes with --supergraph only')
    return { ...values, subgraphs: Object.fromEntries(values.subgraph.map(readSubgraph)) }
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n${USAGE}\n`)
    return process.exit(1)
  }
}

function readSubgraph(option: string): [name: string, url: string] {
  const [, name, url] = /^([^=]+)=(https?:\/\/.+)$/.exec(option) ?? []
  if (!name || !url) throw new Error(`--subgraph must be NAME=URL, not ${option}`)
  return [name, url]
}

const commonOf = (env: z.infer<typeof genericEnv>) => ({
  host: env.HOST,
  port: env.PORT,
  logLevel: env.LOG_LEVEL,
  allowedOrigins: env.ALLOWED_ORIGINS,
})
