import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { Handler } from '../http-server.ts'
import { createIdeFetcher } from './fetcher.ts'
import { createIdeMemory } from './memory.ts'
import type { Tab } from './tabs.ts'

/** Nothing may be loaded from elsewhere: the page is one document with its scripts, styles and workers in it. */
const POLICY = [
  "default-src 'none'",
  "script-src 'unsafe-inline' 'unsafe-eval' blob:",
  "style-src 'unsafe-inline'",
  "img-src 'self' data:",
  'font-src data:',
  'worker-src blob:',
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

export const IDE_PATH = '/ide'

interface Page {
  html: Buffer
  compressed: Buffer
  etag: string
}

/**
 * A GraphQL IDE for places without internet: the same endpoint over HTTP, and subscriptions over its WebSocket.
 * @param tabs that it opens with, when somebody opens it for the first time; without any, with an empty query.
 */
export function createIde(endpoint: string, tabs: Tab[]): Handler {
  let page: Promise<Page> | undefined

  return async ({ request, response }) => {
    page ??= render(endpoint, tabs)
    const { html, compressed, etag } = await page
    const headers = {
      'content-security-policy': POLICY,
      'cache-control': 'no-cache',
      vary: 'Accept-Encoding',
      etag,
    }
    if (request.headers['if-none-match'] === etag) return response.writeHead(304, headers).end()
    const mayCompress = /\bgzip\b/.test(request.headers['accept-encoding'] ?? '')
    response
      .writeHead(200, {
        ...headers,
        'content-type': 'text/html; charset=utf-8',
        ...(mayCompress && { 'content-encoding': 'gzip' }),
      })
      .end(mayCompress ? compressed : html)
  }
}

/** Sends a browser that opens the endpoint itself to the IDE. */
export const orIde =
  (next: Handler): Handler =>
  (http) => {
    const { request, response } = http
    // The URL last: it is parsed when it is first asked for.
    const isPage = request.method === 'GET' && /\btext\/html\b/.test(request.headers.accept ?? '')
    if (!isPage || http.url.searchParams.has('query')) return next(http)
    http.applyHeaders()
    response.writeHead(302, { location: IDE_PATH, 'cache-control': 'no-store' }).end()
  }

/** Made when it is first asked for, and cached: it is nine megabytes of text. */
async function render(endpoint: string, tabs: Tab[]): Promise<Page> {
  const { renderGraphiQL } = await import('@graphql-yoga/render-graphiql')
  const html = Buffer.from(
    withFetcher(renderGraphiQL({ title: 'Karcis', defaultQuery: WELCOME }), endpoint, tabs),
  )
  const etag = `"${createHash('sha256').update(html).digest('base64url').slice(0, 22)}"`
  return { html, compressed: await promisify(gzip)(html), etag }
}

const START = 'YogaGraphiQL.renderYogaGraphiQL('

/** A tab that is pressed would jump to where it stood when the page was built, and miss its click. */
const STYLE = '<style>.graphiql-tab { transform: none !important }</style>'

/** Without it the editors could not be reached. */
const NO_GLOBAL = 'globalAPI: false'

/** The package takes options as JSON only, its own way of subscribing does not send the token, and it knows nothing of tabs. */
function withFetcher(html: string, endpoint: string, tabs: Tab[]): string {
  const at = html.lastIndexOf(START)
  if (at < 0 || !html.includes(NO_GLOBAL)) throw new Error('the page of the IDE is not as expected')
  const setup = `
    const memory = (${createIdeMemory.toString()})(() => globalThis.monaco.editor.getModels())
    const fetcher = (${createIdeFetcher.toString()})(new URL(${inScript(endpoint)}, location.href).href, memory.learn)
    const tabs = ${inScript(tabs)}
    const own = { fetcher, onTabChange: () => queueMicrotask(memory.fill), ...(tabs.length > 0 && { defaultTabs: tabs }) }`
  const start = `((root, options) => {${setup}
    ${START}root, { ...options, ...own }) })(`
  const page = html.slice(0, at).replace('</head>', `${STYLE}</head>`).replace(NO_GLOBAL, 'globalAPI: true')
  return page + start + html.slice(at + START.length)
}

/** JSON in a script of a page, which ends at the first `</script`. */
const inScript = (value: unknown): string => JSON.stringify(value).replaceAll('<', '\\u003c')

const WELCOME = `# Karcis. Sign in with the login mutation, then set the header
# { "Authorization": "Bearer <accessToken>" } below, for subscriptions too.
{
  __typename
}
`
