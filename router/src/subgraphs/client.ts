import type { GraphQLDataSource } from '@apollo/gateway'
import { ServiceUnavailable } from '@karcis/kit/errors'
import type { Logger } from '@karcis/kit/log'
import { SERVICE_TOKEN_HEADER, type ServiceTokens } from '@karcis/kit/service-token'
import type { GraphQLFormattedError } from 'graphql'
import { Pool } from 'undici'
import type { RouterLimits } from '../settings.ts'
import { dispatch, type HttpResponse } from './dispatch.ts'
import { NoResponse } from './pipelining/connection.ts'
import { createPipeline, type Pipeline } from './pipelining/pipeline.ts'
import { createLineSplitter, createQueryBatching } from './query-batching.ts'
import { type FetchContext, type SubgraphRequest, unavailableErrors } from './request.ts'

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

/** The connection failed before a response began, so that a query may be sent again. */
const LOST = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'])

export interface SubgraphClientOptions {
  name: string
  /** URL at which the subgraph takes GraphQL. */
  endpoint: string
  /** Whether it is one of ours, which take several queries in one request. */
  takesBatches: boolean
  tokens: ServiceTokens
  limits: Pick<RouterLimits, 'subgraphTimeoutMs' | 'subgraphResponseBytes'>
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
  const head = `POST ${path} HTTP/1.1\r\nhost: ${url.host}\r\nconnection: keep-alive\r\ncontent-type: application/json\r\n`
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

  /** @throws whatever the network or the clock has against it. */
  async function sendPooled(
    body: string,
    { viewer, requestId }: FetchContext,
    take?: Parameters<typeof dispatch>[3],
  ): Promise<HttpResponse> {
    const token = await tokens.sign(viewer)
    const headers = {
      ...(token && { [SERVICE_TOKEN_HEADER]: token }),
      'content-type': 'application/json',
      'x-request-id': requestId,
    }
    return dispatch(pool, { method: 'POST', path, body, headers }, limits.subgraphTimeoutMs, take)
  }

  /** Sends a query over a connection that others use at the same time. @returns null when it has to go over the pool. */
  async function sendPipelined(
    pipeline: Pipeline,
    body: string,
    { viewer, requestId }: FetchContext,
  ): Promise<HttpResponse | null> {
    const token = await tokens.sign(viewer)
    const service = token && `${SERVICE_TOKEN_HEADER}: ${token}\r\n`
    const length = Buffer.byteLength(body)
    const text = `${head}${service}x-request-id: ${requestId}\r\ncontent-length: ${length}\r\n\r\n${body}`
    try {
      return await pipeline.dispatch(text)
    } catch (error) {
      if (error instanceof NoResponse) return null
      throw error
    }
  }

  /** @throws whatever the network or the clock has against it. */
  async function post(body: string, context: FetchContext, mayRepeat: boolean): Promise<HttpResponse> {
    const response =
      (pipeline && mayRepeat && (await sendPipelined(pipeline, body, context))) ||
      (await sendPooled(body, context).catch((error: unknown) => {
        if (!mayRepeat || !isLost(error)) throw error
        return sendPooled(body, context)
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
      return read(await post(request.body, context, !isMutation(request)))
    } catch (error) {
      return unavailable(request, context, error)
    }
  }

  function unavailable(
    { query, variables }: Pick<SubgraphRequest, 'query' | 'variables'>,
    { requestId, log }: FetchContext,
    error: unknown,
  ): GraphQLResponse {
    log.warn({ subgraph: name, reason: reasonOf(error), requestId }, 'subgraph is unavailable')
    return { data: null, errors: unavailableErrors(query, variables) }
  }

  const askSingle: SubgraphClient['ask'] = (request, context) =>
    responseTo(request, context, (response) => (isData(response) ? response.body : readResponse(response)))

  const askQuery = options.takesBatches
    ? createQueryBatching({
        single: askSingle,
        unavailable,
        read: (body) => (beginsWithData(body) ? body : readResponse({ status: 200, body })),
        async batch(body, context, onLine) {
          const split = createLineSplitter(onLine)
          const take = (
            chunk: Buffer,
            { status, contentType }: Pick<HttpResponse, 'status' | 'contentType'>,
          ) => {
            if (status !== 200 || contentType !== JSON_LINES) throw new Error(`answered ${status} to a batch`)
            split(chunk)
          }
          await sendPooled(body, context, take)
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
