import type { IncomingMessage, ServerResponse } from 'node:http'
import { type ApolloServer, HeaderMap } from '@apollo/server'
import { KarcisError } from '@karcis/kit/errors'
import { readBody, sendJson } from '@karcis/kit/http'
import { errorBody } from '../errors.ts'
import type { IncrementalPayload } from '../execution/deferred.ts'
import type { Authenticator, Identity } from '../security/authenticate.ts'
import type { HttpContext } from './apollo.ts'
import type { FastPath } from './fast-path.ts'
import type { Handler } from './http-server.ts'

/** Answers GraphQL over HTTP: who asks is found out here, what is asked by Apollo Server unless there is a faster way. */
export function createGraphQLHandler(
  apollo: ApolloServer<HttpContext>,
  { authenticate }: Authenticator,
  bodyLimit: number,
  answerFast: FastPath,
): Handler {
  return async (http) => {
    const { request, response } = http
    let identity: Identity | null
    let body: unknown
    try {
      const { authorization } = request.headers
      identity = authorization === undefined ? null : await authenticate(authorization)
      body = request.method === 'POST' ? withName(await readJson(request, bodyLimit)) : undefined
    } catch (error) {
      if (error instanceof KarcisError) return refuse(response, error)
      if (error instanceof SyntaxError)
        return sendJson(response, 400, errorBody('BAD_USER_INPUT', 'The body is not valid JSON.'))
      throw error
    }
    const viewer = identity?.viewer ?? null
    const answered = answerFast(http, body, viewer)
    if (answered) return answered
    const { url, requestId, log } = http
    let isRefused = false
    let later: AsyncIterable<IncrementalPayload> | undefined
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
        onRefusal() {
          isRefused = true
        },
        ...(acceptsIncremental(request) && {
          onIncremental(parts: AsyncIterable<IncrementalPayload>) {
            later = parts
          },
        }),
      }),
    })
    if (later && result.body.kind === 'complete')
      return sendIncremental(response, withoutLength(result.headers), result.body.string, later)
    const status = isRefused ? refusalStatus(result.headers) : (result.status ?? 200)
    response.writeHead(status, Object.fromEntries(result.headers))
    if (result.body.kind === 'complete') return response.end(result.body.string)
    for await (const chunk of result.body.asyncIterator) response.write(chunk)
    response.end()
  }
}

const withoutLength = (headers: HeaderMap): Record<string, string> =>
  Object.fromEntries([...headers].filter(([name]) => name !== 'content-length'))

/** Who asks for plain JSON may be a client that takes any other status for an answer of something in between. */
const refusalStatus = (headers: HeaderMap): number =>
  headers.get('content-type')?.startsWith('application/graphql-response+json') ? 400 : 200

/** @throws BodyTooLarge, SyntaxError. Undefined when it does not claim to be JSON: Apollo Server then says what it wants. */
export async function readJson(request: IncomingMessage, limit: number): Promise<unknown> {
  const text = await readBody(request, limit)
  return /^application\/(graphql\+)?json\b/i.test(request.headers['content-type'] ?? '')
    ? JSON.parse(text)
    : undefined
}

/** Some clients send an empty name for none, which Apollo Server looks for and fails over. */
const withName = (body: unknown): unknown =>
  (body as { operationName?: unknown } | null | undefined)?.operationName === ''
    ? { ...(body as object), operationName: null }
    : body

/** Refuses who asks, or that it cannot be known who does. */
export function refuse(response: ServerResponse, { code, message, facts }: KarcisError): void {
  if (code === 'SERVICE_UNAVAILABLE') {
    return sendJson(response, 503, errorBody(code, message, facts), {
      'retry-after': String(facts.retryAfterSeconds),
    })
  }
  sendJson(response, 401, errorBody(code, message, facts), {
    'www-authenticate': 'Bearer error="invalid_token"',
  })
}

function headersOf({ headers }: IncomingMessage): HeaderMap {
  const map = new HeaderMap()
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) map.set(name, Array.isArray(value) ? value.join(', ') : value)
  }
  return map
}

/** The version of incremental delivery that Apollo's clients speak. */
const DEFER_SPEC = /\bmultipart\/mixed\s*;[^,]*\bdeferSpec=20220824\b/i

const acceptsIncremental = ({ headers }: IncomingMessage): boolean => DEFER_SPEC.test(headers.accept ?? '')

/** Answers with the first part at once, and the others as they come, for as long as somebody listens. */
async function sendIncremental(
  response: ServerResponse,
  headers: Record<string, string>,
  first: string,
  later: AsyncIterable<IncrementalPayload>,
): Promise<void> {
  response.writeHead(200, {
    ...headers,
    'content-type': 'multipart/mixed; boundary="-"; deferSpec=20220824',
    'x-accel-buffering': 'no', // nginx would hold the first part back until it has the last
  })
  response.write(`\r\n---${part({ ...JSON.parse(first), hasNext: true })}`)
  for await (const next of later) {
    if (response.destroyed) return
    response.write(part(next))
  }
  response.end('--\r\n')
}

const part = (body: object): string =>
  `\r\ncontent-type: application/json; charset=utf-8\r\n\r\n${JSON.stringify(body)}\r\n---`
