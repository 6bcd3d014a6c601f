import { Agent } from 'undici'
import { CircuitOpen } from './breakers/circuit.ts'
import { PeerBreaker } from './breakers/peer-breaker.ts'
import { CLIENT_ADDRESS_HEADER } from './contracts/client-address.ts'
import { DEADLINE_HEADER } from './contracts/deadline.ts'
import { NOT_BEGUN_HEADER, REQUEST_ID_HEADER } from './contracts/requests.ts'
import { ERROR_CODES, type ErrorCode, KarcisError, ServiceUnavailable } from './errors.ts'
import { newId } from './ids.ts'
import { createLog, type Logger } from './log.ts'
import { noteOutage } from './outages.ts'
import { whoWaits } from './waiting.ts'
import { SERVICE_TOKEN_HEADER, type TokenSigner, type Viewer } from './service-token.ts'

const TIMEOUT_MS = 5_000
const KNOWN_CODES = new Set<string>(ERROR_CODES)

/** The connection was closed before an answer came, as by a process that ends. */
const CLOSED = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'])

/** Calls another process of the system, signed, by the name of the request that it is for, through a circuit breaker (peer-breaker.ts). */
export interface ServiceClient {
  /**
   * Runs one GraphQL operation there. A query is repeated once when the connection was closed before it was answered.
   * @param viewer on whose behalf; null for work of the system itself.
   * @throws KarcisError with the code the other side gave; ServiceUnavailable when it does not answer, in
   *   which case the operation may or may not have been done: repeat it only if it is idempotent.
   */
  query<T>(operation: string, variables: Record<string, unknown>, viewer?: Viewer | null): Promise<T>
  /**
   * Sends JSON, which may be taken in twice, to a path there and gives the JSON answer.
   * @throws ServiceUnavailable on anything but 2xx.
   */
  post(path: string, body: unknown): Promise<unknown>
}

/**
 * @param baseUrl where the other process listens, as `http://127.0.0.1:4002`. @param tokens for calls to it.
 * @param log told once when the other process is away, and once when it is back, under `name`.
 */
export function createServiceClient(
  baseUrl: string,
  tokens: TokenSigner,
  { name, log, timeoutMs = TIMEOUT_MS }: ServiceClientOptions = { name: baseUrl, log: NO_LOG },
): ServiceClient & Disposable {
  const agent = new Agent({ connections: 32, headersTimeout: timeoutMs, bodyTimeout: timeoutMs })
  const breaker = new PeerBreaker({ name, origin: baseUrl, log, timeoutMs })
  const onAway = (reason: string): void => noteOutage(log, name, reason)

  const sendOnce = (path: string, body: string, viewer: Viewer | null): Promise<Reply> =>
    breaker.run(() => exchange(path, body, viewer))

  async function exchange(path: string, body: string, viewer: Viewer | null): Promise<Reply> {
    const waiting = whoWaits()
    const response = await agent.request({
      origin: baseUrl,
      path,
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        [SERVICE_TOKEN_HEADER]: await tokens.sign(viewer),
        [DEADLINE_HEADER]: String(timeoutMs),
        [REQUEST_ID_HEADER]: waiting?.requestId ?? newId(),
        ...(waiting?.clientAddress !== undefined && { [CLIENT_ADDRESS_HEADER]: waiting.clientAddress }),
      },
      ...(waiting && { signal: waiting.signal }), // they stop when we do
      body,
    })
    return {
      status: response.statusCode,
      begun: response.headers[NOT_BEGUN_HEADER] === undefined,
      json: await response.body.json(),
    }
  }

  /** @param repeatable whether it may be done twice. */
  async function send(
    path: string,
    body: unknown,
    viewer: Viewer | null,
    repeatable: boolean,
  ): Promise<Reply> {
    const text = JSON.stringify(body)
    try {
      const reply = await sendOnce(path, text, viewer).catch((error: unknown) => {
        if (repeatable && CLOSED.has(String((error as { code?: unknown }).code))) return null
        throw error
      })
      return reply?.begun ? reply : await sendOnce(path, text, viewer)
    } catch (error) {
      if (!whoWaits()?.isOver) onAway(error instanceof Error ? error.message : String(error))
      throw error instanceof CircuitOpen ? error : new ServiceUnavailable()
    }
  }

  return {
    async query<T>(operation: string, variables: Record<string, unknown>, viewer: Viewer | null = null) {
      const { json } = await send('/graphql', { query: operation, variables }, viewer, isQuery(operation))
      const { data, errors } = json as { data?: T; errors?: RemoteError[] }
      const [first] = errors ?? []
      if (first) {
        if (first.extensions?.code === 'SERVICE_UNAVAILABLE') onAway(first.message)
        throw fromRemote(first)
      }
      if (!data) throw new ServiceUnavailable()
      return data
    },
    async post(path, body) {
      const { status, json } = await send(path, body, null, true) // events, which are taken in once however often they are told
      if (status === 503) onAway(`answered ${status}`)
      if (status < 200 || status > 299) throw new ServiceUnavailable()
      return json
    },
    [Symbol.dispose]() {
      breaker[Symbol.dispose]()
      void agent.destroy()
    },
  }
}

export interface ServiceClientOptions {
  /** What the other process is called in metrics and in the log. */
  name: string
  log: Logger
  /** How long one call may take. */
  timeoutMs?: number
}

const NO_LOG = createLog('service-client', 'silent')

interface Reply {
  status: number
  /** Whether anything was done for it. */
  begun: boolean
  json: unknown
}

/** Our own operations, each written by hand in one form. */
const isQuery = (operation: string): boolean => /^\s*(query\b|\{)/.test(operation)

interface RemoteError {
  message: string
  extensions?: Record<string, unknown>
}

function fromRemote({ message, extensions = {} }: RemoteError): Error {
  const { code, ...facts } = extensions
  if (typeof code !== 'string' || !KNOWN_CODES.has(code)) return new ServiceUnavailable()
  if (code === 'INTERNAL_SERVER_ERROR') return new ServiceUnavailable()
  if (code === 'SERVICE_UNAVAILABLE') return new ServiceUnavailable(message, retryAfter(facts))
  return new KarcisError(code as ErrorCode, message, facts)
}

const retryAfter = ({ retryAfterSeconds }: Record<string, unknown>): number | undefined =>
  typeof retryAfterSeconds === 'number' ? retryAfterSeconds : undefined
