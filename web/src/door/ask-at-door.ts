import { ApiError } from '../api/api-error.ts'
import type { Document } from '../api/document.ts'
import { post } from '../api/post.ts'
import { accessToken, renewed } from '../api/session.ts'

/** Asks as the scanner. @throws ApiError; the signal's reason when it was aborted. */
export type DoorAsk = <R, V>(document: Document<R, V>, variables: V, signal?: AbortSignal) => Promise<R>

/**
 * How a scanner asks: with its own token, or as the person who is signed in. Nothing is tried again here, as somebody stands before the door;
 * and what has its answer is answered, also when a name in it could not be read.
 * @param token of a door device; null: as whoever is signed in.
 */
export function createDoorAsk(token: string | null): DoorAsk {
  return async (document, variables, signal) => {
    const asPerson = token === null ? await accessToken() : null
    try {
      return await send(document, variables, token ?? asPerson, signal)
    } catch (error) {
      if (asPerson === null || !(error instanceof ApiError) || error.code !== 'UNAUTHENTICATED') throw error
      return await send(document, variables, await renewed(asPerson), signal)
    }
  }
}

async function send<R, V>(
  document: Document<R, V>,
  variables: V,
  token: string | null,
  signal: AbortSignal | undefined,
): Promise<R> {
  const { data, errors = [] } = await post<R>({ query: document, variables }, { token, signal })
  if (data && Object.values(data).every((answer) => answer !== null)) return data
  throw ApiError.of(errors)
}

/** Failures that say nothing about what was asked, but that nobody answers just now. */
const PASSING = new Set<string>([
  'OFFLINE',
  'UNREACHABLE',
  'SERVICE_UNAVAILABLE',
  'RATE_LIMITED',
  'INTERNAL_SERVER_ERROR',
])

/** Whether the same may be answered later. What was aborted may. */
export const isPassing = (error: unknown): boolean => !(error instanceof ApiError) || PASSING.has(error.code)
