import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import {
  codedSeatLayoutPath,
  SEAT_LAYOUTS_FOLDER,
  type SeatLayoutCoding,
  seatLayoutHash,
} from '@karcis/kit/contracts/seat-layouts'
import { sendJson } from '@karcis/kit/http'
import type { ServiceTokens } from '@karcis/kit/service-token'
import { Agent } from 'undici'
import { errorBody } from '../errors.ts'
import type { Peers } from '../subgraphs/peers.ts'
import type { Handler, HttpRequest } from './http-server.ts'
import { accepts, createKeptFiles } from './kept-files.ts'

const TIMEOUT_MS = 10_000
/** What is sent to a stadium's buyers again and again comes from memory: some hundred of the largest. */
const MAX_BYTES = 32_000_000

export interface SeatLayouts extends AsyncDisposable {
  routes: Record<string, Handler>
}

/**
 * Where the seats of maps stand: files named after what is in them, which never change, so that browsers and whatever is in between
 * may keep them for ever. They come compressed from the ticket subgraph, and are kept here for a while.
 * @param ticketUrl base URL of the ticket subgraph.
 */
export function createSeatLayouts(ticketUrl: string, tokens: ServiceTokens, peers: Peers): SeatLayouts {
  const agent = new Agent({ connections: 8, headersTimeout: TIMEOUT_MS, bodyTimeout: TIMEOUT_MS })
  const find = createKeptFiles({ name: 'ticket', url: ticketUrl, tokens, peers, agent, maxBytes: MAX_BYTES })

  async function serve(http: HttpRequest): Promise<void> {
    const { request, response, url } = http
    const hash = seatLayoutHash(url.pathname.slice(SEAT_LAYOUTS_FOLDER.length))
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return sendJson(response, 405, errorBody('BAD_USER_INPUT', 'A seat layout is read by GET.'), {
        allow: 'GET, HEAD',
      })
    if (hash === null) return refuse(http, 404)
    const etag = `"${hash}"`
    const headers = { ...FOR_EVER, etag }
    // Who has it has what is in it: the name says so.
    if (request.headers['if-none-match'] === etag) return void response.writeHead(304, headers).end()
    const coding = codingFor(request.headers['accept-encoding'])
    const answer = await find(http, codedSeatLayoutPath(hash, coding ?? 'gzip'))
    if ('status' in answer) return refuse(http, answer.status)
    const body = coding === null ? await promisify(gunzip)(answer.body) : answer.body
    response.writeHead(200, {
      ...headers,
      'content-type': 'application/json',
      'content-length': body.length,
      ...(coding !== null && { 'content-encoding': coding }),
    })
    response.end(request.method === 'HEAD' ? undefined : body)
  }

  return { routes: { [SEAT_LAYOUTS_FOLDER]: serve }, [Symbol.asyncDispose]: () => agent.close() }
}

/** For every page alike: what is kept in between for one may be given to another. */
const FOR_EVER = {
  'cache-control': 'public, max-age=31536000, immutable',
  'access-control-allow-origin': '*',
  vary: 'Accept-Encoding',
}

/** The shortest that the client takes; null: as it is. */
function codingFor(accepted: string | undefined): SeatLayoutCoding | null {
  if (accepts(accepted, 'br')) return 'br'
  return accepts(accepted, 'gzip') ? 'gzip' : null
}

function refuse({ response }: HttpRequest, status: number): void {
  const noStore = { 'cache-control': 'no-store' }
  if (status === 404)
    return sendJson(response, 404, errorBody('NOT_FOUND', 'There is no such seat layout.'), noStore)
  const facts = { retryAfterSeconds: 5 }
  sendJson(response, 503, errorBody('SERVICE_UNAVAILABLE', 'Try again shortly.', facts), noStore)
}
