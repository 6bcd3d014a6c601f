import type { IncomingHttpHeaders } from 'node:http'
import { pipeline } from 'node:stream/promises'
import type { PeerBreaker } from '@karcis/kit/breakers/peer-breaker'
import { REQUEST_ID_HEADER } from '@karcis/kit/contracts/requests'
import { Agent, type Dispatcher } from 'undici'
import type { Check } from './probes.ts'
import type { Handler, HttpRequest } from './http-server.ts'
import { refuseForNow } from './subgraph-files.ts'

/** Until the head of an answer; and then, between two pieces of it. */
const TIMEOUT_MS = 10_000
/** What one answer takes is a few milliseconds: as many as come at once when a sale opens. */
const CONNECTIONS = 256

/** What of a request goes on. No token is ever sent to a page, and cookies that sign in are for GraphQL only. */
const ASKED_WITH = [
  'accept',
  'accept-encoding',
  'accept-language',
  'cookie',
  'if-none-match',
  'user-agent',
] as const

/** What of an answer is between us and the web process alone. */
const OF_THE_CONNECTION = new Set([
  'connection',
  'date',
  'keep-alive',
  'trailer',
  'transfer-encoding',
  'vary',
])

export interface Web extends AsyncDisposable {
  /** Answers GET and HEAD with what the web process has at that path. */
  pass: Handler
  /** For `/health`. */
  whyNotReady: Check
}

/**
 * Passes on to the process of the web app what browsers ask for beside the API, so that both are of one origin.
 * @param webUrl its base URL. @param breaker around it.
 */
export function createWeb(webUrl: string, breaker: PeerBreaker): Web {
  const agent = new Agent({ connections: CONNECTIONS, headersTimeout: TIMEOUT_MS, bodyTimeout: TIMEOUT_MS })
  const origin = new URL(webUrl).origin

  async function pass(http: HttpRequest): Promise<void> {
    const leaving = new AbortController()
    http.waiting.add({ waitEnded: () => leaving.abort() })
    const answer = await ask(http, leaving.signal)
    if (!answer || answer.statusCode >= 500) {
      await answer?.body.dump()
      return refuse(http)
    }
    const { request, response, log } = http
    response.writeHead(answer.statusCode, headersOf(answer.headers, response.getHeader('vary')))
    response.setTimeout(TIMEOUT_MS, () => response.destroy()) // who takes nothing for so long
    if (request.method === 'HEAD') {
      await answer.body.dump()
      return void response.end()
    }
    // Whatever breaks off on either side breaks the other off: what is not whole is not taken for whole.
    await pipeline(answer.body, response).catch((error: Error) => {
      log.info({ reason: error.message }, 'a page was not read to its end')
    })
  }

  /** The web process' answer; undefined when there is none. */
  async function ask(
    { request, url, address, requestId, log }: HttpRequest,
    signal: AbortSignal,
  ): Promise<Dispatcher.ResponseData | undefined> {
    const headers: Record<string, string> = {
      [REQUEST_ID_HEADER]: requestId,
      'x-forwarded-for': address ?? '',
    }
    for (const name of ASKED_WITH) {
      const value = request.headers[name]
      if (value !== undefined) headers[name] = value
    }
    const method = request.method === 'HEAD' ? 'HEAD' : 'GET'
    const path = url.pathname + url.search
    try {
      return await breaker.run(() => agent.request({ origin, path, method, headers, signal }))
    } catch (error) {
      if (!signal.aborted) log.warn({ err: error }, 'the web process could not be asked')
      return undefined
    }
  }

  return {
    pass,
    async whyNotReady() {
      try {
        const { statusCode, body } = await agent.request({ origin, path: '/ready', method: 'GET' })
        await body.dump()
        return statusCode === 200 ? null : 'it does not take requests'
      } catch {
        return 'it does not answer'
      }
    },
    [Symbol.asyncDispose]: () => agent.close(),
  }
}

/** @param vary what our own headers depend on. */
function headersOf(answered: IncomingHttpHeaders, vary: unknown): IncomingHttpHeaders {
  const headers = Object.entries(answered).filter(([name]) => !OF_THE_CONNECTION.has(name))
  const depends = [vary, answered.vary].filter(Boolean).join(', ')
  return { ...Object.fromEntries(headers), ...(depends && { vary: depends }) }
}

/** A person reads it in a browser: in both languages, since nobody is there who knows theirs. */
const AWAY = `<!doctype html>
<html lang="id"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Karcis</title>
<h1>Sebentar lagi kembali</h1>
<p>Halaman ini sedang tidak dapat dibuka. Tiket dan pembayaran Anda aman. Muat ulang dalam beberapa detik.</p>
<section lang="en"><h2>Back in a moment</h2>
<p>This page cannot be shown right now. Your tickets and payments are safe. Reload in a few seconds.</p></section>
`

function refuse(http: HttpRequest): void {
  const { request, response } = http
  if (response.destroyed) return
  const headers = { 'cache-control': 'no-store', 'retry-after': '5' }
  if (!String(request.headers.accept).includes('text/html')) return refuseForNow(http, headers)
  response
    .writeHead(503, {
      ...headers,
      'content-type': 'text/html; charset=utf-8',
      'content-length': Buffer.byteLength(AWAY),
    })
    .end(request.method === 'HEAD' ? undefined : AWAY)
}
