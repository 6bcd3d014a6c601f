import { setTimeout as sleep } from 'node:timers/promises'
import type { Feed } from './catalogue.ts'
import { openWatcher, type SocketAddress, type Watcher } from './watcher.ts'

/** Many watchers of one server, and an account of what each of them has received. */
export interface Audience extends Disposable {
  /** Events received by watchers, together. */
  readonly delivered: number
  /** Whether each watcher has received something. */
  readonly complete: boolean
  /** Resolves when all have the event with this number: true, or false when nothing came for `patienceMs`. */
  received(number: number, patienceMs: number): Promise<boolean>
}

const AT_ONCE = 100
const STEP_MS = 20
const MAX_KNOWN = 5_000

/** @throws Error when one of them cannot watch. */
export async function openAudience(server: SocketAddress, size: number, feed: Feed): Promise<Audience> {
  const watchers: Watcher[] = []
  /** The number that each waits for next; 0 before its first. */
  const expected = new Uint32Array(size)
  /** Messages that were looked at and found right, by number: all watchers get the same bytes. */
  const right = new Map<number, Buffer>()
  const state = {
    delivered: 0,
    silent: size,
    target: 0,
    /** Watchers that have not received the target. */
    behind: 0,
    failure: null as Error | null,
    reached: (): void => undefined,
  }

  function take(index: number, buffer: Buffer, start: number, end: number): void {
    const next = expected[index] ?? 0
    const known = right.get(next)
    const number =
      known && buffer.compare(known, 0, known.length, start, end) === 0
        ? next
        : examine(buffer.subarray(start, end))
    if (next === 0) state.silent--
    else if (number < next) throw new Error(`event ${number} came instead of ${next}`)
    state.delivered++
    expected[index] = number + 1
    if (next <= state.target && number >= state.target && --state.behind === 0) state.reached()
  }

  function examine(bytes: Buffer): number {
    const text = bytes.toString()
    const { type, payload } = JSON.parse(text) as { type: string; payload: unknown }
    const number = Number(/"amount":(\d+)/.exec(text)?.[1])
    if (type !== 'next' || JSON.stringify(payload) !== JSON.stringify({ data: feed.data(number) }))
      throw new Error(`a wrong message: ${text}`)
    if (right.size > MAX_KNOWN) right.clear()
    right.set(number, Buffer.from(bytes))
    return number
  }

  const fail = (error: Error): void => {
    state.failure ??= error
    state.reached()
  }
  const open = (index: number): Promise<Watcher> =>
    openWatcher(server, feed.query, {
      message(buffer, start, end) {
        try {
          take(index, buffer, start, end)
        } catch (error) {
          fail(error as Error)
        }
      },
      failed: fail,
    })
  const close = (): void => {
    for (const watcher of watchers) watcher.close()
  }
  for (let from = 0; from < size; from += AT_ONCE) {
    const length = Math.min(AT_ONCE, size - from)
    const opened = await Promise.allSettled(Array.from({ length }, (_, index) => open(from + index)))
    for (const one of opened) if (one.status === 'fulfilled') watchers.push(one.value)
    const refused = opened.find((one) => one.status === 'rejected')
    if (refused) {
      close()
      throw refused.reason
    }
  }

  return {
    get delivered() {
      return state.delivered
    },
    get complete() {
      return state.silent === 0
    },
    async received(number, patienceMs) {
      state.target = number
      state.behind = expected.reduce((count, next) => count + (next <= number ? 1 : 0), 0)
      const all = new Promise<void>((resolve) => {
        state.reached = resolve
      })
      let seen = state.delivered
      for (let quietMs = 0; state.behind > 0 && !state.failure && quietMs < patienceMs; quietMs += STEP_MS) {
        await Promise.race([all, sleep(STEP_MS)])
        if (state.delivered > seen) quietMs = 0
        seen = state.delivered
      }
      if (state.failure) throw state.failure
      return state.behind === 0
    },
    [Symbol.dispose]: close,
  }
}
