import type { GraphQLDataSource } from '@apollo/gateway'
import { ServiceUnavailable } from '@karcis/kit/errors'
import type { Logger } from '@karcis/kit/log'
import { SERVICE_TOKEN_HEADER, type ServiceTokens } from '@karcis/kit/service-token'
import type { GraphQLFormattedError } from 'graphql'
import { Pool } from 'undici'
import type { RouterLimits } from '../settings.ts'
import { exchange, type Received } from './dispatch.ts'
import { Unanswered } from './pipelining/connection.ts'
import { createPipeline } from './pipelining/pipeline.ts'
import { createBatches, createLineSplitter } from './query-batching.ts'
import { type FetchContext, outageErrors, type SubgraphRequest } from './request.ts'

/** One subgraph over HTTP: the data source of its fetches, and plain GETs of its routes for other processes. */
export interface SubgraphClient extends GraphQLDataSource {
  /** For compiled operations: the bytes of the answer where they can only be that, else the answer. Never rejects. */
  ask(request: SubgraphRequest, context: FetchContext): Promise<unknown>
  /** What is answered in place of bytes that turn out to be nothing. */
  away(request: SubgraphRequest, context: FetchContext, error: unknown): unknown
  /** The JSON of a route. @throws ServiceUnavailable when it does not come. */
  get(path: string): Promise<unknown>
  /** Whether the subgraph says that it can serve. */
  isReady(): Promise<boolean>
  close(): Promise<void>
}

/** The body of an answer. */
interface Answer {
  data?: Record<string, unknown> | null
  errors?: GraphQLFormattedError[]
}

/** What waits beyond these waits here, where it costs little, and not in the subgraph. */
const MAX_CONNECTIONS = 128

const READY_TIMEOUT_MS = 2_000

const JSON_TYPE = /^application\/(graphql-response\+)?json\b/
const JSON_LINES = 'application/jsonl'
const DATA = Buffer.from('{"data":{')
const UTF8 = new TextDecoder()

/** The connection failed before an answer began, so that a query may be sent again. */
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
    headersTimeout: 0, // the whole exchange has its own limit
    bodyTimeout: 0,
    connect: { timeout: limits.subgraphTimeoutMs },
  })

  /** @throws whatever the network or the clock has against it. */
  async function get(path: string, timeoutMs: number): Promise<Received> {
    const token = await tokens.sign(null)
    const headers = { ...(token && { [SERVICE_TOKEN_HEADER]: token }) }
    return exchange(pool, { method: 'GET', path, headers }, timeoutMs)
  }

  /** @throws whatever the network or the clock has against it. */
  async function sendAlone(
    body: string,
    { viewer, requestId }: FetchContext,
    take?: Parameters<typeof exchange>[3],
  ): Promise<Received> {
    const token = await tokens.sign(viewer)
    const headers = {
      ...(token && { [SERVICE_TOKEN_HEADER]: token }),
      'content-type': 'application/json',
      'x-request-id': requestId,
    }
    return exchange(pool, { method: 'POST', path, body, headers }, limits.subgraphTimeoutMs, take)
  }

  /** Sends a query in the company of others. @returns null when it has to go by itself. */
  async function sendAlong(body: string, { viewer, requestId }: FetchContext): Promise<Received | null> {
    const token = await tokens.sign(viewer)
    const service = token && `${SERVICE_TOKEN_HEADER}: ${token}\r\n`
    const length = Buffer.byteLength(body)
    const text = `${head}${service}x-request-id: ${requestId}\r\ncontent-length: ${length}\r\n\r\n${body}`
    try {
      return (await pipeline?.exchange(text)) ?? null
    } catch (error) {
      if (error instanceof Unanswered) return null
      throw error
    }
  }

  /** @throws whatever the network or the clock has against it. */
  async function post(body: string, context: FetchContext, mayRepeat: boolean): Promise<Received> {
    const received =
      (mayRepeat && (await sendAlong(body, context))) ||
      (await sendAlone(body, context).catch((error: unknown) => {
        if (!mayRepeat || !isLost(error)) throw error
        return sendAlone(body, context)
      }))
    const { status } = received
    // 401 and 403 are about the service token, which is ours and not the client's.
    if (status === 401 || status === 403) throw new Error(`answered ${status}`)
    return received
  }

  /** Asks; whatever fails is told in the answer. */
  async function answerTo<T>(
    request: SubgraphRequest,
    context: FetchContext,
    read: (received: Received) => T,
  ): Promise<T | Answer> {
    try {
      return read(await post(request.body, context, !isMutation(request)))
    } catch (error) {
      return away(request, context, error)
    }
  }

  function away(
    { query, variables }: Pick<SubgraphRequest, 'query' | 'variables'>,
    { requestId, log }: FetchContext,
    error: unknown,
  ): Answer {
    log.warn({ subgraph: name, reason: reasonOf(error), requestId }, 'subgraph is away')
    return { data: null, errors: outageErrors(query, variables) }
  }

  const alone: SubgraphClient['ask'] = (request, context) =>
    answerTo(request, context, (received) => (isPlain(received) ? received.body : readAnswer(received)))

  const askTogether = options.takesBatches
    ? createBatches({
        alone,
        away,
        read: (body) => (isData(body) ? body : readAnswer({ status: 200, body })),
        async together(body, context, onLine) {
          const split = createLineSplitter(onLine)
          const take = (chunk: Buffer, { status, contentType }: Pick<Received, 'status' | 'contentType'>) => {
            if (status !== 200 || contentType !== JSON_LINES) throw new Error(`answered ${status} to a batch`)
            split(chunk)
          }
          await sendAlone(body, context, take)
        },
      })
    : alone

  return {
    ask: (request, context) => (isMutation(request) ? alone : askTogether)(request, context),
    away,

    process({ request, context }) {
      const { query = '', variables = {}, operationName } = request
      const body = JSON.stringify({ query, operationName, variables })
      return answerTo({ query, variables, operationName, body }, context as FetchContext, readAnswer)
    },

    async get(route) {
      try {
        const { status, body } = await get(route, limits.subgraphTimeoutMs)
        if (status === 200) return JSON.parse(UTF8.decode(body))
        throw new Error(`answered ${status}`)
      } catch (error) {
        options.log.debug({ subgraph: name, path: route, reason: reasonOf(error) }, 'subgraph is away')
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

/** Whether it is an answer beyond doubt, so that nobody has to parse it just to see that. */
const isPlain = ({ contentType, body }: Received): boolean => JSON_TYPE.test(contentType) && isData(body)

const isData = (body: Buffer): boolean => body.subarray(0, DATA.length).equals(DATA)

/** @throws Error for what is not an answer to GraphQL. */
function readAnswer({ status, body }: Omit<Received, 'contentType'>): Answer {
  const json: unknown = JSON.parse(UTF8.decode(body))
  if (!isAnswer(json)) throw new Error(`answered ${status} without GraphQL`)
  return json
}

const isAnswer = (json: unknown): json is Answer =>
  typeof json === 'object' && json !== null && ('data' in json || Array.isArray((json as Answer).errors))

const isLost = (error: unknown): boolean => LOST.has(String((error as { code?: unknown }).code))

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
