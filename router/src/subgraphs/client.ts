import type { GraphQLDataSource } from '@apollo/gateway'
import { CLIENT_ADDRESS_HEADER } from '@karcis/kit/contracts/client-address'
import { DEADLINE_HEADER } from '@karcis/kit/contracts/deadline'
import { KarcisError, ServiceUnavailable } from '@karcis/kit/errors'
import type { Logger } from '@karcis/kit/log'
import { SERVICE_TOKEN_HEADER, type TokenSigner } from '@karcis/kit/service-token'
import type { GraphQLFormattedError } from 'graphql'
import { Pool } from 'undici'
import type { RouterLimits } from '../settings.ts'
import { dispatch, type HttpResponse, TimedOut } from './dispatch.ts'
import { NoResponse } from './pipelining/connection.ts'
import { createPipeline, type Pipeline } from './pipelining/pipeline.ts'
import { createLineSplitter, createQueryBatching } from './query-batching.ts'
import { type FetchContext, type SubgraphRequest, unavailableErrors } from './request.ts'
import { NobodyWaits } from './waiting.ts'

/** One subgraph over HTTP: the data source of its fetches, and plain GETs of its routes for other processes. */
export interface SubgraphClient extends GraphQLDataSource {
  /** For compiled operations: the bytes of the response where they can only be that, else the response. Never rejects. */
  ask(request: SubgraphRequest, context: FetchContext): Promise<unknown>
  /** Stands in for bytes that turn out not to be a response. */
  unavailable(request: SubgraphRequest, context: FetchContext, error: unknown): unknown
  /** The JSON of a route. @throws ServiceUnavailable when it does not come. */
  get(path: string): Promise<unknown>
  /** Whether the subgraph says that it can serve. */
  isReady(): Promise<boolean>
  close(): Promise<void>
}

/** The body of a response. */
interface GraphQLResponse {
  data?: Record<string, unknown> | null
  errors?: GraphQLFormattedError[]
}

/** More requests than these wait here, where that costs little, and not in the subgraph. */
const MAX_CONNECTIONS = 128

const READY_TIMEOUT_MS = 2_000

const JSON_TYPE = /^application\/(graphql-response\+)?json\b/
const JSON_LINES = 'application/jsonl'
const DATA = Buffer.from('{"data":{')
const UTF8 = new TextDecoder()

/** What undici says of a response beyond its limit. */
const TOO_LARGE = 'UND_ERR_RES_EXCEEDED_MAX_SIZE'

/** The connection failed before a response began, so that a query may be sent again. */
const LOST = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'])

export interface SubgraphClientOptions {
  name: string
  /** URL at which the subgraph takes GraphQL. */
  endpoint: string
  /** Whether it is one of ours, which take several queries in one request. */
  takesBatches: boolean
  tokens: TokenSigner
  limits: Pick<RouterLimits, 'subgraphTimeoutMs' | 'subgraphResponseBytes' | 'answerBytes'>
  log: Logger
}

export function createSubgraphClient(options: SubgraphClientOptions): SubgraphClient {
  const { name, tokens, limits } = options
  const url = new URL(options.endpoint)
  const path = url.pathname + url.search
  const pipeline =
    url.protocol === 'http:'
      ? createPipeline(url, { maxBytes: limits.subgraphResponseBytes, timeoutMs: limits.subgraphTimeoutMs })
      : null
  const head = `POST ${path} HTTP/1.1\r\nhost: ${url.host}\r\nconnection: keep-alive\r\ncontent-type: application/json\r\n${DEADLINE_HEADER}: ${limits.subgraphTimeoutMs}\r\n`
  const pool = new Pool(url.origin, {
    connections: MAX_CONNECTIONS,
    maxResponseSize: limits.subgraphResponseBytes,
    keepAliveTimeout: 4_000, // below the 5 s after which Node's servers drop an idle connection
    headersTimeout: 0, // the whole request has a limit of its own
    bodyTimeout: 0,
    connect: { timeout: limits.subgraphTimeoutMs },
  })

  /** @throws whatever the network or the clock has against it. */
  async function get(path: string, timeoutMs: number): Promise<HttpResponse> {
    const token = await tokens.sign(null)
    const headers = { ...(token && { [SERVICE_TOKEN_HEADER]: token }) }
    return dispatch(pool, { method: 'GET', path, headers }, timeoutMs)
  }

  /** How long a query may take. @throws NobodyWaits, TimedOut. */
  function timeFor({ waiting }: FetchContext): number {
    if (!waiting) return limits.subgraphTimeoutMs
    if (waiting.isOver) throw new NobodyWaits()
    const left = waiting.deadline - Date.now()
    if (left <= 0) throw new TimedOut('the time of the whole request is over')
    return Math.min(left, limits.subgraphTimeoutMs)
  }

  /**
   * A mutation that has been sent is left to end as it will, whoever waits for it.
   * @throws whatever the network or the clock has against it; NobodyWaits.
   */
  async function sendPooled(
    body: string,
    context: FetchContext,
    isQuery: boolean,
    take?: Parameters<typeof dispatch>[3],
  ): Promise<HttpResponse> {
    const { viewer, requestId, address, waiting } = context
    const token = await tokens.sign(viewer)
    const timeoutMs = isQuery ? timeFor(context) : limits.subgraphTimeoutMs
    const headers = {
      ...(token && { [SERVICE_TOKEN_HEADER]: token }),
      ...(isQuery && { [DEADLINE_HEADER]: String(timeoutMs) }),
      ...(address !== undefined && { [CLIENT_ADDRESS_HEADER]: address }),
      'content-type': 'application/json',
      'x-request-id': requestId,
    }
    const request = { method: 'POST', path, body, headers } as const
    return dispatch(pool, request, timeoutMs, take, isQuery ? waiting : undefined)
  }

  /** Sends a query over a connection that others use at the same time. @returns null when it has to go over the pool. */
  async function sendPipelined(
    pipeline: Pipeline,
    body: string,
    context: FetchContext,
  ): Promise<HttpResponse | null> {
    const { viewer, requestId, address, waiting } = context
    const token = await tokens.sign(viewer)
    if (timeFor(context) < limits.subgraphTimeoutMs) return null // a pipeline has one limit for all
    const service = token && `${SERVICE_TOKEN_HEADER}: ${token}\r\n`
    const from = address === undefined ? '' : `${CLIENT_ADDRESS_HEADER}: ${address}\r\n`
    const length = Buffer.byteLength(body)
    const text = `${head}${service}${from}x-request-id: ${requestId}\r\ncontent-length: ${length}\r\n\r\n${body}`
    try {
      return await pipeline.dispatch(text, waiting)
    } catch (error) {
      if (error instanceof NoResponse) return null
      throw error
    }
  }

  /** @param isQuery that it may be repeated. @throws whatever the network or the clock has against it; NobodyWaits. */
  async function post(body: string, context: FetchContext, isQuery: boolean): Promise<HttpResponse> {
    const response =
      (pipeline && isQuery && (await sendPipelined(pipeline, body, context))) ||
      (await sendPooled(body, context, isQuery).catch((error: unknown) => {
        if (!isQuery || !isLost(error)) throw error
        return sendPooled(body, context, isQuery)
      }))
    const { status } = response
    // 401 and 403 are about the service token, which is ours and not the client's.
    if (status === 401 || status === 403) throw new Error(`answered ${status}`)
    return response
  }

  /** Asks; whatever fails is an error in the response. */
  async function responseTo<T>(
    request: SubgraphRequest,
    context: FetchContext,
    read: (response: HttpResponse) => T,
  ): Promise<T | GraphQLResponse> {
    try {
      const response = await post(request.body, context, !isMutation(request))
      const tooLarge = charge(context, response.body)
      return tooLarge ? unavailable(request, context, tooLarge) : read(response)
    } catch (error) {
      return unavailable(request, context, error)
    }
  }

  /** @returns an error when this is more than one request may be answered with. */
  function charge(context: FetchContext, { length }: Buffer): AnswerTooLarge | null {
    context.received = (context.received ?? 0) + length
    return context.received > limits.answerBytes ? new AnswerTooLarge(limits.answerBytes) : null
  }

  function unavailable(
    { query, variables }: Pick<SubgraphRequest, 'query' | 'variables'>,
    { requestId, log }: FetchContext,
    error: unknown,
  ): GraphQLResponse {
    if (error instanceof AnswerTooLarge || (error as { code?: unknown }).code === TOO_LARGE) {
      const tooLarge =
        error instanceof AnswerTooLarge ? error : new AnswerTooLarge(limits.subgraphResponseBytes)
      return { data: null, errors: unavailableErrors(query, variables, tooLarge) }
    }
    if (error instanceof NobodyWaits) return { data: null, errors: unavailableErrors(query, variables) }
    log.warn({ subgraph: name, reason: reasonOf(error), requestId }, 'subgraph is unavailable')
    return { data: null, errors: unavailableErrors(query, variables) }
  }

  const askSingle: SubgraphClient['ask'] = (request, context) =>
    responseTo(request, context, (response) => (isData(response) ? response.body : readResponse(response)))

  const askQuery = options.takesBatches
    ? createQueryBatching({
        single: askSingle,
        unavailable,
        read(body, request, context) {
          const tooLarge = charge(context, body)
          if (tooLarge) return unavailable(request, context, tooLarge)
          return beginsWithData(body) ? body : readResponse({ status: 200, body })
        },
        async batch(body, context, onLine) {
          const split = createLineSplitter(onLine)
          const take = (
            chunk: Buffer,
            { status, contentType }: Pick<HttpResponse, 'status' | 'contentType'>,
          ) => {
            if (status !== 200 || contentType !== JSON_LINES) throw new Error(`answered ${status} to a batch`)
            split(chunk)
          }
          await sendPooled(body, context, true, take)
        },
      })
    : askSingle

  return {
    ask: (request, context) => (isMutation(request) ? askSingle : askQuery)(request, context),
    unavailable,

    process({ request, context }) {
      const { query = '', variables = {}, operationName } = request
      const body = JSON.stringify({ query, operationName, variables })
      return responseTo({ query, variables, operationName, body }, context as FetchContext, readResponse)
    },

    async get(route) {
      try {
        const { status, body } = await get(route, limits.subgraphTimeoutMs)
        if (status === 200) return JSON.parse(UTF8.decode(body))
        throw new Error(`answered ${status}`)
      } catch (error) {
        options.log.debug({ subgraph: name, path: route, reason: reasonOf(error) }, 'subgraph is unavailable')
        throw new ServiceUnavailable()
      }
    },

    isReady: () =>
      get('/ready', READY_TIMEOUT_MS).then(
        ({ status }) => status === 200,
        () => false,
      ),

    async close() {
      // After the drain nobody waits for what is still under way.
      pipeline?.close()
      await pool.destroy()
    },
  }
}

/** The operation is well formed, and what it asks for is more than is given at once. */
class AnswerTooLarge extends KarcisError {
  constructor(mostBytes: number) {
    super('BAD_USER_INPUT', 'The answer is too large. Ask for less, or page by page.', { mostBytes })
  }
}

/** As the planner writes them. */
const isMutation = ({ query }: Pick<SubgraphRequest, 'query'>): boolean => query.startsWith('mutation')

/** Whether it is data beyond doubt, so that nobody has to parse it just to see that. */
const isData = ({ contentType, body }: HttpResponse): boolean =>
  JSON_TYPE.test(contentType) && beginsWithData(body)

const beginsWithData = (body: Buffer): boolean => body.subarray(0, DATA.length).equals(DATA)

/** @throws Error for what is not a response to GraphQL. */
function readResponse({ status, body }: Omit<HttpResponse, 'contentType'>): GraphQLResponse {
  const json: unknown = JSON.parse(UTF8.decode(body))
  if (!isGraphQLResponse(json)) throw new Error(`answered ${status} without GraphQL`)
  return json
}

const isGraphQLResponse = (json: unknown): json is GraphQLResponse =>
  typeof json === 'object' &&
  json !== null &&
  ('data' in json || Array.isArray((json as GraphQLResponse).errors))

const isLost = (error: unknown): boolean => LOST.has(String((error as { code?: unknown }).code))

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
