import { ApiError, type WireError } from './api-error.ts'

/** Of the page's own origin: its cookies and its sockets are for no other. */
const url = (): string => new URL('/graphql', location.origin).href

const TIMEOUT_MS = 25_000 // the router answers within 20 s, or says that it could not

/** A GraphQL answer. */
export interface Answer<R> {
  readonly data?: R | null
  readonly errors?: readonly WireError[]
}

/**
 * Posts one operation. The browser's session cookie goes along and is renewed by what comes back.
 * @param token of whoever asks; null for nobody.
 * @throws ApiError when there is no answer, or it is not GraphQL's; the signal's reason when it was aborted.
 */
export async function post<R>(
  body: { query: string; variables: unknown },
  {
    token,
    signal,
    keepalive = false,
  }: { token: string | null; signal?: AbortSignal | undefined; keepalive?: boolean | undefined },
): Promise<Answer<R>> {
  const timeout = AbortSignal.timeout(TIMEOUT_MS)
  let response: Response
  let text: string
  try {
    response = await fetch(url(), {
      method: 'POST',
      credentials: 'same-origin',
      keepalive,
      headers: {
        'content-type': 'application/json',
        accept: 'application/graphql-response+json, application/json',
        'karcis-session': 'cookie',
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify(body),
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    })
    text = await response.text()
  } catch (error) {
    if (signal?.aborted) throw error
    throw !navigator.onLine
      ? new ApiError('OFFLINE', 'the device has no network')
      : new ApiError('UNREACHABLE', timeout.aborted ? 'no answer in time' : 'no connection')
  }
  const answer = parse<R>(text)
  if (answer !== undefined) return withRetryAfter(answer, response)
  throw new ApiError('UNREACHABLE', `status ${response.status} without GraphQL`, retryAfterOf(response))
}

function parse<R>(text: string): Answer<R> | undefined {
  try {
    const answer = JSON.parse(text) as Answer<R>
    return typeof answer === 'object' && answer !== null && ('data' in answer || 'errors' in answer)
      ? answer
      : undefined
  } catch {
    return undefined
  }
}

/** What a proxy in between says in its header stands beside each error, as where the API says it itself. */
function withRetryAfter<R>(answer: Answer<R>, response: Response): Answer<R> {
  const extra = retryAfterOf(response)
  if (!answer.errors || !('retryAfterSeconds' in extra)) return answer
  const errors = answer.errors.map((error) => ({ ...error, extensions: { ...extra, ...error.extensions } }))
  return { ...answer, errors }
}

function retryAfterOf(response: Response): { retryAfterSeconds?: number } {
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN)
  return Number.isFinite(seconds) ? { retryAfterSeconds: seconds } : {}
}
