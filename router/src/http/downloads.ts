import { pipeline } from 'node:stream/promises'
import { DOWNLOAD_FOLDERS, isDownload } from '@karcis/kit/contracts/downloads'
import type { SubgraphName } from '@karcis/kit/contracts/subgraphs'
import { REQUEST_ID_HEADER } from '@karcis/kit/contracts/requests'
import { sendJson } from '@karcis/kit/http'
import { SERVICE_TOKEN_HEADER, type ServiceTokens } from '@karcis/kit/service-token'
import { Agent, type Dispatcher } from 'undici'
import { errorBody } from '../errors.ts'
import type { Handler, HttpRequest } from './http-server.ts'

const BOOKING: SubgraphName = 'booking'

/** The first byte of a file; and then, between two. */
const TIMEOUT_MS = 30_000
/** So many files are on their way at a time: each keeps a connection to the subgraph. */
const AT_ONCE = 16

/** What booking's refusals are answered with; by status. */
const REFUSALS: Record<number, { code: 'NOT_FOUND' | 'RATE_LIMITED'; message: string }> = {
  404: { code: 'NOT_FOUND', message: 'There is no such file, or its time is over: ask for a new link.' },
  429: { code: 'RATE_LIMITED', message: 'Too many files at once. Wait a while.' },
}

/** What of a file's headers goes on to whoever asked for it. */
const PASSED_ON = ['content-type', 'content-disposition', 'content-length'] as const

export interface Downloads extends AsyncDisposable {
  routes: Record<string, Handler>
}

/**
 * Files of the booking subgraph, by links that it has signed: whether a link is good is its to say. They are passed on as they come,
 * no faster than they are read, and kept nowhere.
 * @param bookingUrl base URL of the booking subgraph.
 */
export function createDownloads(bookingUrl: string, tokens: ServiceTokens): Downloads {
  const agent = new Agent({ connections: AT_ONCE, headersTimeout: TIMEOUT_MS, bodyTimeout: TIMEOUT_MS })
  const origin = new URL(bookingUrl).origin
  const signer = tokens.to(BOOKING)
  let underWay = 0

  async function download(http: HttpRequest): Promise<void> {
    const { request, response, url } = http
    if (request.method !== 'GET')
      return sendJson(response, 405, errorBody('BAD_USER_INPUT', 'A file is read by GET.'), { allow: 'GET' })
    if (!isDownload(url.pathname)) return refuse(http, 404)
    if (underWay >= AT_ONCE) return refuse(http, 429)
    underWay += 1
    try {
      const answer = await ask(http, url.pathname)
      if (answer?.statusCode === 200) return await passOn(http, answer)
      await answer?.body.dump()
      refuse(http, answer?.statusCode ?? 503)
    } finally {
      underWay -= 1
    }
  }

  /** Booking's answer; undefined when there is none. */
  async function ask(http: HttpRequest, path: string): Promise<Dispatcher.ResponseData | undefined> {
    const token = await signer.sign(null)
    const headers = { [SERVICE_TOKEN_HEADER]: token, [REQUEST_ID_HEADER]: http.requestId }
    try {
      return await agent.request({ origin, path, method: 'GET', headers })
    } catch (error) {
      http.log.warn({ err: error }, 'a file could not be asked for')
      return undefined
    }
  }

  const routes = DOWNLOAD_FOLDERS.map((folder) => [folder, download])
  return { routes: Object.fromEntries(routes), [Symbol.asyncDispose]: () => agent.close() }
}

async function passOn({ response, log }: HttpRequest, answer: Dispatcher.ResponseData): Promise<void> {
  const headers = PASSED_ON.flatMap((name) => {
    const value = answer.headers[name]
    return typeof value === 'string' ? [[name, value]] : []
  })
  response.writeHead(200, { ...Object.fromEntries(headers), 'cache-control': 'no-store' })
  response.setTimeout(TIMEOUT_MS, () => response.destroy()) // who takes nothing for so long
  // Whatever breaks off on either side breaks the other off: what is not whole is not taken for whole.
  await pipeline(answer.body, response).catch((error: Error) => {
    log.info({ reason: error.message }, 'a file was not read to its end')
  })
}

function refuse({ response }: HttpRequest, status: number): void {
  const refusal = REFUSALS[status]
  if (refusal) return sendJson(response, status, errorBody(refusal.code, refusal.message), NO_STORE)
  const facts = { retryAfterSeconds: 5 }
  sendJson(response, 503, errorBody('SERVICE_UNAVAILABLE', 'Try again shortly.', facts), NO_STORE)
}

const NO_STORE = { 'cache-control': 'no-store' }
