import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { closeHttp, createDrain, createHttpServer, listen, sendJson } from '@karcis/kit/http'
import type { Running } from '@karcis/kit/lifecycle'
import { createLog } from '@karcis/kit/log'
import {
  figure,
  mayReadMetrics,
  METRICS_PATH,
  METRICS_TYPE,
  metricsText,
  processMetrics,
} from '@karcis/kit/metrics'
import { createApi } from './api.ts'
import { readBuild } from './build-files.ts'
import { loadDraw } from './drawing.ts'
import { createEmbeds, OPEN_TO_ALL } from './embeds.ts'
import { createPages } from './pages.ts'
import { pagePolicy, PAGE_HEADERS, scriptPolicy } from './policy.ts'
import { preferencesOf } from './preferences.ts'
import { createPublicPages, isListed } from './public-pages.ts'
import { createSender } from './sender.ts'
import type { WebSettings } from './settings.ts'
import { createSiteMap } from './site-map.ts'

/** Where `npm run build:web` puts what this serves. */
const BUILD = join(import.meta.dirname, '../dist')

/** A running web server. */
export interface WebServer extends Required<Running>, AsyncDisposable {
  port: number
}

/**
 * Starts the server of the web app: the files of the build, and for every other path the app's page, which for what anybody may see is drawn already, and
 * has with it what the app would ask first.
 * @throws Error when the app is not built, or the port cannot be had. The router may be away: pages are bare then.
 */
export async function createWebServer(settings: WebSettings): Promise<WebServer> {
  const log = createLog('web', settings.logLevel)
  const build = readBuild(BUILD)
  await using stack = new AsyncDisposableStack()
  const api = stack.use(createApi(settings.routerUrl, log))
  const found = createPublicPages(api, settings.publicUrl, log)
  const pages = createPages(build, await loadDraw(BUILD, log), settings.publicUrl)
  const siteMap = createSiteMap(api, settings.publicUrl, log)
  const embeds = createEmbeds(api, settings.publicUrl, log)
  const sender = createSender()
  const scripts = scriptPolicy(settings)
  let served = 0
  let draining = false

  const server = createHttpServer((request, response) => {
    served += 1
    serve(request, response).catch((error: unknown) => {
      log.error({ err: error }, 'request failed')
      if (response.headersSent) return void response.destroy()
      sendJson(response, 500, { error: 'Something went wrong on our side.' })
    })
  })

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = URL.parse(request.url ?? '/', 'http://localhost')
    response.setHeader('x-content-type-options', 'nosniff')
    if (!url) return nothing(response)
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return sendJson(response, 405, { error: 'Pages are read by GET.' }, { allow: 'GET, HEAD' })
    const { pathname } = url
    if (pathname === '/live') return sendJson(response, 200, { status: 'ok' })
    if (pathname === '/ready')
      return sendJson(response, draining ? 503 : 200, { status: draining ? 'unavailable' : 'ok' }, NO_STORE)
    if (pathname === METRICS_PATH) return metrics(request, response)
    const file = build.files.get(pathname)
    if (file) {
      const headers = file.type.startsWith('text/javascript') ? { 'content-security-policy': scripts } : {}
      return sender.sendFile(request, response, file, { ...headers, ...openTo(pathname) })
    }
    const text = await (siteMap.find(pathname) ?? embeds.find(pathname))
    if (text) return sender.sendText(request, response, text)
    if (isNoPage(pathname)) return nothing(response, openTo(pathname))
    await page(request, response, url)
  }

  async function page(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    const { pathname, search } = url
    const asked = found.find(url)
    const known = (await asked) ?? null
    if (known?.status === 200 && known.path !== pathname)
      return void response
        .writeHead(301, { location: known.path + search, 'cache-control': 'public, max-age=300' })
        .end()
    const preferences = preferencesOf(request.headers)
    const { language, theme } = preferences
    const listed = known !== null || isListed(pathname)
    // What only the app knows looks the same at every path; and so does what nobody can be asked for just now. A page that is drawn is not the bare one of its path.
    const name = known ? pathname : listed ? `bare ${pathname}` : asked ? 'unknown' : 'hidden'
    await sender.sendPage(request, response, {
      status: known?.status ?? 200,
      name: `${name} ${language} ${theme ?? ''}`,
      of: known ?? build,
      write: () => pages.write(known, listed ? pathname : null, asked === undefined && !listed, preferences),
      headers: {
        ...PAGE_HEADERS,
        'content-security-policy': pagePolicy(settings, pathname, pages.styleSources(known)),
        'content-language': language,
        'cache-control': 'no-cache',
        vary: 'Accept-Encoding, Accept-Language, Cookie',
      },
    })
  }

  function metrics(request: IncomingMessage, response: ServerResponse): void {
    if (!mayReadMetrics(request, settings.metricsToken)) return nothing(response)
    const own = figure('karcis_web_requests_total', 'counter', 'Requests that were taken.', served)
    response
      .writeHead(200, { 'content-type': METRICS_TYPE, ...NO_STORE })
      .end(metricsText([...processMetrics(log), own]))
  }

  const drain = createDrain(server)
  const port = await listen(server, settings.port, settings.host)
  stack.defer(() => closeHttp(server, settings.stopMs))
  const running = stack.move()
  return {
    url: `http://${settings.host}:${port}`,
    port,
    drain() {
      draining = true
      drain.begin()
    },
    close: () => running.disposeAsync(),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

const NO_STORE = { 'cache-control': 'no-store' }

/** The element that other sites put into their pages is a script of ours there, and what it asks for it may read, also that there is no such event. */
const openTo = (path: string): Record<string, string> =>
  path === '/embed.js' || path.startsWith('/embed/') ? OPEN_TO_ALL : {}

/** What looks like a file is none of the app's pages, and neither is what only the server has. */
const isNoPage = (path: string): boolean =>
  /\.[\w-]{1,12}$/.test(path) || /^\/(assets|icons|embed)\//.test(path)

function nothing(response: ServerResponse, headers: Record<string, string> = {}): void {
  sendJson(response, 404, { error: 'There is nothing at this path.' }, { ...NO_STORE, ...headers })
}
