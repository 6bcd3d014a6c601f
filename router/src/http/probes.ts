import { sendJson } from '@karcis/kit/http'
import type { Handler } from './http-server.ts'

export interface Probes {
  version: string
  /** By the name that `/health` shows; each says whether that part can serve. */
  checks: Record<string, () => Promise<boolean>>
  /** Whether this process itself takes requests. */
  isReady(): boolean
}

/**
 * For orchestrators, balancers and monitoring: `/live` (it runs, otherwise restart it), `/ready` (send requests here), `/health`
 * (it and all that it needs).
 */
export function createProbes({
  version,
  checks,
  isReady,
}: Probes): Record<'/live' | '/ready' | '/health', Handler> {
  return {
    '/live': ({ response }) => sendJson(response, 200, { status: 'ok' }),

    '/ready': ({ response }) =>
      isReady()
        ? sendJson(response, 200, { status: 'ok' })
        : sendJson(response, 503, { status: 'unavailable' }),

    '/health': async ({ response }) => {
      const results = await Promise.all(
        Object.entries(checks).map(
          async ([name, check]) => [name, { status: status(await check()) }] as const,
        ),
      )
      const healthy = isReady() && results.every(([, result]) => result.status === 'ok')
      const body = { status: status(healthy), version, checks: Object.fromEntries(results) }
      sendJson(response, healthy ? 200 : 503, body, { 'cache-control': 'no-store' })
    },
  }
}

const status = (fine: boolean): 'ok' | 'unavailable' => (fine ? 'ok' : 'unavailable')
