import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { Handler } from './http-server.ts'
import { createIdeFetcher } from './ide-fetcher.ts'

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

interface Page {
  html: Buffer
  compressed: Buffer
  etag: string
}

/** A GraphQL IDE for places without internet: the same endpoint over HTTP, and subscriptions over its WebSocket. */
export function createIde(endpoint: string): Handler {
  let page: Promise<Page> | undefined

  return async ({ request, response }) => {
    page ??= render(endpoint)
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

/** Made when it is first asked for, and cached: it is nine megabytes of text. */
async function render(endpoint: string): Promise<Page> {
  const { renderGraphiQL } = await import('@graphql-yoga/render-graphiql')
  const html = Buffer.from(withFetcher(renderGraphiQL({ title: 'Karcis', defaultQuery: WELCOME }), endpoint))
  const etag = `"${createHash('sha256').update(html).digest('base64url').slice(0, 22)}"`
  return { html, compressed: await promisify(gzip)(html), etag }
}

const START = 'YogaGraphiQL.renderYogaGraphiQL('

/** The package takes options as JSON only, and its own way of subscribing does not send the token. */
function withFetcher(html: string, endpoint: string): string {
  const at = html.lastIndexOf(START)
  if (at < 0) throw new Error('the page of the IDE is not as expected')
  const fetcher = `(${createIdeFetcher.toString()})(new URL(${JSON.stringify(endpoint)}, location.href).href)`
  const start = `((root, options) => ${START}root, { ...options, fetcher: ${fetcher} }))(`
  return html.slice(0, at) + start + html.slice(at + START.length)
}

const WELCOME = `# Karcis. Sign in with the login mutation, then set the header
# { "Authorization": "Bearer <accessToken>" } below, for subscriptions too.
{
  __typename
}
`
