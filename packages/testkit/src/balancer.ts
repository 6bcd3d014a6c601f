import { createTcpProxy, type TcpProxy } from './tcp-proxy.ts'

const CHECK_EVERY_MS = 300
const CHECK_LIMIT_MS = 700
const MISSES = 2 // of checks one after the other, until a process counts as gone
const DRAIN_MS = 10_000

/** Several processes of one kind behind one address. */
export interface Balancer extends AsyncDisposable {
  /** The base URL for callers. */
  readonly url: string
  /** The network before it: cutting or stalling it does so for every caller. */
  readonly proxy: TcpProxy
}

interface Process {
  readonly url: string
  ready: boolean
  misses: number
  /** When it began to say that it is not ready. */
  drainingSince: number | undefined
}

/**
 * What an operator has in front of two processes, by TCP: each connection goes to the next process whose `/ready` says 200.
 * One that answers anything else gets no new connections and may finish its old ones for 10 s; one that answers nothing loses them.
 * Where none is ready, those that answer at all are used: they can say better what is wrong.
 * @param urls base URLs of the processes, which need not run yet.
 */
export async function createBalancer(urls: readonly string[]): Promise<Balancer> {
  const processes = urls.map(
    (url): Process => ({ url, ready: false, misses: MISSES, drainingSince: undefined }),
  )
  let turn = 0
  const isGone = (one: Process): boolean => one.misses >= MISSES
  const proxy = await createTcpProxy({
    next() {
      const ready = processes.filter((one) => one.ready)
      const candidates = ready.length > 0 ? ready : processes.filter((one) => !isGone(one))
      turn += 1
      return candidates[turn % candidates.length]?.url
    },
    refused(url) {
      for (const one of processes) if (one.url === url) miss(one, MISSES)
    },
  })

  function miss(one: Process, misses: number): void {
    const wasGone = isGone(one)
    one.misses += misses
    if (!isGone(one) || wasGone) return
    one.ready = false
    proxy.cut(one.url)
  }

  function answered(one: Process, ready: boolean): void {
    Object.assign(one, { misses: 0, ready })
    if (ready) one.drainingSince = undefined
    else one.drainingSince ??= Date.now()
    const isOver = one.drainingSince !== undefined && Date.now() - one.drainingSince > DRAIN_MS
    if (isOver && processes.some((other) => other.ready)) proxy.cut(one.url)
  }

  async function check(one: Process): Promise<void> {
    try {
      const response = await fetch(`${one.url}/ready`, {
        headers: { connection: 'close' },
        signal: AbortSignal.timeout(CHECK_LIMIT_MS),
      })
      await response.body?.cancel()
      answered(one, response.status === 200)
    } catch {
      miss(one, 1)
    }
  }

  const timers = processes.map((one) => {
    let checking = false
    return setInterval(() => {
      if (checking) return
      checking = true
      void check(one).finally(() => {
        checking = false
      })
    }, CHECK_EVERY_MS)
  })
  return {
    url: `http://127.0.0.1:${proxy.port}`,
    proxy,
    async [Symbol.asyncDispose]() {
      for (const timer of timers) clearInterval(timer)
      await proxy[Symbol.asyncDispose]()
    },
  }
}
