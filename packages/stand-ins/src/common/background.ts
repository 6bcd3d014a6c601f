import { setTimeout as sleep } from 'node:timers/promises'

/** What a stand-in does on its own, beside the requests it answers. All of it ends when the stand-in closes. */
export class Background {
  readonly #stop = new AbortController()
  readonly #running = new Set<Promise<void>>()

  /** Fires when everything is to stop. */
  get signal(): AbortSignal {
    return this.#stop.signal
  }

  /** Runs `work` beside everything else. A failure that is not our own closing is a bug, and is left unhandled. */
  run(work: () => Promise<void>): void {
    if (this.signal.aborted) return
    const running = work()
      .catch((error: unknown) => {
        if (!this.signal.aborted) throw error
      })
      .finally(() => this.#running.delete(running))
    this.#running.add(running)
  }

  /** Runs `work` in `ms` milliseconds, unless all has stopped by then. @returns what calls it off */
  after(ms: number, work: () => Promise<void> | void): () => void {
    const off = new AbortController()
    this.run(async () => {
      const signal = AbortSignal.any([this.signal, off.signal])
      try {
        await sleep(ms, undefined, { signal })
      } catch (error) {
        if (off.signal.aborted) return
        throw error
      }
      await work()
    })
    return () => off.abort()
  }

  /** Waits; rejects when all stops meanwhile. */
  async pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.signal })
  }

  /** Resolves once nothing is under way or planned. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running)
  }

  async close(): Promise<void> {
    this.#stop.abort()
    await Promise.allSettled(this.#running)
  }
}
