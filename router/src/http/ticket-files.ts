import type { SubgraphName } from '@karcis/kit/contracts/subgraphs'
import { TICKETS_FOLDER, ticketFileOf } from '@karcis/kit/contracts/ticket-files'
import { ERROR_CODES, KarcisError } from '@karcis/kit/errors'
import { sendJson } from '@karcis/kit/http'
import type { Bearer, ServiceTokens } from '@karcis/kit/service-token'
import { z } from 'zod'
import { errorBody } from '../errors.ts'
import type { Authenticator } from '../security/authenticate.ts'
import type { Peers } from '../subgraphs/peers.ts'
import type { Handler, HttpRequest } from './http-server.ts'
import { createSubgraphFiles, refuseForNow } from './subgraph-files.ts'

const TICKET: SubgraphName = 'ticket'
/** Some 20 kB each: there are many when a sale has begun. */
const AT_ONCE = 64

/** A ticket is somebody's: nobody in between keeps it, and a browser no longer than it shows it. */
const HEADERS = { 'cache-control': 'private, no-store', vary: 'Authorization, Accept-Language' }

/** Statuses that are the subgraph's to say, with what it says beside them; all else is that it is away. */
const PASSED_ON = new Set([400, 401, 403, 404, 410, 429])
const failure = z.object({
  errors: z
    .array(z.object({ message: z.string(), extensions: z.looseObject({ code: z.enum(ERROR_CODES) }) }))
    .min(1),
})

export interface TicketFiles extends AsyncDisposable {
  routes: Record<string, Handler>
}

/**
 * Tickets as documents, by links that the ticket subgraph has signed, or by their ids for whoever sends their token along: who may have
 * which is its to say.
 * @param ticketUrl base URL of the ticket subgraph.
 * @param otherwise answers what names no file: pages of the web app that show tickets are in the same folder.
 */
export function createTicketFiles(
  ticketUrl: string,
  tokens: ServiceTokens,
  peers: Peers,
  { authenticate }: Pick<Authenticator, 'authenticate'>,
  otherwise?: Handler,
): TicketFiles {
  const files = createSubgraphFiles(TICKET, ticketUrl, tokens, peers, AT_ONCE)

  async function serve(http: HttpRequest): Promise<void> {
    const { request, response, url } = http
    if (request.method !== 'GET')
      return sendJson(response, 405, errorBody('BAD_USER_INPUT', 'A ticket is read by GET.'), {
        allow: 'GET',
      })
    if (!ticketFileOf(url.pathname.slice(TICKETS_FOLDER.length)))
      return otherwise ? void (await otherwise(http)) : refuse(http, 404, '')
    let viewer: Bearer | null
    try {
      viewer = (await authenticate(request.headers.authorization))?.viewer ?? null
    } catch (error) {
      if (!(error instanceof KarcisError)) throw error
      const status = error.code === 'SERVICE_UNAVAILABLE' ? 503 : 401
      return sendJson(response, status, errorBody(error.code, error.message, error.facts), HEADERS)
    }
    const language = request.headers['accept-language']
    const lang = url.searchParams.get('lang')
    await files.pass(
      http,
      {
        path: url.pathname + (lang === null ? '' : `?${new URLSearchParams({ lang })}`),
        viewer,
        headers: language === undefined ? {} : { 'accept-language': language },
        cacheControl: HEADERS['cache-control'],
      },
      (status, body) => refuse(http, status, body),
    )
  }

  return { routes: { [TICKETS_FOLDER]: serve }, [Symbol.asyncDispose]: () => files[Symbol.asyncDispose]() }
}

/** @param body of the subgraph's answer; empty where there is none. */
function refuse(http: HttpRequest, status: number, body: string): void {
  const said = body === '' ? undefined : failure.safeParse(parse(body)).data?.errors[0]
  if (!PASSED_ON.has(status)) return refuseForNow(http, HEADERS)
  if (said) {
    const { code, ...facts } = said.extensions
    return sendJson(http.response, status, errorBody(code, said.message, facts), HEADERS)
  }
  const refusal =
    status === 429
      ? errorBody('RATE_LIMITED', 'Too many tickets at once. Wait a while.')
      : errorBody('NOT_FOUND', 'There is no such file, or its time is over: ask for a new link.')
  sendJson(http.response, status, refusal, HEADERS)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
