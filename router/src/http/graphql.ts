import { type ApolloServer, HeaderMap } from '@apollo/server'
import { Forbidden, KarcisError } from '@karcis/kit/errors'
import { sendJson } from '@karcis/kit/http'
import { errorBody } from '../errors.ts'
import type { IncrementalPayload } from '../execution/deferred.ts'
import type { Authenticator, Identity } from '../security/authenticate.ts'
import type { RateLimits } from '../security/rate-limits.ts'
import type { HttpContext } from './apollo.ts'
import { asksForCookies } from './browser.ts'
import type { FastPath } from './fast-path.ts'
import type { AnyRequest } from './http-server.ts'
import type { Origins } from './origins.ts'
import { SANDBOX_POLICY } from './security-headers.ts'
import type { RequestHead } from './usual/request-head.ts'
import type { AnswerTo } from './usual/usual-response.ts'

const FOREIGN_PAGE = 'Cookies are for pages of this site only.'

/** Answers GraphQL over HTTP: authenticates here, and leaves the rest to the fast path, or else to Apollo Server. */
export function createGraphQLHandler(
  apollo: ApolloServer<HttpContext>,
  { authenticate }: Authenticator,
  bodyLimit: number,
  fastPath: FastPath,
  origins: Origins,
  rates: RateLimits,
): (http: AnyRequest) => Promise<unknown> {
  return async (http) => {
    const { request, response } = http
    let identity: Identity | null
    let body: unknown
    try {
      if (asksForCookies(request) && !origins.isOwnPage(request)) throw new Forbidden(FOREIGN_PAGE)
      const { authorization } = request.headers
      identity = authorization === undefined ? null : await authenticate(authorization)
      body = request.method === 'POST' ? withName(await readJson(http, bodyLimit)) : undefined
      http.allowance = rates.of(identity?.viewer ?? null, http.address)
      const refusal = http.allowance?.request()
      if (refusal) throw refusal
    } catch (error) {
      http.applyHeaders()
      if (error instanceof KarcisError) return refuse(response, error)
      if (error instanceof SyntaxError)
        return sendJson(response, 400, errorBody('BAD_USER_INPUT', 'The body is not valid JSON.'))
      throw error
    }
    const viewer = identity?.viewer ?? null
    const answered = fastPath(http, body, viewer)
    if (answered) return answered
    http.applyHeaders()
    const { url, requestId, log } = http
    let isRefused = false
    let following: AsyncIterable<IncrementalPayload> | undefined
    const result = await apollo.executeHTTPGraphQLRequest({
      httpGraphQLRequest: {
        method: request.method ?? 'GET',
        headers: headersOf(request),
        search: url.search,
        body,
      },
      context: async () => ({
        viewer,
        requestId,
        log,
        waiting: http.waiting,
        address: http.address,
        browser: http.browser,
        allowance: http.allowance,
        onRefusal() {
          isRefused = true
        },
        ...(acceptsIncremental(request) && {
          onIncremental(payloads: AsyncIterable<IncrementalPayload>) {
            following = payloads
          },
        }),
      }),
    })
    if (http.setCookies.length > 0) response.setHeader('set-cookie', http.setCookies)
    if (following && result.body.kind === 'complete')
      return sendIncremental(response, withoutLength(result.headers), result.body.string, following)
    const status = isRefused ? refusalStatus(result.headers) : (result.status ?? 200)
    const isPage = result.headers.get('content-type')?.startsWith('text/html')
    response.writeHead(status, {
      ...Object.fromEntries(result.headers),
      ...(isPage && { 'content-security-policy': SANDBOX_POLICY }),
    })
    if (result.body.kind === 'complete') return response.end(result.body.string)
    for await (const chunk of result.body.asyncIterator) response.write(chunk)
    response.end()
  }
}

const withoutLength = (headers: HeaderMap): Record<string, string> =>
  Object.fromEntries([...headers].filter(([name]) => name !== 'content-length'))

/** A client that asks for plain JSON may take any other status for one of a proxy in between. */
const refusalStatus = (headers: HeaderMap): number =>
  headers.get('content-type')?.startsWith('application/graphql-response+json') ? 400 : 200

/** @throws BodyTooLarge, SyntaxError. Undefined when it does not claim to be JSON: Apollo Server then says what it wants. */
export async function readJson(http: AnyRequest, limit: number): Promise<unknown> {
  const text = await http.body(limit)
  return /^application\/(graphql\+)?json\b/i.test(http.request.headers['content-type'] ?? '')
    ? JSON.parse(text)
    : undefined
}

/** Some clients send an empty name for none, which Apollo Server would look for in vain. */
const withName = (body: unknown): unknown =>
  (body as { operationName?: unknown } | null | undefined)?.operationName === ''
    ? { ...(body as object), operationName: null }
    : body

/** Refuses a request whose viewer is not to be believed, cannot be known now, or has asked too often. */
export function refuse(response: AnswerTo, { code, message, facts }: KarcisError): void {
  if (code === 'SERVICE_UNAVAILABLE' || code === 'RATE_LIMITED') {
    return sendJson(response, code === 'RATE_LIMITED' ? 429 : 503, errorBody(code, message, facts), {
      'retry-after': String(facts.retryAfterSeconds),
    })
  }
  if (code === 'FORBIDDEN') return sendJson(response, 403, errorBody(code, message, facts))
  sendJson(response, 401, errorBody(code, message, facts), {
    'www-authenticate': 'Bearer error="invalid_token"',
  })
}

function headersOf({ headers }: RequestHead): HeaderMap {
  const map = new HeaderMap()
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) map.set(name, Array.isArray(value) ? value.join(', ') : value)
  }
  return map
}

/** The version of incremental delivery that Apollo's clients speak. */
const DEFER_SPEC = /\bmultipart\/mixed\s*;[^,]*\bdeferSpec=20220824\b/i

const acceptsIncremental = ({ headers }: RequestHead): boolean => DEFER_SPEC.test(headers.accept ?? '')

/** Sends the initial payload at once, and the others as they come, for as long as the client is connected. */
async function sendIncremental(
  response: AnswerTo,
  headers: Record<string, string>,
  initial: string,
  following: AsyncIterable<IncrementalPayload>,
): Promise<void> {
  response.writeHead(200, {
    ...headers,
    'content-type': 'multipart/mixed; boundary="-"; deferSpec=20220824',
    'x-accel-buffering': 'no', // nginx would hold the initial payload back until it has the last
  })
  response.write(`\r\n---${part({ ...JSON.parse(initial), hasNext: true })}`)
  for await (const next of following) {
    if (response.destroyed) return
    response.write(part(next))
  }
  response.end('--\r\n')
}

const part = (body: object): string =>
  `\r\ncontent-type: application/json; charset=utf-8\r\n\r\n${JSON.stringify(body)}\r\n---`
