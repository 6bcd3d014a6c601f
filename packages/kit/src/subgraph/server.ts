import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { buildSubgraphSchema } from '@apollo/subgraph'
import { buildASTSchema, parse } from 'graphql'
import { z } from 'zod'
import { type AuditRecorder, auditMutations } from '../audit.ts'
import type { OperationAnswer } from './apollo.ts'
import { isBatch, sendBatch } from './batch.ts'
import { type CallerLimits, createCallers } from './callers.ts'
import { mayTell, mayUse } from '../contracts/calls.ts'
import { Cookies, COOKIES_HEADER, type GivenCookies, USER_AGENT_HEADER } from '../contracts/browser.ts'
import { CLIENT_ADDRESS_HEADER } from '../contracts/client-address.ts'
import { DEADLINE_HEADER } from '../contracts/deadline.ts'
import { EVENTS_PATH } from '../contracts/events.ts'
import { NOT_BEGUN_HEADER, REQUEST_ID_HEADER } from '../contracts/requests.ts'
import { BadUserInput, type ErrorCode, Forbidden, KarcisError, ServiceUnavailable } from '../errors.ts'
import { eventSchema, type KarcisEvent } from '../events.ts'
import {
  BodyTooLarge,
  ClientGone,
  closeHttp,
  createDrain,
  createHttpServer,
  listen,
  readBody,
  readBytes,
  sendJson,
  writeTexts,
} from '../http.ts'
import { newId } from '../ids.ts'
import type { Running } from '../lifecycle.ts'
import type { Logger } from '../log.ts'
import { LargeAnswers } from './large-answers.ts'
import { createOperations } from './operations.ts'
import {
  figure,
  mayReadMetrics,
  METRICS_PATH,
  METRICS_TYPE,
  metricsText,
  processMetrics,
} from '../metrics.ts'
import { asExpected, noteOutage } from '../outages.ts'
import { checkResolvers } from '../resolvers.ts'
import { type Caller, SERVICE_TOKEN_HEADER, type ServiceTokens } from '../service-token.ts'
import { serveSubscriptions } from './subscriptions.ts'
import { parseInput } from '../validate.ts'
import type { RequestScope } from '../viewer.ts'
import { Waiting, workFor } from '../waiting.ts'

/** Also of a batch: of all its members. */
const BODY_LIMIT = 2_000_000

const MAX_DEADLINE_MS = 600_000

export interface SubgraphServerOptions {
  sdl: string
  // oxlint-disable-next-line typescript/no-explicit-any -- resolvers are typed where they are written, against the generated types
  resolvers: any
  /** Writes down what people do (audit.ts); nobody does when it is left out. */
  audit?: AuditRecorder
  tokens: ServiceTokens
  log: Logger
  host: string
  port: number
  /** Why the process should not be given requests, as a sentence; null when it may. */
  problem(): Promise<string | null>
  /** How long requests under way may take once it is closed; 5 s unless given. */
  stopMs?: number
  /** `METRICS_TOKEN`. */
  metricsToken?: string | undefined
  /** What one other service may ask; tests reach a bound sooner. */
  callers?: CallerLimits
}

/** What requests are served with. */
export interface Work<Context extends RequestScope> {
  /** Everything a resolver needs, made anew for every request and every subscription event: loaders must not outlive one. */
  createContext(scope: RequestScope): Context
  /** Takes in events of other subgraphs. */
  receive?(events: KarcisEvent[]): Promise<void>
  /** Paths beside GraphQL, for other processes of the system; what they give is answered as JSON. */
  routes?: Routes
}

/** A server that listens. */
export interface SubgraphServer<Context extends RequestScope> extends Required<Running> {
  /** From now on requests are served; before, only the probes are answered. */
  begin(work: Work<Context>): void
}

/** By path; those of files by the folder, which ends in a slash. */
export type Routes = Record<string, GetRoute | PostRoute | StreamRoute | FileRoute | PageRoute>

export type GetRoute = (query: URLSearchParams) => Promise<unknown>

/** Takes a body as it came, such as one that is signed byte by byte; up to 2 MB. */
export interface PostRoute {
  method: 'POST'
  body: 'raw'
  handle(request: RawRequest): Promise<unknown>
}

/** Takes a body of any length as it comes, such as a file. */
export interface StreamRoute {
  method: 'PUT'
  /** @param name what stands behind the folder. @throws KarcisError, as NotFound. */
  take(name: string, request: StreamRequest): Promise<unknown>
}

export interface StreamRequest {
  headers: IncomingHttpHeaders
  /** To be read to its end, or not at all. */
  body: Readable
}

/** Gives files of any length, such as are made while they are read. */
export interface FileRoute {
  method: 'GET'
  /** @param name what stands behind the folder. @throws KarcisError, as NotFound. */
  open(name: string, request: FileRequest): Promise<FileAnswer>
}

/** Who asks for a file, and how. */
export interface FileRequest {
  caller: Caller
  query: URLSearchParams
  headers: IncomingHttpHeaders
}

export interface FileAnswer {
  headers: Record<string, string>
  /** All of it; or what is asked for more only as fast as it is read, and ended when nobody reads any more. */
  body: string | Uint8Array | AsyncIterable<string | Uint8Array>
}

/** Answers people's browsers, and others from outside, as it sees fit. */
export interface PageRoute {
  /** @throws KarcisError, as NotFound. */
  answer(request: PageRequest): Promise<PageAnswer>
}

export interface PageRequest extends RawRequest {
  method: 'GET' | 'POST'
  /** What stands behind the last slash of the path. */
  name: string
}

export interface PageAnswer {
  status: number
  headers: Record<string, string>
  body: string | Uint8Array
}

export interface RawRequest {
  body: Buffer
  headers: IncomingHttpHeaders
  query: URLSearchParams
}

/**
 * Serves one subgraph over HTTP and graphql-ws on one port. Everything but the health probes needs a service token: without one
 * not even `{ __typename }` is answered.
 * @throws Error when a root field has no resolver, or a resolver no field.
 */
export async function serveSubgraph<Context extends RequestScope>(
  options: SubgraphServerOptions,
): Promise<SubgraphServer<Context>> {
  const { tokens, log, host } = options
  const typeDefs = parse(options.sdl)
  const described = buildASTSchema(typeDefs, { assumeValidSDL: true })
  checkResolvers(described, options.resolvers)
  const resolvers = options.audit
    ? auditMutations(described, options.resolvers, options.audit)
    : options.resolvers
  const schema = buildSubgraphSchema([{ typeDefs, resolvers }])
  const largeAnswers = new LargeAnswers()
  const operations = await createOperations<Context>(schema, { largeAnswers })

  const server = createHttpServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      if (error instanceof ClientGone) return undefined
      if (response.headersSent) {
        log.error({ err: error }, 'answer broken off')
        return response.destroy()
      }
      if (error instanceof BodyTooLarge)
        return sendJson(response, 413, failure('The request is too large.', 'BAD_USER_INPUT'))
      const expected = asExpected(error, log)
      if (expected instanceof KarcisError)
        return sendJson(
          response,
          STATUSES[expected.code] ?? 400,
          failure(expected.message, expected.code, expected.facts),
        )
      log.error({ err: error }, 'request failed')
      return sendJson(response, 500, failure('Something went wrong on our side.', 'INTERNAL_SERVER_ERROR'))
    })
  })
  const drain = createDrain(server)
  const callers = createCallers(options.callers)
  const sockets = serveSubscriptions<Context>({ server, schema, tokens, log, largeAnswers, work: () => work })
  /** None before it begins, and none any more once it is closed. */
  let work: Work<Context> | null = null
  let draining = false

  /** One listener for each connection: several requests may be under way on it. */
  const waitingOn = new WeakMap<Socket, Set<Waiting>>()
  server.on('connection', (socket) => {
    const all = new Set<Waiting>()
    waitingOn.set(socket, all)
    socket.once('close', () => {
      for (const waiting of all) waiting.end()
    })
  })

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { url = '/' } = request
    const [path = url] = url.split('?', 1)
    if (path === '/live') return sendJson(response, 200, { status: 'ok' })
    if (path === '/ready') return answerReady(response)
    if (path === METRICS_PATH) return answerMetrics(request, response)
    if (!work) {
      const { message, code, facts } = new ServiceUnavailable()
      return sendJson(response, 503, failure(message, code, facts), { [NOT_BEGUN_HEADER]: '1' })
    }

    const { createContext, receive, routes } = work
    const caller = await tokens.verify(header(request, SERVICE_TOKEN_HEADER))
    if (!caller) return sendJson(response, 401, failure('A service token is needed here.', 'UNAUTHENTICATED'))
    if (!callers.enter(caller.service)) return refuseCaller(caller, response)
    response.once('close', () => callers.leave(caller.service))

    const route = routes && (routes[path] ?? routes[folderOf(path)])
    if (route) {
      permit(caller, mayUse(caller.service, tokens.service, 'routes'))
      const query = new URLSearchParams(url.slice(path.length))
      if ('answer' in route) return answerPage(route, path, request, response, query)
      if (typeof route === 'object' && route.method === 'GET')
        return answerFile(route, path, { caller, query, headers: request.headers }, request, response)
      if (typeof route === 'object' && route.method === 'PUT')
        return answerStream(route, path, request, response)
      return answerRoute(route, request, response, query)
    }
    if (request.method !== 'POST')
      return sendJson(response, 404, failure('There is nothing here.', 'NOT_FOUND'))
    const body = parseJson(await readBody(request, BODY_LIMIT))

    if (path === EVENTS_PATH && receive) {
      const { events } = parseInput(told, body, 'body')
      permit(
        caller,
        events.every(({ type }) => mayTell(caller.service, tokens.service, type)),
      )
      await receive(events)
      return sendJson(response, 200, { taken: true })
    }
    if (path !== '/graphql') return sendJson(response, 404, failure('There is nothing here.', 'NOT_FOUND'))

    permit(caller, mayUse(caller.service, tokens.service, 'graphql'))

    const requestId = header(request, REQUEST_ID_HEADER) ?? newId()
    const clientAddress = header(request, CLIENT_ADDRESS_HEADER)
    const userAgent = header(request, USER_AGENT_HEADER)
    const cookies = cookiesOf(request)
    const scope: RequestScope = {
      ...caller,
      requestId,
      log,
      ...(clientAddress && { clientAddress }),
      ...(userAgent && { userAgent }),
      ...(cookies && { cookies }),
    }
    const waiting = waitingFor(request, response, requestId, clientAddress)
    await workFor(waiting, () => answerOperations(body, createContext(scope), response))
  }

  /** It has asked for more than one service may: nothing was begun for it. */
  function refuseCaller({ service }: Caller, response: ServerResponse): void {
    noteOutage(log, `room for ${service}`, 'it asks for more than one service may')
    const { message, code, facts } = new ServiceUnavailable(undefined, 1)
    sendJson(response, 503, failure(message, code, facts), { [NOT_BEGUN_HEADER]: '1' })
  }

  function answerMetrics(request: IncomingMessage, response: ServerResponse): void {
    if (!mayReadMetrics(request, options.metricsToken))
      return sendJson(response, 404, failure('There is nothing here.', 'NOT_FOUND'))
    const refused = figure(
      'karcis_callers_refused_total',
      'counter',
      'Requests of other services that were refused, because they asked for more than one may.',
      callers.refused,
    )
    response
      .writeHead(200, { 'content-type': METRICS_TYPE, 'cache-control': 'no-store' })
      .end(metricsText([...processMetrics(log), refused]))
  }

  async function answerOperations(body: unknown, context: Context, response: ServerResponse): Promise<void> {
    if (!Array.isArray(body)) {
      const sent = new Promise<void>((resolve) => response.once('close', resolve))
      const answer = await operations.run(body, context, sent)
      const changed = context.cookies?.changed
      if (changed) response.setHeader(COOKIES_HEADER, JSON.stringify(changed))
      return await sendAnswer(response, answer)
    }
    if (!isBatch(body))
      return sendJson(response, 400, failure('A batch is 1 to 64 operations.', 'BAD_USER_INPUT'))
    await sendBatch(
      response,
      body.map((member) => (sent) => operations.runMember(member, context, sent)),
    )
  }

  /** Whoever sent a request waits until the connection is closed, or until the deadline that they named. */
  function waitingFor(
    request: IncomingMessage,
    response: ServerResponse,
    requestId: string,
    clientAddress: string | undefined,
  ): Waiting {
    const waiting = new Waiting(requestId, clientAddress)
    const onSocket = waitingOn.get(request.socket)
    onSocket?.add(waiting)
    const deadlineMs = Number(header(request, DEADLINE_HEADER))
    const deadline =
      deadlineMs > 0 && deadlineMs <= MAX_DEADLINE_MS && setTimeout(() => waiting.end(), deadlineMs)
    response.once('finish', () => {
      onSocket?.delete(waiting)
      if (deadline) clearTimeout(deadline)
    })
    return waiting
  }

  async function answerRoute(
    route: GetRoute | PostRoute,
    request: IncomingMessage,
    response: ServerResponse,
    query: URLSearchParams,
  ): Promise<void> {
    const { method, headers } = request
    if (typeof route === 'function' && method === 'GET') return sendJson(response, 200, await route(query))
    if (typeof route === 'function' || method !== 'POST')
      return sendJson(response, 404, failure('There is nothing here.', 'NOT_FOUND'))
    const body = await readBytes(request, BODY_LIMIT)
    sendJson(response, 200, await route.handle({ body, headers, query }))
  }

  async function answerPage(
    route: PageRoute,
    path: string,
    request: IncomingMessage,
    response: ServerResponse,
    query: URLSearchParams,
  ): Promise<void> {
    const { method, headers } = request
    if (method !== 'GET' && method !== 'POST')
      return sendJson(response, 405, failure('It takes GET and POST.', 'BAD_USER_INPUT'), {
        allow: 'GET, POST',
      })
    const name = path.slice(folderOf(path).length)
    const body = await readBytes(request, BODY_LIMIT)
    const page = await route.answer({ method, name, query, headers, body })
    response
      .writeHead(page.status, { ...page.headers, 'content-length': Buffer.byteLength(page.body) })
      .end(page.body)
  }

  async function answerStream(
    route: StreamRoute,
    path: string,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const { method, headers } = request
    if (method !== 'PUT') return sendJson(response, 404, failure('There is nothing here.', 'NOT_FOUND'))
    const answer = await route.take(path.slice(folderOf(path).length), { headers, body: request })
    sendJson(response, 200, answer)
  }

  async function answerFile(
    route: FileRoute,
    path: string,
    asked: FileRequest,
    { method }: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    if (method !== 'GET') return sendJson(response, 404, failure('There is nothing here.', 'NOT_FOUND'))
    const { headers, body } = await route.open(path.slice(folderOf(path).length), asked)
    if (typeof body === 'string' || body instanceof Uint8Array)
      return void response.writeHead(200, { ...headers, 'content-length': Buffer.byteLength(body) }).end(body)
    response.writeHead(200, headers)
    await pipeline(body, response).catch((error: NodeJS.ErrnoException) => {
      throw error.code === 'ERR_STREAM_PREMATURE_CLOSE' ? new ClientGone() : error
    })
  }

  async function answerReady(response: ServerResponse): Promise<void> {
    const reason = draining ? STOPPING : ((await options.problem()) ?? (work ? null : STARTING))
    if (reason === null) sendJson(response, 200, { status: 'ok' })
    else sendJson(response, 503, { status: 'unavailable', reason })
  }

  async function close(): Promise<void> {
    draining = true
    work = null
    drain.begin()
    const emptied = closeHttp(server, options.stopMs)
    await sockets.close()
    await emptied
    await operations.stop()
  }

  let closed: Promise<void> | undefined
  const port = await listen(server, options.port, host)
  return {
    url: `http://${host}:${port}`,
    begin(begun) {
      work = begun
    },
    drain() {
      draining = true
      drain.begin()
    },
    close: () => (closed ??= close()),
  }
}

/** What of a path is its folder, with the slash. */
const folderOf = (path: string): string => path.slice(0, path.lastIndexOf('/') + 1)

/** What `/ready` says of a process that is as it should be. */
const STARTING = 'It is starting.'
const STOPPING = 'It is stopping.'

/** In characters. */
const SHORT = 64_000

async function sendAnswer(
  response: ServerResponse,
  { status, headers, json }: OperationAnswer,
): Promise<void> {
  const pieces = typeof json === 'string' ? [json] : json
  const length = pieces.reduce((bytes, piece) => bytes + Buffer.byteLength(piece), 0)
  response.writeHead(status, { ...headers, 'content-length': length })
  if (typeof json === 'string' && json.length < SHORT) return void response.end(json) // head and body in one write
  await writeTexts(response, pieces)
  response.end()
}

/** The events that another subgraph tells of. */
const told = z.object({ events: z.array(eventSchema) })

/** @throws BadUserInput for what is no JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new BadUserInput([{ path: 'body', message: 'must be JSON' }])
  }
}

/** Of what goes wrong outside of GraphQL; anything else is 400. */
const STATUSES: Partial<Record<ErrorCode, number>> = {
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  TICKET_INVALID: 410,
  RATE_LIMITED: 429,
  SERVICE_UNAVAILABLE: 503,
}

const failure = (message: string, code: string, facts: Record<string, unknown> = {}) => ({
  errors: [{ message, extensions: { code, ...facts } }],
})

/** @throws Forbidden to a process that may not ask this (contracts/calls.ts). */
function permit({ service }: Caller, isAllowed: boolean): void {
  if (!isAllowed) throw new Forbidden(`This is not for the ${service} service.`)
}

/** Only the router passes them on, and only of a browser that asked for cookies. */
function cookiesOf(request: IncomingMessage): Cookies | null {
  const given = header(request, COOKIES_HEADER)
  return given === undefined ? null : new Cookies(parseJson(given) as GivenCookies)
}

const header = (request: IncomingMessage, name: string): string | undefined =>
  request.headers[name]?.toString()
