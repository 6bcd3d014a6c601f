import { isIP } from 'node:net'
import { parseArgs } from 'node:util'
import { type SubgraphName, SUBGRAPHS } from '@karcis/kit/contracts/subgraphs'
import { baseSettings, readSettings, type StopTimes, stopTimes, unlessEmpty } from '@karcis/kit/env'
import { z } from 'zod'

const baseUrl = z.url({ protocol: /^https?$/, error: 'must be an http:// or https:// URL' })

const origins = z
  .string()
  .default('')
  .transform((list) => list.split(',').flatMap((origin) => origin.trim() || []))

const list = (isGood: (entry: string) => boolean, error: string) =>
  origins.refine((entries) => entries.every(isGood), { error })

/** Names under which browsers reach the router, without a port. */
const hosts = list((entry) => /^[a-z0-9.-]+$/i.test(entry), 'must be host names, separated by commas')

const isAddressRange = (entry: string): boolean => {
  const [address = '', bits = '0', ...rest] = entry.split('/')
  const family = isIP(address)
  return family !== 0 && rest.length === 0 && /^\d+$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128)
}

const proxies = list(isAddressRange, 'must be addresses or ranges such as 10.0.0.0/8, separated by commas')

const explorer = z.enum(['sandbox', 'ide', 'none'])

/** What both kinds of router can be told about the network around them. */
const edge = {
  ALLOWED_ORIGINS: origins,
  ALLOWED_HOSTS: hosts,
  TRUSTED_PROXIES: proxies,
  HSTS_SECONDS: z.coerce.number().int().min(0).default(0),
  EXPLORER: explorer.optional(),
}

/** 0 for as much as they like. */
const perHour = z.coerce.number().int().min(0).max(1_000_000_000)

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
  ACCOUNT_REQUESTS_PER_HOUR: unlessEmpty(perHour.default(10_000)),
  ACCOUNT_COST_PER_HOUR: unlessEmpty(perHour.default(30_000_000)),
  ANONYMOUS_REQUESTS_PER_HOUR: unlessEmpty(perHour.optional()),
  ANONYMOUS_COST_PER_HOUR: unlessEmpty(perHour.optional()),
  ROUTER_WORKERS: workers,
  ...urlSettings,
  SUPERGRAPH_FILE: z.string().default('schema/supergraph.graphql'),
  /** Base URL of the process that serves the web app. */
  WEB_URL: unlessEmpty(baseUrl.optional()),
  ...edge,
})

/** Settings of a router for any supergraph, beside its options. */
const genericEnv = baseSettings
  .pick({
    NODE_ENV: true,
    HOST: true,
    LOG_LEVEL: true,
    DRAIN_SECONDS: true,
    STOP_SECONDS: true,
    METRICS_TOKEN: true,
  })
  .extend({ PORT: port, ROUTER_WORKERS: workers, ...edge })

const USAGE = `Usage: main.ts [--supergraph FILE [--subgraph NAME=URL ...]] [--port N] [--host H] [--workers N]
Without --supergraph it is the router of the platform, and all else is said by the environment.`

/** What one account, or all of one network who are not signed in, may ask in an hour; 0 for as much as they like. */
export interface HourlyRates {
  accountRequests: number
  accountCost: number
  anonymousRequests: number
  anonymousCost: number
}

/** Settings that make this our platform's router: people sign in, and subgraphs trust only each other. */
export interface PlatformSettings {
  serviceSecret: string
  redisUrl: string
  /** Base URL of the subgraph that has the keys and revocations. */
  userUrl: string
  /** What people may ask in an hour; as much as they like where it is not said. */
  rates?: Partial<HourlyRates>
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
  /**
   * Domain names under which browsers may open event streams and sockets. Addresses, names without a dot and the hosts of allowed
   * origins need not be named: no page of another site can come by them.
   */
  allowedHosts?: string[]
  /** Addresses, or ranges of them, of proxies whose `X-Forwarded-For` is believed. */
  trustedProxies?: string[]
  /** For how long browsers are to come by https only; 0 says nothing. */
  hstsSeconds?: number
  /** Base URL of the process that has the web app: whatever is read at a path that is none of the router's is asked there. */
  webUrl?: string | undefined
  /** What a browser is shown at the endpoint. The default is the sandbox. */
  explorer?: Explorer
  /** What whoever reads `/metrics` has to send along; without one they must be on this machine. */
  metricsToken?: string | undefined
  limits?: Partial<RouterLimits>
}

/**
 * - `sandbox`: Apollo Sandbox, whose scripts come from Apollo's site, and the IDE at `/ide`.
 * - `ide`: the IDE at `/ide`, which is all our own.
 * - `none`: nothing.
 */
export type Explorer = z.infer<typeof explorer>

export const isPlatform = (settings: RouterSettings): settings is CommonSettings & PlatformSettings =>
  settings.serviceSecret !== undefined

/** What bounds one router. Production runs on the defaults; tests reach a bound sooner. */
export interface RouterLimits {
  /** A subgraph that has not answered in full by then counts as unavailable. */
  subgraphTimeoutMs: number
  /** Of one response to one operation. */
  subgraphResponseBytes: number
  /** What subgraphs may send, all together, for one request. */
  answerBytes: number
  /** What large responses may take in this process, all together, until their clients have them. */
  largeResponseBytes: number
  /** Mutations that a subgraph is sent at a time. */
  mutationsUnderWay: number
  /** Mutations that wait for those, for each subgraph. */
  mutationsWaiting: number
  /** A mutation whose turn has not come by then is refused, and was not begun. */
  mutationBurstMs: number
  /** The same where others have waited without a break for longer than that. */
  mutationWaitMs: number
  /** A client has at least this long to take its response, and longer the larger it is. */
  slowReaderMs: number
  /** A client that takes its response more slowly than this is cut off. */
  slowestBytesPerMs: number
  /** A request that is not answered by then has nothing more fetched for it. */
  requestMs: number
  /** A connection that has not sent the head of its request by then is closed; `Slowloris` and silent ones alike. */
  headersMs: number
  /** How often that is looked at. */
  connectionCheckMs: number
  /** HTTP connections and sockets together. */
  connections: number
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
  /** Messages of one socket that are taken at once, pings among them; a long one counts as several. */
  messageBurst: number
  /** How many more are taken each second. */
  messagesPerSecond: number
  /** A socket on which nothing runs is closed after this long. */
  idleSocketMs: number
  socketsPerViewer: number
  /** Of people who are not signed in, where the addresses of clients are known: behind trusted proxies. */
  socketsPerAddress: number
  /** Operations that run upstream, for each subgraph. */
  upstreamOperations: number
  /** Events that may wait for one subscriber. */
  eventsPerSubscriber: number
  /** First wait before an upstream subscription that was lost is opened again; it doubles up to 5 s. */
  reconnectMs: number
  /** An upstream that stays unavailable this long ends the subscriptions on it. */
  upstreamPatienceMs: number
  /** Closing waits this long for what is under way, then ends it. */
  stopMs: number
}

export const DEFAULT_LIMITS: RouterLimits = {
  subgraphTimeoutMs: 10_000,
  subgraphResponseBytes: 64_000_000, // a map of 100,000 seats with the ticket type of each is 30 to 40
  answerBytes: 96_000_000,
  largeResponseBytes: 512_000_000,
  mutationsUnderWay: 128,
  mutationsWaiting: 20_000,
  mutationBurstMs: 5_000,
  mutationWaitMs: 1_500,
  slowReaderMs: 20_000,
  slowestBytesPerMs: 50,
  requestMs: 20_000,
  headersMs: 10_000,
  connectionCheckMs: 2_000,
  connections: 50_000,
  supergraphPollMs: 1_000,
  revocationPollMs: 1_000,
  keyCooldownMs: 5_000,
  requestBytes: 1_000_000,
  frameBytes: 1_000_000,
  initTimeoutMs: 5_000,
  pingIntervalMs: 12_000,
  operationsPerSocket: 100,
  messageBurst: 500,
  messagesPerSecond: 50,
  idleSocketMs: 600_000,
  socketsPerViewer: 25,
  socketsPerAddress: 500,
  upstreamOperations: 10_000, // a subgraph's socket takes twice as many at once, as when they are all opened again
  eventsPerSubscriber: 1_000,
  reconnectMs: 100,
  upstreamPatienceMs: 60_000,
  stopMs: 10_000,
}

/** How the program is to run. */
export interface ProcessSettings {
  /** Processes that share the port; with one, it is this process itself. */
  workers: number
  stopTimes: StopTimes
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
    return { workers: env.ROUTER_WORKERS, stopTimes: stopTimes(env), router }
  }
  const env = readSettings(platformEnv, source)
  const router = {
    ...commonOf(env),
    serviceSecret: env.SERVICE_SECRET,
    redisUrl: env.REDIS_URL,
    subgraphs: Object.fromEntries(SUBGRAPHS.map((name) => [name, env[urlSetting(name)]])),
    userUrl: env.USER_URL,
    webUrl: env.WEB_URL,
    rates: ratesOf(env),
    supergraphFile: env.SUPERGRAPH_FILE,
  }
  return { workers: env.ROUTER_WORKERS, stopTimes: stopTimes(env), router }
}

/**
 * Of a mobile network thousands may have one address: hence so much. Where no proxy is trusted an address may be that of one, which all share: there
 * those who are not signed in are limited only by who says how.
 */
const ANONYMOUS = { requests: 300_000, cost: 900_000_000 }

const ratesOf = (env: z.infer<typeof platformEnv>): HourlyRates => {
  const usual = env.TRUSTED_PROXIES.length > 0 ? ANONYMOUS : { requests: 0, cost: 0 }
  return {
    accountRequests: env.ACCOUNT_REQUESTS_PER_HOUR,
    accountCost: env.ACCOUNT_COST_PER_HOUR,
    anonymousRequests: env.ANONYMOUS_REQUESTS_PER_HOUR ?? usual.requests,
    anonymousCost: env.ANONYMOUS_COST_PER_HOUR ?? usual.cost,
  }
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

const commonOf = (env: z.infer<typeof genericEnv>): Omit<CommonSettings, 'subgraphs' | 'supergraphFile'> => ({
  host: env.HOST,
  port: env.PORT,
  logLevel: env.LOG_LEVEL,
  allowedOrigins: env.ALLOWED_ORIGINS,
  allowedHosts: env.ALLOWED_HOSTS,
  trustedProxies: env.TRUSTED_PROXIES,
  hstsSeconds: env.HSTS_SECONDS,
  metricsToken: env.METRICS_TOKEN,
  limits: { stopMs: stopTimes(env).stopMs },
  explorer: env.EXPLORER ?? (env.NODE_ENV === 'production' ? 'ide' : 'sandbox'),
})
