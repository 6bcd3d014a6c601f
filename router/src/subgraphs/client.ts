import type { GraphQLDataSource } from '@apollo/gateway'
import { CircuitOpen } from '@karcis/kit/breakers/circuit'
import type { PeerBreaker } from '@karcis/kit/breakers/peer-breaker'
import { COOKIES_HEADER, USER_AGENT_HEADER } from '@karcis/kit/contracts/browser'
import { CLIENT_ADDRESS_HEADER } from '@karcis/kit/contracts/client-address'
import { DEADLINE_HEADER } from '@karcis/kit/contracts/deadline'
import { REQUEST_ID_HEADER } from '@karcis/kit/contracts/requests'
import type { SubgraphName } from '@karcis/kit/contracts/subgraphs'
import { ServiceUnavailable } from '@karcis/kit/errors'
import type { Logger } from '@karcis/kit/log'
import { noteOutage } from '@karcis/kit/outages'
import { SERVICE_TOKEN_HEADER, type TokenSigner } from '@karcis/kit/service-token'
import type { GraphQLFormattedError } from 'graphql'
import { LRUCache } from 'lru-cache'
import { Pool } from 'undici'
import { AnswerTooLarge } from '../errors.ts'
import { parseJson } from '../exact-json.ts'
import type { RouterLimits } from '../settings.ts'
import { createAdmission, Overloaded } from './admission.ts'
import { dispatch, type HttpResponse, type ResponseLimits, TimedOut } from './dispatch.ts'
import { NoResponse } from './pipelining/connection.ts'
import { createPipeline, type Pipeline } from './pipelining/pipeline.ts'
import { createQueryBatching, LineSplitter } from './query-batching.ts'
import { type FetchContext, Refusal, type SubgraphRequest, unavailableErrors } from './request.ts'
import { type ResponseRoom, ResponseTooLarge } from './response-room.ts'
import { NobodyWaits, type WaitListener } from './waiting.ts'

/** One subgraph over HTTP: the data source of its fetches, and plain GETs of its routes for other processes. */
export interface SubgraphClient extends GraphQLDataSource {
  /** For compiled operations: the bytes of the response where they can only be that, else the response. Never rejects. */
  ask(request: SubgraphRequest, context: FetchContext): Promise<unknown>
  /** Stands in for bytes that turn out not to be a response. */
  unavailable(request: SubgraphRequest, error: unknown): unknown
  /** The JSON of a route. @throws ServiceUnavailable when it does not come. */
  get(path: string): Promise<unknown>
  /** Why the subgraph cannot serve now; null when it says that it can. */
  whyNotReady(): Promise<string | null>
  close(): Promise<void>
}

/** The body of a response. */
interface GraphQLResponse {
  data?: Record<string, unknown> | null
  errors?: GraphQLFormattedError[]
}

/** The subgraph that people sign in at. */
const ACCOUNTS: SubgraphName = 'user'

/** More requests than these wait here, where that costs little, and not in the subgraph. */
const MAX_CONNECTIONS = 128

const READY_TIMEOUT_MS = 2_000

const JSON_TYPE = /^application\/(graphql-response\+)?json\b/
const JSON_LINES = 'application/jsonl'
const DATA = Buffer.from('{"data":{')
const UTF8 = new TextDecoder()

/**
 * In milliseconds. Shorter than the time for which a subgraph that stops says so before it closes anything, so that a mutation never
 * leaves over a connection that is being closed at that moment.
 */
const KEEP_ALIVE_MS = 1_000

/** Mutations, by what is asked of the subgraph for them, whose refusals are remembered. */
const MAX_REFUSALS = 500

/** A reason longer than this is none. */
const MAX_REASON = 200

/** The connection failed, so that a query may be sent again. */
const LOST = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'])

export interface SubgraphClientOptions {
  name: string
  /** URL at which the subgraph takes GraphQL. */
  endpoint: string
  /** Whether it is one of ours, which take several queries in one request. */
  takesBatches: boolean
  tokens: TokenSigner
  limits: Pick<
    RouterLimits,
    | 'subgraphTimeoutMs'
    | 'subgraphResponseBytes'
    | 'answerBytes'
    | 'mutationsUnderWay'
    | 'mutationsWaiting'
    | 'mutationBurstMs'
    | 'mutationWaitMs'
  >
  /** Shared by all clients of this process. */
  room: ResponseRoom
  /** Shared by all that is asked of this subgraph. */
  breaker: PeerBreaker
  log: Logger
}

export function createSubgraphClient(options: SubgraphClientOptions): SubgraphClient {
  const { name, tokens, limits, room, breaker } = options
  /** Whether it is told what clients call themselves, and gives them cookies. */
  const isTold = options.takesBatches && name === ACCOUNTS
  const bounds: ResponseLimits = { maxBytes: limits.subgraphResponseBytes, room }
  const url = new URL(options.endpoint)
  const path = url.pathname + url.search
  const pipeline =
    url.protocol === 'http:' ? createPipeline(url, { ...bounds, timeoutMs: limits.subgraphTimeoutMs }) : null
  const head = `POST ${path} HTTP/1.1\r\nhost: ${url.host}\r\nconnection: keep-alive\r\ncontent-type: application/json\r\n${DEADLINE_HEADER}: ${limits.subgraphTimeoutMs}\r\n`
  const connecting = {
    connections: MAX_CONNECTIONS,
    headersTimeout: 0, // the whole request has a limit of its own
    bodyTimeout: 0,
    connect: { timeout: limits.subgraphTimeoutMs },
  }
  const pool = new Pool(url.origin, {
    ...connecting,
    keepAliveTimeout: KEEP_ALIVE_MS,
    keepAliveMaxTimeout: KEEP_ALIVE_MS,
  })
  const admission = createAdmission(limits)
  const refusals = new LRUCache<string, Refusal>({ max: MAX_REFUSALS })
  /** A connection for each request: what was lost with one that others have used is sent again over these. */
  const fresh = new Pool(url.origin, { ...connecting, pipelining: 0 })

  /** @throws whatever the network or the clock has against it. */
  async function get(from: Pool, path: string, timeoutMs: number): Promise<HttpResponse> {
    const token = await tokens.sign(null)
    const headers = { ...(token && { [SERVICE_TOKEN_HEADER]: token }) }
    const response = await dispatch(from, { method: 'GET', path, headers }, bounds, timeoutMs)
    room.give(response.held)
    return response
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
  async function send(
    over: Pool,
    body: string,
    context: FetchContext,
    isQuery: boolean,
    batch?: { requestIds: string; take: Parameters<typeof dispatch>[4] },
  ): Promise<HttpResponse> {
    const { viewer, requestId, address, waiting } = context
    const browser = isQuery || !isTold ? undefined : context.browser
    const token = await tokens.sign(viewer)
    const timeoutMs = isQuery ? timeFor(context) : limits.subgraphTimeoutMs
    const headers = {
      ...(token && { [SERVICE_TOKEN_HEADER]: token }),
      ...(isQuery && { [DEADLINE_HEADER]: String(timeoutMs) }),
      ...(address !== undefined && { [CLIENT_ADDRESS_HEADER]: address }),
      ...(browser?.userAgent !== undefined && { [USER_AGENT_HEADER]: browser.userAgent }),
      ...(browser?.cookies !== undefined && { [COOKIES_HEADER]: browser.cookies }),
      'content-type': 'application/json',
      [REQUEST_ID_HEADER]: batch?.requestIds ?? requestId,
    }
    const request = { method: 'POST', path, body, headers } as const
    const listener = isQuery ? waiting : undefined
    const response = await dispatch(over, request, bounds, timeoutMs, batch?.take, listener)
    if (response.cookies !== undefined && browser?.cookies !== undefined) browser.take(response.cookies)
    return response
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
    const text = `${head}${service}${from}${REQUEST_ID_HEADER}: ${requestId}\r\ncontent-length: ${length}\r\n\r\n${body}`
    try {
      const response = await pipeline.dispatch(text, waiting)
      if (response?.status !== 503) return response
      room.give(response.held)
      return null
    } catch (error) {
      if (error instanceof NoResponse) return null
      throw error
    }
  }

  /**
   * Sends over the pool and, when nothing has come of that, once more over a connection of its own: a query whose connection was
   * lost or whose process says 503, as one does that stops; a mutation only when it was surely not begun.
   * @throws whatever the network or the clock has against it; NobodyWaits.
   */
  async function sendPooled(body: string, context: FetchContext, isQuery: boolean): Promise<HttpResponse> {
    try {
      const response = await send(pool, body, context, isQuery)
      if (!(isQuery ? response.status === 503 : response.isNotBegun)) return response
      room.give(response.held)
    } catch (error) {
      if (!(isQuery ? isLost(error) : wasNotSent(error))) throw error
    }
    return send(fresh, body, context, isQuery)
  }

  /** Sends a mutation when its turn has come. @throws whatever the network or the clock has against it; Overloaded, CircuitOpen, NobodyWaits. */
  async function sendInTurn(body: string, context: FetchContext): Promise<HttpResponse> {
    const sendNow = (): Promise<HttpResponse> => sendPooled(body, context, false)
    if (!breaker.isClosed) return breaker.trial(sendNow) // one at most: behind those that hang it would stand in vain
    await admission.enter(context.waiting)
    try {
      return await breaker.run(sendNow)
    } finally {
      admission.leave()
    }
  }

  /** @throws whatever the network or the clock has against it; NobodyWaits. */
  const sendQuery = async (body: string, context: FetchContext): Promise<HttpResponse> =>
    (pipeline && (await sendPipelined(pipeline, body, context))) || (await sendPooled(body, context, true))

  /** @param isQuery that it may be repeated. @throws whatever the network or the clock has against it; Overloaded, CircuitOpen, NobodyWaits. */
  async function post(body: string, context: FetchContext, isQuery: boolean): Promise<HttpResponse> {
    if (!isQuery) return taken(await sendInTurn(body, context))
    if (!breaker.isClosed) return taken(await breaker.trial(() => sendQuery(body, context)))
    // The breaker's `run` and `sendQuery` in one: of a small query each function and promise more is to be felt.
    breaker.begin()
    try {
      const response =
        (pipeline && (await sendPipelined(pipeline, body, context))) ||
        (await sendPooled(body, context, true))
      breaker.answered()
      return taken(response)
    } finally {
      breaker.end()
    }
  }

  /** 401 and 403 are about the service token, which is ours and not the client's. @throws Error for such a response. */
  function taken(response: HttpResponse): HttpResponse {
    const { status } = response
    if (status !== 401 && status !== 403) return response
    room.give(response.held)
    throw new Error(`answered ${status}`)
  }

  /** Asks; whatever fails is an error in the response. */
  async function responseTo<T>(
    request: SubgraphRequest,
    context: FetchContext,
    read: (response: HttpResponse) => T,
  ): Promise<T | GraphQLResponse> {
    try {
      const response = await post(request.body, context, !isMutation(request))
      const { body, held } = response
      let answer: T
      try {
        answer = read(response)
      } catch (error) {
        room.give(held)
        throw error
      }
      return charge(request, context, body, held) ?? answer
    } catch (error) {
      return unavailable(request, error)
    }
  }

  /**
   * Charges a response to the request that it is for, which holds it until its client has been answered.
   * @returns what stands in for it when this is more than one request may be answered with.
   */
  function charge(
    request: Parameters<typeof unavailable>[0],
    context: FetchContext,
    { length }: Buffer,
    held: number,
  ): GraphQLResponse | null {
    const { waiting } = context
    context.received = (context.received ?? 0) + length
    const isTooMuch = context.received > limits.answerBytes
    if (held > 0 && waiting && !waiting.isOver && !isTooMuch) waiting.add(new Held(room, held))
    else room.give(held)
    return isTooMuch ? unavailable(request, new ResponseTooLarge(limits.answerBytes)) : null
  }

  /** A mutation whose turn did not come. */
  function refuse(query: string, error: Overloaded): Refusal {
    noteOutage(options.log, `room at ${name}`, 'more mutations come than it answers')
    const known = refusals.get(query)
    if (known) return known
    const refusal = new Refusal(unavailableErrors(query, {}, error))
    refusals.set(query, refusal)
    return refusal
  }

  function unavailable(
    request: Pick<SubgraphRequest, 'query' | 'variables'>,
    error: unknown,
  ): GraphQLResponse {
    if (error instanceof Overloaded) return refuse(request.query, error)
    const { query, variables } = request
    if (error instanceof ResponseTooLarge)
      return {
        data: null,
        errors: unavailableErrors(query, variables, new AnswerTooLarge({ mostBytes: error.mostBytes })),
      }
    if (error instanceof NobodyWaits) return { data: null, errors: unavailableErrors(query, variables) }
    if (error instanceof CircuitOpen)
      return { data: null, errors: unavailableErrors(query, variables, error) }
    noteOutage(options.log, name, reasonOf(error))
    return { data: null, errors: unavailableErrors(query, variables) }
  }

  const askSingle: SubgraphClient['ask'] = (request, context) =>
    responseTo(request, context, (response) => (isData(response) ? response.body : readResponse(response)))

  const askQuery = options.takesBatches
    ? createQueryBatching({
        single: askSingle,
        unavailable,
        read(body, held, request, context) {
          const answer = beginsWithData(body) ? body : readResponse({ status: 200, body })
          return charge(request, context, body, held) ?? answer
        },
        async batch(body, context, requestIds, lines) {
          const splitter = new LineSplitter(bounds, lines)
          const take = (
            chunk: Buffer,
            { status, contentType }: Pick<HttpResponse, 'status' | 'contentType'>,
          ) => {
            if (status !== 200 || contentType !== JSON_LINES) throw new Error(`answered ${status} to a batch`)
            breaker.answered()
            splitter.take(chunk)
          }
          try {
            await breaker.run(() => send(pool, body, context, true, { requestIds, take }))
          } finally {
            splitter.end()
          }
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
        const { status, body } = await breaker.run(() =>
          get(pool, route, limits.subgraphTimeoutMs).catch((error: unknown) => {
            if (!isLost(error)) throw error
            return get(fresh, route, limits.subgraphTimeoutMs)
          }),
        )
        if (status === 200) return JSON.parse(UTF8.decode(body))
        throw new Error(`answered ${status}`)
      } catch (error) {
        options.log.debug({ subgraph: name, path: route, reason: reasonOf(error) }, 'subgraph is unavailable')
        throw new ServiceUnavailable()
      }
    },

    async whyNotReady() {
      try {
        const { status, body } = await get(fresh, '/ready', READY_TIMEOUT_MS)
        return status === 200 ? null : (reasonIn(body) ?? `answers ${status}`)
      } catch (error) {
        // In words of our own: anybody may ask, and a system's error names addresses.
        return error instanceof TimedOut ? 'does not answer' : 'takes no connections'
      }
    },

    async close() {
      // After the drain nobody waits for what is still under way.
      pipeline?.close()
      admission.close()
      await Promise.all([pool.destroy(), fresh.destroy()])
    },
  }
}

/** What a response holds of the room for large ones, until nobody waits for it any more. */
class Held implements WaitListener {
  readonly #room: ResponseRoom
  readonly #bytes: number

  constructor(room: ResponseRoom, bytes: number) {
    this.#room = room
    this.#bytes = bytes
  }

  waitEnded(): void {
    this.#room.give(this.#bytes)
  }
}

/** What a subgraph says in `/ready` of what it lacks. */
function reasonIn(body: Buffer): string | null {
  try {
    const { reason } = JSON.parse(UTF8.decode(body)) as { reason?: unknown }
    return typeof reason === 'string' && reason.length <= MAX_REASON ? reason : null
  } catch {
    return null
  }
}

/** As the planner writes them. */
const isMutation = ({ query }: Pick<SubgraphRequest, 'query'>): boolean => query.startsWith('mutation')

/** Whether it is data beyond doubt, so that nobody has to parse it just to see that. */
const isData = ({ contentType, body }: HttpResponse): boolean =>
  JSON_TYPE.test(contentType) && beginsWithData(body)

const beginsWithData = (body: Buffer): boolean => body.subarray(0, DATA.length).equals(DATA)

/** @throws Error for what is not a response to GraphQL. */
function readResponse({ status, body }: Pick<HttpResponse, 'status' | 'body'>): GraphQLResponse {
  const json = parseJson(UTF8.decode(body))
  if (!isGraphQLResponse(json)) throw new Error(`answered ${status} without GraphQL`)
  return json
}

const isGraphQLResponse = (json: unknown): json is GraphQLResponse =>
  typeof json === 'object' &&
  json !== null &&
  ('data' in json || Array.isArray((json as GraphQLResponse).errors))

const isLost = (error: unknown): boolean => LOST.has(String((error as { code?: unknown }).code))

/** Whether a request has not even left: there was no connection for it. */
const wasNotSent = (error: unknown): boolean =>
  (error as { code?: unknown }).code === 'ECONNREFUSED' ||
  (error as { syscall?: unknown }).syscall === 'connect'

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
