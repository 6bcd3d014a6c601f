import type { ExecutionResult } from 'graphql'
import type { Client } from 'graphql-ws'
import { createClient } from 'graphql-ws'
import { WebSocket } from 'ws'

type Data = Record<string, unknown>
type Message<T> = ExecutionResult<T>

/** A running subscription. Every message is kept until it is asked for, so none can be missed. */
export interface TestSubscription<T> {
  /** The oldest message not yet taken; fails when none comes in time, or when the subscription has ended. */
  next(timeoutMs?: number): Promise<Message<T>>
  /** Takes messages until one fits; those before it are gone. */
  waitFor(predicate: (message: Message<T>) => boolean, timeoutMs?: number): Promise<Message<T>>
  /** Fails when a message comes within the time. */
  expectSilence(timeMs: number): Promise<void>
  /** All messages so far, taken or not, oldest first. */
  readonly received: readonly Message<T>[]
  /** Resolves when the server has completed it; fails when it ended in an error. */
  readonly completed: Promise<void>
  /** Tells the server that we are done. */
  stop(): void
}

/** A graphql-ws client that never reconnects: what happens to its one socket is what a test asks about. */
export interface TestWsClient extends AsyncDisposable {
  subscribe<T = Data>(query: string, variables?: Record<string, unknown>): TestSubscription<T>
  /** How the socket was closed. */
  readonly closed: Promise<{ code: number; reason: string }>
  readonly client: Client
}

/** Connects at the first subscription. `connectionParams` as a client would send them: `{ authorization }`. */
export function createWsClient(url: string, connectionParams?: Record<string, unknown>): TestWsClient {
  const closed = Promise.withResolvers<{ code: number; reason: string }>()
  const client = createClient({
    url: url.replace(/^http/, 'ws'),
    webSocketImpl: WebSocket,
    connectionParams,
    retryAttempts: 0,
    onNonLazyError: () => undefined,
    on: { closed: (event) => closed.resolve(event as { code: number; reason: string }) },
  })
  return {
    subscribe: (query, variables) => subscribe(client, query, variables),
    closed: closed.promise,
    client,
    [Symbol.asyncDispose]: async () => {
      await client.dispose()
    },
  }
}

function subscribe<T>(
  client: Client,
  query: string,
  variables?: Record<string, unknown>,
): TestSubscription<T> {
  const received: Message<T>[] = []
  const completed = Promise.withResolvers<void>()
  completed.promise.catch(() => undefined) // whoever cares waits for it; nobody else should crash
  let taken = 0
  let ended: Error | undefined
  let wake = Promise.withResolvers<void>()
  const notify = () => {
    wake.resolve()
    wake = Promise.withResolvers<void>()
  }
  const stop = client.subscribe<T>(
    { query, variables },
    {
      next: (message) => {
        received.push(message as Message<T>)
        notify()
      },
      error: (reason) => {
        ended = asError(reason)
        completed.reject(ended)
        notify()
      },
      complete: () => {
        ended ??= new Error('the subscription has completed')
        completed.resolve()
        notify()
      },
    },
  )

  async function next(timeoutMs = 10_000): Promise<Message<T>> {
    const deadline = Date.now() + timeoutMs
    for (;;) {
      const message = received[taken]
      if (message !== undefined) {
        taken += 1
        return message
      }
      if (ended) throw ended
      const left = deadline - Date.now()
      if (left <= 0) throw new Error(`no message within ${timeoutMs} ms (${received.length} before)`)
      await Promise.race([wake.promise, timer(left)])
    }
  }

  return {
    next,
    async waitFor(predicate, timeoutMs = 10_000) {
      const deadline = Date.now() + timeoutMs
      for (;;) {
        const message = await next(Math.max(0, deadline - Date.now()))
        if (predicate(message)) return message
      }
    },
    async expectSilence(timeMs) {
      const before = received.length
      await timer(timeMs)
      if (received.length > before)
        throw new Error(`expected silence, got ${JSON.stringify(received.slice(before))}`)
    },
    received,
    completed: completed.promise,
    stop,
  }
}

const timer = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms).unref()
  })

/** graphql-ws hands over an Error, a close event, or the GraphQL errors of a refused operation. */
function asError(reason: unknown): Error {
  if (reason instanceof Error) return reason
  if (Array.isArray(reason)) {
    return new AggregateError(reason, reason.map((error: { message: string }) => error.message).join('; '))
  }
  const { code, reason: text } = reason as { code?: number; reason?: string }
  return Object.assign(new Error(`socket closed: ${code} ${text}`), { code })
}
