import { pipeline } from 'node:stream/promises'
import type { SubgraphName } from '@karcis/kit/contracts/subgraphs'
import { REQUEST_ID_HEADER } from '@karcis/kit/contracts/requests'
import { hasEtag, sendJson } from '@karcis/kit/http'
import { type Bearer, SERVICE_TOKEN_HEADER, type ServiceTokens } from '@karcis/kit/service-token'
import { Agent, type Dispatcher } from 'undici'
import type { Peers } from '../subgraphs/peers.ts'
import { errorBody } from '../errors.ts'
import type { HttpRequest } from './http-server.ts'

/** The first byte of a file; and then, between two. */
const TIMEOUT_MS = 30_000
/** What of a file's headers goes on to whoever asked for it. */
const PASSED_ON = ['content-type', 'content-disposition', 'content-length', 'etag', 'last-modified'] as const

/** What is asked of a subgraph. */
interface FileAsk {
  /** With its query. */
  path: string
  /** On whose behalf; null: whoever has the link. */
  viewer: Bearer | null
  headers?: Record<string, string>
  /** Who may keep it. */
  cacheControl: string
}

export interface SubgraphFiles extends AsyncDisposable {
  /**
   * Passes a file on as it comes, no faster than it is read, and keeps it nowhere.
   * @param refuse answers in its place what the subgraph refuses, by its status: 429 when too many are on their way, 503 when it does not answer.
   */
  pass(http: HttpRequest, ask: FileAsk, refuse: (status: number, body: string) => void): Promise<void>
}

/**
 * Files that a subgraph makes.
 * @param url its base URL. @param atOnce so many are on their way at a time: each keeps a connection to the subgraph.
 */
export function createSubgraphFiles(
  name: SubgraphName,
  url: string,
  tokens: ServiceTokens,
  peers: Peers,
  atOnce: number,
): SubgraphFiles {
  const agent = new Agent({ connections: atOnce, headersTimeout: TIMEOUT_MS, bodyTimeout: TIMEOUT_MS })
  const origin = new URL(url).origin
  const signer = tokens.to(name)
  const breaker = peers.to(name, url)
  let underWay = 0

  /** The subgraph's answer; undefined when there is none. */
  async function ask(
    http: HttpRequest,
    { path, viewer, headers }: FileAsk,
  ): Promise<Dispatcher.ResponseData | undefined> {
    const token = await signer.sign(viewer)
    const sent = { ...headers, [SERVICE_TOKEN_HEADER]: token, [REQUEST_ID_HEADER]: http.requestId }
    try {
      return await breaker.run(() => agent.request({ origin, path, method: 'GET', headers: sent }))
    } catch (error) {
      http.log.warn({ err: error }, 'a file could not be asked for')
      return undefined
    }
  }

  return {
    async pass(http, asked, refuse) {
      if (underWay >= atOnce) return refuse(429, '')
      underWay += 1
      try {
        const answer = await ask(http, asked)
        if (answer?.statusCode === 200) return await passOn(http, answer, asked.cacheControl)
        refuse(answer?.statusCode ?? 503, (await answer?.body.text()) ?? '')
      } finally {
        underWay -= 1
      }
    },
    [Symbol.asyncDispose]: () => agent.close(),
  }
}

async function passOn(
  { request, response, log }: HttpRequest,
  answer: Dispatcher.ResponseData,
  cacheControl: string,
): Promise<void> {
  const { etag } = answer.headers
  if (typeof etag === 'string' && hasEtag(request.headers['if-none-match'], etag)) {
    await answer.body.dump()
    return void response.writeHead(304, { etag, 'cache-control': cacheControl }).end()
  }
  const headers = PASSED_ON.flatMap((name) => {
    const value = answer.headers[name]
    return typeof value === 'string' ? [[name, value]] : []
  })
  response.writeHead(200, { ...Object.fromEntries(headers), 'cache-control': cacheControl })
  response.setTimeout(TIMEOUT_MS, () => response.destroy()) // who takes nothing for so long
  // Whatever breaks off on either side breaks the other off: what is not whole is not taken for whole.
  await pipeline(answer.body, response).catch((error: Error) => {
    log.info({ reason: error.message }, 'a file was not read to its end')
  })
}

/** Whatever the subgraph said that clients are not to hear: it is away, or has a fault. */
export function refuseForNow({ response }: HttpRequest, headers: Record<string, string>): void {
  const facts = { retryAfterSeconds: 5 }
  sendJson(response, 503, errorBody('SERVICE_UNAVAILABLE', 'Try again shortly.', facts), headers)
}
