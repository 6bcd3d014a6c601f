import { baseSettings, readSettings, type StopTimes, stopTimes, unlessEmpty } from '@karcis/kit/env'
import { z } from 'zod'

const baseUrl = z
  .url({ protocol: /^https?$/, error: 'must be an http:// or https:// URL' })
  .transform((url) => url.replace(/\/+$/, ''))

/** Another place that pages show pictures from, or send files to. */
const place = unlessEmpty(baseUrl.optional())

/** Settings of the process that serves the web app. It has no secret and no database: it asks what anybody may. */
export const webSettings = baseSettings
  .pick({
    NODE_ENV: true,
    HOST: true,
    LOG_LEVEL: true,
    METRICS_TOKEN: true,
    DRAIN_SECONDS: true,
    STOP_SECONDS: true,
  })
  .extend({
    PORT: z.coerce.number().int().min(0).max(65_535),
    /** Base URL of the router, for what pages show first. */
    ROUTER_URL: baseUrl,
    /** Where people open Karcis: what links in previews and search engines begin with. */
    PUBLIC_URL: unlessEmpty(baseUrl.default('http://localhost:4000')),
    FILES_ENDPOINT: place,
    FILES_PUBLIC_ENDPOINT: place,
    /** Its `{…}` are what URLs do not have: only where it leads is of interest here. */
    MAP_STATIC_URL: unlessEmpty(z.string().optional()),
  })

export interface WebSettings {
  host: string
  port: number
  logLevel: string
  metricsToken?: string | undefined
  routerUrl: string
  publicUrl: string
  /** Origin that files are sent to, where it is not our own. */
  uploadOrigin?: string | undefined
  /** Origin of maps that are shown as pictures. */
  mapOrigin?: string | undefined
  stopMs: number
}

/** Reads the environment; ends the process when something is missing or wrong. */
export function readWebSettings(): { web: WebSettings; stopTimes: StopTimes } {
  const env = readSettings(webSettings)
  const times = stopTimes(env)
  const web = {
    host: env.HOST,
    port: env.PORT,
    logLevel: env.LOG_LEVEL,
    metricsToken: env.METRICS_TOKEN,
    routerUrl: env.ROUTER_URL,
    publicUrl: env.PUBLIC_URL,
    uploadOrigin: originOf(env.FILES_PUBLIC_ENDPOINT ?? env.FILES_ENDPOINT),
    mapOrigin: originOf(env.MAP_STATIC_URL),
    stopMs: times.stopMs,
  }
  return { web, stopTimes: times }
}

const originOf = (url: string | undefined): string | undefined => {
  const origin = URL.parse(url ?? '')?.origin
  return origin?.startsWith('http') ? origin : undefined
}
