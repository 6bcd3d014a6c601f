import {
  BOUNCES_PATH,
  OUTBOX_FOLDER,
  OUTBOX_PATH,
  PAGE_HEADERS,
  PAGE_REQUEST_HEADERS,
  SMS_STATUS_PATH,
  UNSUBSCRIBE_PATH,
} from '@karcis/kit/contracts/pages'
import { REQUEST_ID_HEADER } from '@karcis/kit/contracts/requests'
import type { SubgraphName } from '@karcis/kit/contracts/subgraphs'
import { readBytes, sendJson } from '@karcis/kit/http'
import { SERVICE_TOKEN_HEADER, type ServiceTokens } from '@karcis/kit/service-token'
import { Agent, type Dispatcher } from 'undici'
import { errorBody } from '../errors.ts'
import type { Handler, HttpRequest } from './http-server.ts'
import type { Origins } from './origins.ts'
import { refuseForNow } from './subgraph-files.ts'

const USER: SubgraphName = 'user'

/** A mail that came back may have all of what was sent with it. */
const BODY_BYTES = 1_900_000
const TIMEOUT_MS = 10_000

/** Statuses that are the subgraph's to say; anything else is that it is away. */
const PASSED_ON = new Set([200, 400, 401, 404, 405, 413])

export interface UserPages extends AsyncDisposable {
  routes: Record<string, Handler>
}

/**
 * Pages of the user subgraph, and where mail servers and providers of text messages bring what became of a message. Who may have which is its to say, by signed links and secrets
 * that it knows: no viewer goes along.
 * @param userUrl base URL of the user subgraph.
 */
export function createUserPages(userUrl: string, tokens: ServiceTokens, origins: Origins): UserPages {
  const agent = new Agent({ connections: 16, headersTimeout: TIMEOUT_MS, bodyTimeout: TIMEOUT_MS })
  const origin = new URL(userUrl).origin
  const signer = tokens.to(USER)

  const passOn =
    (ownHeaders: readonly string[] = []): Handler =>
    async (http) => {
      const { request, response, url } = http
      const { method } = request
      if (method !== 'GET' && method !== 'POST')
        return sendJson(response, 405, errorBody('BAD_USER_INPUT', 'It takes GET and POST.'), {
          allow: 'GET, POST',
        })
      const body = method === 'POST' ? await readBytes(request, BODY_BYTES) : null
      const answer = await ask(http, {
        path: url.pathname + url.search,
        method,
        body,
        headers: pick(request.headers, [...PAGE_REQUEST_HEADERS, ...ownHeaders]),
      })
      if (!answer || !PASSED_ON.has(answer.statusCode)) {
        await answer?.body.dump()
        return refuseForNow(http, {})
      }
      response.writeHead(answer.statusCode, pick(answer.headers, PAGE_HEADERS))
      response.end(Buffer.from(await answer.body.arrayBuffer()))
    }

  /** The subgraph's answer; undefined when there is none. */
  async function ask(
    { log, requestId }: HttpRequest,
    asked: Pick<Dispatcher.RequestOptions, 'path' | 'method' | 'body'> & { headers: Record<string, string> },
  ): Promise<Dispatcher.ResponseData | undefined> {
    try {
      const token = await signer.sign(null)
      const headers = { ...asked.headers, [SERVICE_TOKEN_HEADER]: token, [REQUEST_ID_HEADER]: requestId }
      return await agent.request({ ...asked, origin, headers })
    } catch (error) {
      log.warn({ err: error }, 'a page could not be asked for')
      return undefined
    }
  }

  const page = passOn()
  /** Messages with links that work once: not for a page of another site that leads its name here. */
  const outbox: Handler = (http) =>
    origins.mayConnect(http.request)
      ? page(http)
      : sendJson(http.response, 404, errorBody('NOT_FOUND', 'There is nothing at this path.'))
  return {
    routes: {
      [OUTBOX_PATH]: outbox,
      [OUTBOX_FOLDER]: outbox,
      [UNSUBSCRIBE_PATH]: page,
      [BOUNCES_PATH]: passOn(['authorization']),
      [SMS_STATUS_PATH]: passOn(['x-twilio-signature']),
    },
    [Symbol.asyncDispose]: () => agent.close(),
  }
}

const pick = (headers: NodeJS.Dict<string | string[]>, names: readonly string[]): Record<string, string> =>
  Object.fromEntries(
    names.flatMap((name) => {
      const value = headers[name]
      return typeof value === 'string' ? [[name, value]] : []
    }),
  )
