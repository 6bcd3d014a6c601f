import type { SubgraphName } from '@karcis/kit/contracts/subgraphs'
import { WEBHOOK_HEADERS, WEBHOOK_PROVIDERS, webhookPath } from '@karcis/kit/contracts/webhooks'
import { REQUEST_ID_HEADER } from '@karcis/kit/contracts/requests'
import { readBytes, sendJson } from '@karcis/kit/http'
import { SERVICE_TOKEN_HEADER, type ServiceTokens } from '@karcis/kit/service-token'
import { Agent } from 'undici'
import { errorBody } from '../errors.ts'
import type { Peers } from '../subgraphs/peers.ts'
import type { Handler, HttpRequest } from './http-server.ts'

const BOOKING: SubgraphName = 'booking'

/** Far more than any notification has. */
const BODY_BYTES = 256_000
/** Providers wait for 15 s or longer. */
const TIMEOUT_MS = 10_000

/** What a provider is answered with; anything else of the subgraph's is that it should come again. */
const PASSED_ON = new Set([200, 400, 401, 404, 413])

export interface Webhooks extends AsyncDisposable {
  routes: Record<string, Handler>
}

/**
 * Where payment providers send their notifications to. They go on to the booking subgraph byte for byte, since signatures are over
 * the bytes; whether they are signed is its to say. A provider that is not told 200 sends again.
 * @param bookingUrl base URL of the booking subgraph.
 */
export function createWebhooks(bookingUrl: string, tokens: ServiceTokens, peers: Peers): Webhooks {
  const agent = new Agent({ connections: 16, headersTimeout: TIMEOUT_MS, bodyTimeout: TIMEOUT_MS })
  const origin = new URL(bookingUrl).origin
  const signer = tokens.to(BOOKING)
  const breaker = peers.to(BOOKING, bookingUrl)

  const passOn =
    (path: string): Handler =>
    async (http) => {
      const { request, response, requestId } = http
      if (request.method !== 'POST')
        return sendJson(response, 405, errorBody('BAD_USER_INPUT', 'A webhook takes POST.'), {
          allow: 'POST',
        })
      const body = await readBytes(request, BODY_BYTES)
      const status = await ask(http, path, body, {
        ...Object.fromEntries(
          WEBHOOK_HEADERS.flatMap((name) => {
            const value = request.headers[name]
            return typeof value === 'string' ? [[name, value]] : []
          }),
        ),
        [REQUEST_ID_HEADER]: requestId,
      })
      if (status === 200) return sendJson(response, 200, {})
      if (PASSED_ON.has(status))
        return sendJson(response, status, errorBody('BAD_USER_INPUT', 'This was not taken.'))
      sendJson(response, 503, errorBody('SERVICE_UNAVAILABLE', 'Send it again.', { retryAfterSeconds: 5 }))
    }

  /** The status of booking's answer; 503 when there is none. */
  async function ask(
    { log }: HttpRequest,
    path: string,
    body: Buffer,
    headers: Record<string, string>,
  ): Promise<number> {
    try {
      const token = await signer.sign(null)
      const answer = await breaker.run(() =>
        agent.request({
          origin,
          path,
          method: 'POST',
          headers: { ...headers, [SERVICE_TOKEN_HEADER]: token },
          body,
        }),
      )
      await answer.body.dump()
      return answer.statusCode
    } catch (error) {
      log.warn({ err: error, path }, 'a notification of a payment could not be passed on')
      return 503
    }
  }

  const routes = WEBHOOK_PROVIDERS.map(webhookPath).map((path) => [path, passOn(path)])
  return { routes: Object.fromEntries(routes), [Symbol.asyncDispose]: () => agent.close() }
}
