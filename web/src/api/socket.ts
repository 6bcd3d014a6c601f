import { type Client, createClient } from 'graphql-ws'
import { ApiError, type WireError } from './api-error.ts'
import type { Document } from './document.ts'
import { accessToken, onIdentityChange } from './session.ts'
import type { Sink } from './subscribe.ts'

const FIRST_WAIT_MS = 500
const LONGEST_WAIT_MS = 20_000
const KEEP_ALIVE_MS = 15_000
const PONG_WITHIN_MS = 8_000

/** Nothing has run on it for this long: closed, before the router does so. */
const IDLE_MS = 30_000

/** Close codes that say that asking again comes to the same: not allowed at all, too many sockets or messages. */
const FINAL = new Set([4400, 4401, 4429])

/** A socket, and who is told whether it stands. */
interface Line {
  readonly client: Client
  readonly states: Set<(state: 'live' | 'reconnecting') => void>
  isLive: boolean
}

/** By the token that they were opened with; null: that of whoever is signed in. */
const lines = new Map<string | null, Line>()

/** One operation on the socket that all share. Gives what ends it. @param token another one than the session's. */
export function open<R, V>(
  document: Document<R, V>,
  variables: V,
  sink: Sink<R>,
  token: string | null = null,
): () => void {
  const line = lines.get(token) ?? connect(token)
  const state = (now: 'live' | 'reconnecting') => sink.state?.(now)
  line.states.add(state)
  if (line.isLive) state('live')
  const done = () => void line.states.delete(state)
  const stop = line.client.subscribe<R>(
    { query: document, variables: variables as Record<string, unknown> },
    {
      next: ({ data, errors }) => {
        if (data) sink.next(data)
        else if (errors) sink.error?.(ApiError.of(errors))
      },
      error: (error) => {
        done()
        sink.error?.(refused(error))
      },
      complete: () => {
        done()
        sink.complete?.()
      },
    },
  )
  return () => {
    done()
    stop()
  }
}

function connect(own: string | null): Line {
  const created = createClient({
    url: new URL('/graphql', location.origin).href.replace(/^http/, 'ws'),
    lazy: true,
    lazyCloseTimeout: IDLE_MS,
    keepAlive: KEEP_ALIVE_MS,
    connectionParams: async () => {
      const token = own ?? (await accessToken())
      return token === null ? {} : { authorization: `Bearer ${token}` }
    },
    retryAttempts: Number.POSITIVE_INFINITY,
    shouldRetry: (event) => !(isClose(event) && FINAL.has(event.code)),
    retryWait: waitOrOnline,
    on: {
      connected: () => show(line, true),
      closed: () => show(line, false),
      ping: (received) => {
        if (!received) pongTimer = setTimeout(() => created.terminate(), PONG_WITHIN_MS)
      },
      pong: (received) => {
        if (received) clearTimeout(pongTimer)
      },
    },
  })
  let pongTimer: ReturnType<typeof setTimeout> | undefined
  const line: Line = { client: created, states: new Set(), isLive: false }
  lines.set(own, line)
  // What a socket may see was settled as it was opened.
  if (own === null) onIdentityChange(() => created.terminate())
  return line
}

function show(line: Line, isLive: boolean): void {
  line.isLive = isLive
  for (const state of line.states) state(isLive ? 'live' : 'reconnecting')
}

/** Longer with each try, by chance in between, so that not all who lost a server come back at once; at once when the network is back. */
function waitOrOnline(retries: number): Promise<void> {
  const longest = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(retries, 10))
  return new Promise((resolve) => {
    const timer = setTimeout(done, longest * (0.5 + Math.random() / 2))
    function done() {
      clearTimeout(timer)
      globalThis.removeEventListener?.('online', done)
      resolve()
    }
    globalThis.addEventListener?.('online', done)
  })
}

const isClose = (event: unknown): event is { code: number; reason: string } =>
  typeof event === 'object' && event !== null && 'code' in event

function refused(error: unknown): ApiError {
  if (Array.isArray(error)) return ApiError.of(error as WireError[])
  if (!isClose(error)) return new ApiError('UNREACHABLE', String(error))
  return error.code === 4401
    ? new ApiError('UNAUTHENTICATED', error.reason)
    : new ApiError(error.code === 4429 ? 'RATE_LIMITED' : 'UNREACHABLE', error.reason)
}
