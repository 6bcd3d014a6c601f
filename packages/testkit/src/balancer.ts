import type { TestProcess } from './process.ts'
import { createTcpProxy, type TcpProxy } from './tcp-proxy.ts'

const CHECK_EVERY_MS = 200
const CHECK_LIMIT_MS = 700
const MISSES = 2 // of checks one after the other, until a process counts as gone
const DRAIN_MS = 10_000

/** Several processes of one kind behind one address. */
export interface Balancer extends AsyncDisposable {
  /** The base URL for callers. */
  readonly url: string
  /** Base URLs of the processes; may be changed at any time. */
  readonly targets: Set<string>
  /** The network before it: cutting or stalling it does so for every caller. */
  readonly proxy: TcpProxy
}

/** What is known of a process. */
interface State {
  ready: boolean
  misses: number
  /** Since when it answers, and not that it is ready. */
  drainingSince: number | undefined
  checking: boolean
}

/**
 * What an operator has in front of two processes, only small. It knows connections and not requests: each goes to the next process
 * whose `/ready` says 200. One that answers anything else gets no new connections and may finish its old ones for 10 s; one that
 * answers nothing loses them. Where none is ready, those that answer at all are used: they can say better what is wrong.
 * @param urls base URLs of the processes, which need not run yet.
 */
export async function startBalancer(...urls: string[]): Promise<Balancer> {
  const targets = new Set(urls)
  const states = new Map<string, State>()
  let turn = 0
  const isGone = (url: string): boolean => stateOf(url).misses >= MISSES
  const proxy = await createTcpProxy({
    next() {
      const ready = [...targets].filter((url) => stateOf(url).ready)
      const candidates = ready.length > 0 ? ready : [...targets].filter((url) => !isGone(url))
      turn += 1
      return candidates[turn % candidates.length]
    },
    refused: (url) => miss(url, MISSES),
  })

  function stateOf(url: string): State {
    const known = states.get(url)
    if (known) return known
    const unknown = { ready: false, misses: MISSES, drainingSince: undefined, checking: false }
    states.set(url, unknown)
    return unknown
  }

  function miss(url: string, misses: number): void {
    const state = stateOf(url)
    const wasGone = isGone(url)
    state.misses += misses
    if (wasGone || !isGone(url)) return
    state.ready = false
    proxy.cut(url)
  }

  function answered(url: string, ready: boolean): void {
    const state = stateOf(url)
    Object.assign(state, { misses: 0, ready })
    if (ready) state.drainingSince = undefined
    else state.drainingSince ??= Date.now()
    const isOver = state.drainingSince !== undefined && Date.now() - state.drainingSince > DRAIN_MS
    if (isOver && [...targets].some((other) => stateOf(other).ready)) proxy.cut(url)
  }

  async function check(url: string): Promise<void> {
    const state = stateOf(url)
    if (state.checking) return
    state.checking = true
    try {
      const response = await fetch(`${url}/ready`, {
        headers: { connection: 'close' },
        signal: AbortSignal.timeout(CHECK_LIMIT_MS),
      })
      await response.body?.cancel()
      answered(url, response.status === 200)
    } catch {
      miss(url, 1)
    }
    state.checking = false
  }

  const checkAll = () => Promise.all([...targets].map(check))
  await checkAll()
  const timer = setInterval(() => void checkAll(), CHECK_EVERY_MS)
  return {
    url: `http://127.0.0.1:${proxy.port}`,
    targets,
    proxy,
    async [Symbol.asyncDispose]() {
      clearInterval(timer)
      await proxy[Symbol.asyncDispose]()
    },
  }
}

/**
 * One step of a rolling restart: a new process takes requests, then the oldest is told to end, and is waited for.
 * @param running oldest first. @returns how the oldest ended.
 */
export async function replaceOldest(
  balancer: Balancer,
  running: TestProcess[],
  start: () => Promise<TestProcess>,
): Promise<number | string | undefined> {
  const next = await start()
  balancer.targets.add(next.url)
  running.push(next)
  const old = running.shift()
  old?.signal('SIGTERM')
  const end = await old?.ended
  if (old) balancer.targets.delete(old.url)
  return end
}
