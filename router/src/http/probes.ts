import { sendJson } from '@karcis/kit/http'
import { mayReadMetrics, type Metric, METRICS_PATH, METRICS_TYPE, metricsText } from '@karcis/kit/metrics'
import { errorBody } from '../errors.ts'
import type { Handler } from './http-server.ts'

/** Why something cannot serve now, as may be told to anybody; null when it can. */
export type Check = () => Promise<string | null>

export interface Probes {
  version: string
  /** By the name that `/health` shows. */
  checks: Record<string, Check>
  /** Why this process itself takes no requests; null when it does. */
  whyNotReady(): string | null
  /** What `/metrics` gives, to whom (`mayReadMetrics`). */
  metrics(): Metric[]
  metricsToken: string | undefined
}

interface Health {
  status: 'ok' | 'unavailable'
  version: string
  checks: Record<string, { status: 'ok' | 'unavailable'; reason?: string }>
}

/**
 * For orchestrators, balancers and monitoring: `/live` (it runs, otherwise restart it), `/ready` (send requests here), `/health`
 * (it and all that it needs), `/metrics` (figures).
 */
export function createProbes({
  version,
  checks,
  whyNotReady,
  metrics,
  metricsToken,
}: Probes): Record<'/live' | '/ready' | '/health' | typeof METRICS_PATH, Handler> {
  /** Whoever asks meanwhile is given the same: anybody may ask, and each look costs a request to every subgraph. */
  let looking: Promise<Health> | null = null

  async function look(): Promise<Health> {
    const names = Object.keys(checks)
    const reasons = await Promise.all(Object.values(checks).map((check) => check()))
    const healthy = whyNotReady() === null && reasons.every((reason) => reason === null)
    const results = names.map((name, index) => [name, resultOf(reasons[index] ?? null)])
    return { status: statusOf(healthy), version, checks: Object.fromEntries(results) }
  }

  return {
    '/live': ({ response }) => sendJson(response, 200, { status: 'ok' }),

    '/ready': ({ response }) => {
      const reason = whyNotReady()
      sendJson(response, reason === null ? 200 : 503, resultOf(reason), NO_STORE)
    },

    '/health': async ({ response }) => {
      looking ??= look().finally(() => {
        looking = null
      })
      const health = await looking
      sendJson(response, health.status === 'ok' ? 200 : 503, health, NO_STORE)
    },

    [METRICS_PATH]: ({ request, response }) => {
      if (!mayReadMetrics(request, metricsToken))
        return sendJson(response, 404, errorBody('NOT_FOUND', 'There is nothing at this path.'))
      response.writeHead(200, { 'content-type': METRICS_TYPE, ...NO_STORE }).end(metricsText(metrics()))
    },
  }
}

const NO_STORE = { 'cache-control': 'no-store' }

const resultOf = (reason: string | null) => ({ status: statusOf(reason === null), ...(reason && { reason }) })

const statusOf = (fine: boolean): 'ok' | 'unavailable' => (fine ? 'ok' : 'unavailable')
