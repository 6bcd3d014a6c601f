import { Agent } from 'undici'
import { ERROR_CODES, type ErrorCode, KarcisError, ServiceUnavailable } from './errors.ts'
import { DEADLINE_HEADER } from './contracts/deadline.ts'
import { whoWaits } from './waiting.ts'
import { SERVICE_TOKEN_HEADER, type TokenSigner, type Viewer } from './service-token.ts'

const TIMEOUT_MS = 5_000
const KNOWN_CODES = new Set<string>(ERROR_CODES)

/** Calls another process of the system, signed. */
export interface ServiceClient {
  /**
   * Runs one GraphQL operation there.
   * @param viewer on whose behalf; null for work of the system itself.
   * @throws KarcisError with the code the other side gave; ServiceUnavailable when it does not answer, in
   *   which case the operation may or may not have been done: repeat it only if it is idempotent.
   */
  query<T>(operation: string, variables: Record<string, unknown>, viewer?: Viewer | null): Promise<T>
  /** Sends JSON to a path there and gives the JSON answer. @throws ServiceUnavailable on anything but 2xx. */
  post(path: string, body: unknown): Promise<unknown>
}

/** @param baseUrl where the other process listens, as `http://127.0.0.1:4002`. @param tokens for calls to it. */
export function createServiceClient(baseUrl: string, tokens: TokenSigner): ServiceClient {
  const agent = new Agent({ connections: 32, headersTimeout: TIMEOUT_MS, bodyTimeout: TIMEOUT_MS })

  async function send(
    path: string,
    body: unknown,
    viewer: Viewer | null,
  ): Promise<{ status: number; json: unknown }> {
    const signal = whoWaits()?.signal // they stop when we do
    try {
      const response = await agent.request({
        origin: baseUrl,
        path,
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          [SERVICE_TOKEN_HEADER]: await tokens.sign(viewer),
          [DEADLINE_HEADER]: String(TIMEOUT_MS),
        },
        ...(signal && { signal }),
        body: JSON.stringify(body),
      })
      return { status: response.statusCode, json: await response.body.json() }
    } catch {
      throw new ServiceUnavailable()
    }
  }

  return {
    async query<T>(operation: string, variables: Record<string, unknown>, viewer: Viewer | null = null) {
      const { json } = await send('/graphql', { query: operation, variables }, viewer)
      const { data, errors } = json as { data?: T; errors?: RemoteError[] }
      const [first] = errors ?? []
      if (first) throw fromRemote(first)
      if (!data) throw new ServiceUnavailable()
      return data
    },
    async post(path, body) {
      const { status, json } = await send(path, body, null)
      if (status < 200 || status > 299) throw new ServiceUnavailable()
      return json
    },
  }
}

interface RemoteError {
  message: string
  extensions?: Record<string, unknown>
}

function fromRemote({ message, extensions = {} }: RemoteError): Error {
  const { code, ...facts } = extensions
  if (typeof code !== 'string' || !KNOWN_CODES.has(code)) return new ServiceUnavailable()
  if (code === 'INTERNAL_SERVER_ERROR') return new ServiceUnavailable()
  return new KarcisError(code as ErrorCode, message, facts)
}
