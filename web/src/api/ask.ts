import { ApiError } from './api-error.ts'
import type { Document } from './document.ts'
import { post } from './post.ts'
import { accessToken, renewed } from './session.ts'

export interface AskOptions {
  /** Ends it; what it throws then is the signal's reason. */
  signal?: AbortSignal
  /** The mutation may be sent again when its answer was lost: it has an idempotency key, or comes to the same done twice. Queries always may. */
  idempotent?: boolean
  /** It outlives the page (`fetch`'s keepalive). */
  keepalive?: boolean
}

/** How often what is safe to repeat is tried again, and how long is waited before each; with what the API asks to be waited, at most LONGEST_WAIT_MS. */
const WAITS_MS = [300, 1_200, 3_000]
const LONGEST_WAIT_MS = 8_000

const isQuery = (document: string): boolean => /^\s*(query\b|\{)/.test(document)

/** Failures after which the same request may succeed by itself. */
const PASSING = new Set<string>(['UNREACHABLE', 'SERVICE_UNAVAILABLE'])

/**
 * Asks the API as whoever is signed in. A token that has become stale is renewed once, and the operation repeated; as nobody, where the session has ended.
 * @throws ApiError when any field was refused, so that what comes back is complete; the signal's reason when it was aborted.
 */
export async function ask<R, V>(
  document: Document<R, V>,
  variables: V,
  options: AskOptions = {},
): Promise<R> {
  const repeatable = isQuery(document) || options.idempotent === true
  for (let tried = 0; ; tried++) {
    try {
      return await askOnce(document, variables, options)
    } catch (error) {
      const wait = repeatable ? waitAfter(error, tried) : null
      if (wait === null) throw error
      await sleep(wait, options.signal)
    }
  }
}

/** How long to wait before another try, in milliseconds; null when there is to be none. */
function waitAfter(error: unknown, tried: number): number | null {
  const wait = WAITS_MS[tried]
  if (wait === undefined || !(error instanceof ApiError) || !PASSING.has(error.code)) return null
  const asked = (error.retryAfterSeconds ?? 0) * 1000
  if (asked > LONGEST_WAIT_MS) return null // whoever asked should be told rather than wait unknowing
  return Math.max(asked, wait) * (0.75 + Math.random() / 2)
}

async function askOnce<R, V>(document: Document<R, V>, variables: V, options: AskOptions): Promise<R> {
  const token = await accessToken()
  try {
    return await send(document, variables, token, options)
  } catch (error) {
    // Refused before anything was done, so also a mutation may be sent again.
    if (token === null || !(error instanceof ApiError) || error.code !== 'UNAUTHENTICATED') throw error
    // Whose session has ended asks as nobody: much is open to all, as a link to a new password.
    return await send(document, variables, await renewed(token), options)
  }
}

async function send<R, V>(
  document: Document<R, V>,
  variables: V,
  token: string | null,
  { signal, keepalive }: AskOptions,
): Promise<R> {
  const { data, errors } = await post<R>({ query: document, variables }, { token, signal, keepalive })
  if (errors && errors.length > 0) throw ApiError.of(errors)
  if (data === undefined || data === null) throw new ApiError('UNREACHABLE', 'the answer has no data')
  return data
}

const sleep = (ms: number, signal?: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason as Error)
    const timer = setTimeout(done, ms)
    function done() {
      signal?.removeEventListener('abort', gone)
      resolve()
    }
    function gone() {
      clearTimeout(timer)
      reject(signal?.reason as Error)
    }
    signal?.addEventListener('abort', gone, { once: true })
  })
