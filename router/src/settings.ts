import { baseSettings } from '@karcis/kit/env'
import { z } from 'zod'

const baseUrl = z.url({ protocol: /^https?$/, error: 'must be an http:// or https:// URL' })

/** Settings of the router process. The four URLs are base URLs: `http://127.0.0.1:4001`, without a path. */
export const routerEnv = baseSettings.extend({
  PORT: z.coerce.number().int().min(0).max(65_535).default(4000),
  USER_URL: baseUrl,
  EVENT_URL: baseUrl,
  TICKET_URL: baseUrl,
  BOOKING_URL: baseUrl,
  SUPERGRAPH_FILE: z.string().default('schema/supergraph.graphql'),
  ALLOWED_ORIGINS: z
    .string()
    .default('')
    .transform((list) => list.split(',').flatMap((origin) => origin.trim() || [])),
})

/** What a router needs to start. */
export interface RouterSettings {
  host: string
  port: number
  logLevel: string
  serviceSecret: string
  redisUrl: string
  /** Base URL by subgraph name; it must have every subgraph that the supergraph names. */
  subgraphs: Record<string, string>
  /** Base URL of the subgraph that knows keys and revocations. */
  userUrl: string
  supergraphFile: string
  /** Origins of other sites whose pages may call, beside Apollo's own. */
  allowedOrigins: string[]
  limits?: Partial<RouterLimits>
}

/** What bounds one router. Production runs on the defaults; tests reach a bound sooner. */
export interface RouterLimits {
  /** A subgraph that has not answered in full by then counts as away. */
  subgraphTimeoutMs: number
  subgraphResponseBytes: number
  /** How often the supergraph file is looked at. */
  supergraphPollMs: number
  /** How often the user subgraph is asked for revoked sessions and changed users. */
  revocationPollMs: number
  /** An unknown key id makes the keys be fetched again at most this often. */
  keyCooldownMs: number
  requestBytes: number
  frameBytes: number
  /** A socket that has not introduced itself by then is closed. */
  initTimeoutMs: number
  pingIntervalMs: number
  operationsPerSocket: number
  socketsPerViewer: number
  /** Events that may wait for one subscriber. */
  eventsPerSubscriber: number
  /** First wait before an upstream subscription that was lost is opened again; it doubles up to 5 s. */
  reconnectMs: number
  /** An upstream that stays away this long ends the subscriptions on it. */
  upstreamPatienceMs: number
  /** Closing waits this long for what is under way, then cuts it. */
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
