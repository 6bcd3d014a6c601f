import { ApiError } from './api-error.ts'
import type { Document } from './document.ts'

/** Where what a subscription brings goes. */
export interface Sink<R> {
  next(data: R): void
  /** It has ended by an error of the API; what is lost on the way is taken up again by itself. */
  error?(error: ApiError): void
  complete?(): void
  /** Whether the connection stands. Once it stands again, the subscription has begun anew. */
  state?(state: 'live' | 'reconnecting'): void
}

/**
 * Subscribes; over one socket for all, which is opened (and its code loaded) with the first. Gives what ends it.
 * @param options `token`: as the scanner whose it is, over a socket of its own, and not as whoever is signed in.
 */
export function subscribe<R, V>(
  document: Document<R, V>,
  variables: V,
  sink: Sink<R>,
  { token }: { token?: string } = {},
): () => void {
  let stop: (() => void) | undefined
  let ended = false
  const begin = async () => {
    const { open } = await import('./socket.ts')
    if (!ended) stop = open(document, variables, sink, token)
  }
  begin().catch(() => sink.error?.(new ApiError('UNREACHABLE', 'the code for live data did not load')))
  return () => {
    ended = true
    stop?.()
  }
}
