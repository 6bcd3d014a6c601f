import {
  FILE_UPLOADS_FOLDER,
  FILES_FOLDER,
  IMAGE_FORMATS,
  type ImageFormat,
  imageFileOf,
  imageFilePath,
  MOST_UPLOAD_BYTES,
} from '@karcis/kit/contracts/files'
import { REQUEST_ID_HEADER } from '@karcis/kit/contracts/requests'
import type { SubgraphName } from '@karcis/kit/contracts/subgraphs'
import { sendJson } from '@karcis/kit/http'
import { SERVICE_TOKEN_HEADER, type ServiceTokens } from '@karcis/kit/service-token'
import { Agent } from 'undici'
import { errorBody } from '../errors.ts'
import type { Peers } from '../subgraphs/peers.ts'
import type { Handler, HttpRequest } from './http-server.ts'
import { accepts, createKeptFiles } from './kept-files.ts'
import { refuseForNow } from './subgraph-files.ts'

const USER: SubgraphName = 'user'
const TIMEOUT_MS = 15_000
/** What a page of events shows again and again comes from memory: a thousand pictures of the usual size. */
const MAX_BYTES = 48_000_000
/** Each keeps a connection to the subgraph for as long as whoever sends it takes. */
const SENT_AT_ONCE = 32

export interface Files extends AsyncDisposable {
  routes: Record<string, Handler>
}

/**
 * Pictures that people sent, each named after what is in it, so that browsers and whatever is in between may keep it for ever; and the way by which
 * files are sent to the user subgraph, where it keeps them on a disk of its own.
 * @param userUrl base URL of the user subgraph.
 */
export function createFiles(userUrl: string, tokens: ServiceTokens, peers: Peers): Files {
  const agent = new Agent({ connections: 64, headersTimeout: TIMEOUT_MS, bodyTimeout: TIMEOUT_MS })
  const origin = new URL(userUrl).origin
  const signer = tokens.to(USER)
  const breaker = peers.to(USER, userUrl)
  const find = createKeptFiles({
    name: USER,
    url: userUrl,
    tokens,
    peers,
    agent,
    maxBytes: MAX_BYTES,
    mayKeep: ({ headers }) => headers['cache-control'] === FOR_EVER, // what stands in for a picture is not kept
  })
  let sending = 0

  const serve: Handler = (http) =>
    http.url.pathname.startsWith(FILE_UPLOADS_FOLDER) ? take(http) : show(http)

  async function show(http: HttpRequest): Promise<void> {
    const { request, response, url } = http
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return sendJson(response, 405, errorBody('BAD_USER_INPUT', 'A picture is read by GET.'), {
        allow: 'GET, HEAD',
      })
    const asked = imageFileOf(url.pathname.slice(FILES_FOLDER.length))
    if (!asked) return refuse(http, 404)
    const format = asked.format ?? formatFor(request.headers.accept)
    const etag = `"${asked.key}.${asked.width}.${format}"`
    const headers = { ...HEADERS, ...(asked.format === null && { vary: 'Accept' }) }
    // Who has it has what is in it: the name says so.
    if (request.headers['if-none-match'] === etag)
      return void response.writeHead(304, { ...headers, 'cache-control': FOR_EVER, etag }).end()
    const answer = await find(http, imageFilePath({ ...asked, format }))
    if ('status' in answer) return refuse(http, answer.status)
    const { body } = answer
    const cacheControl = String(answer.headers['cache-control'])
    response.writeHead(200, {
      ...headers,
      'cache-control': cacheControl,
      'content-type': String(answer.headers['content-type']),
      'content-length': body.length,
      ...(cacheControl === FOR_EVER && { etag }),
    })
    response.end(request.method === 'HEAD' ? undefined : body)
  }

  /** Passes on what somebody sends, as it comes: the link says what that may be, which the subgraph knows. */
  async function take(http: HttpRequest): Promise<void> {
    const { request, response, url, requestId, log } = http
    const length = Number(request.headers['content-length'] ?? Number.NaN)
    if (request.method !== 'PUT')
      return sendJson(response, 405, errorBody('BAD_USER_INPUT', 'A file is sent by PUT.'), { allow: 'PUT' })
    if (!(length > 0 && length <= MOST_UPLOAD_BYTES))
      return sendJson(response, 413, errorBody('BAD_USER_INPUT', TOO_LARGE), { connection: 'close' })
    if (sending >= SENT_AT_ONCE)
      return sendJson(
        response,
        429,
        errorBody('RATE_LIMITED', 'Too many files at once. Wait a while.', { retryAfterSeconds: 2 }),
        { connection: 'close' },
      )
    sending += 1
    try {
      const token = await signer.sign(null)
      const answer = await breaker.run(() =>
        agent.request({
          origin,
          path: url.pathname,
          method: 'PUT',
          headers: {
            'content-type': request.headers['content-type'] ?? '',
            'content-length': String(length),
            [SERVICE_TOKEN_HEADER]: token,
            [REQUEST_ID_HEADER]: requestId,
          },
          body: request,
        }),
      )
      const json = await answer.body.json()
      if (PASSED_ON.has(answer.statusCode)) return sendJson(response, answer.statusCode, json, NO_STORE)
      refuseForNow(http, NO_STORE)
    } catch (error) {
      log.info({ err: error }, 'a file was not sent to its end')
      if (!response.headersSent && !response.destroyed)
        refuseForNow(http, { ...NO_STORE, connection: 'close' })
    } finally {
      sending -= 1
    }
  }

  return { routes: { [FILES_FOLDER]: serve }, [Symbol.asyncDispose]: () => agent.close() }
}

const TOO_LARGE = `A file is sent with its length, of at most ${MOST_UPLOAD_BYTES} bytes.`

/** Statuses that are the subgraph's to say. */
const PASSED_ON = new Set([200, 400, 404])

const FOR_EVER = 'public, max-age=31536000, immutable'
const NO_STORE = { 'cache-control': 'no-store' }

/** For every page alike; and opened by itself a picture is nothing but that. */
const HEADERS = {
  'access-control-allow-origin': '*',
  'cross-origin-resource-policy': 'cross-origin',
  'content-security-policy': "default-src 'none'; sandbox",
}

/** The shortest that the client says it takes; JPEG, which all take, where it names none. */
function formatFor(accepted: string | undefined): ImageFormat {
  const formats = Object.keys(IMAGE_FORMATS) as ImageFormat[]
  return formats.find((format) => accepts(accepted, IMAGE_FORMATS[format])) ?? 'jpg'
}

function refuse(http: HttpRequest, status: number): void {
  if (status === 404)
    return sendJson(http.response, 404, errorBody('NOT_FOUND', 'There is no such picture.'), NO_STORE)
  refuseForNow(http, NO_STORE)
}
