import { setImmediate as nextTurn } from 'node:timers/promises'
import { LRUCache } from 'lru-cache'
import { ServiceUnavailable } from '../errors.ts'
import { createMemoryRelease, type MemoryRelease } from '../memory.ts'
import { NobodyWaits, whoWaits } from '../waiting.ts'

/** From so many objects on an answer is large: some hundred milliseconds of the one thread, and tens of megabytes. */
const LARGE = 5_000

/** A hall of 100,000 seats takes 100 MB until it is read, and 200 MB until it is answered. */
const UNSIZED_PLACES = 2
const LARGE_PLACES = 1

const MAX_WAITING = 200
const MAX_WAIT_MS = 10_000

/** An answer of which the reader reads nothing keeps the others waiting for so long, and no longer. */
const MAX_SENDING_MS = 5_000

const LATER = 'There are too many large answers to be made just now. Try again.'
const RETRY_AFTER_SECONDS = 10

/** How long a list of one thing was the last time. */
const MAX_SIZES = 20_000

/** One after the other, in order; who waits too long, or for nobody any more, goes. */
class Places {
  #free: number
  readonly #waiting = new Set<() => void>()

  constructor(free: number) {
    this.#free = free
  }

  /**
   * What has written, and events of subscriptions, wait for as long as it takes: the one is done already, the other is for nobody alone.
   * @returns whether it had to wait.
   * @throws ServiceUnavailable when too many wait, or for too long; NobodyWaits.
   */
  async enter(): Promise<boolean> {
    if (this.#free > 0) {
      this.#free -= 1
      return false
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const waiting = whoWaits()
    if (!waiting || waiting.isKept) {
      this.#waiting.add(resolve)
      await promise
      return true
    }
    waiting.check()
    if (this.#waiting.size >= MAX_WAITING) throw new ServiceUnavailable(LATER, RETRY_AFTER_SECONDS)
    this.#waiting.add(resolve)
    const giveUp = (error: Error): void => {
      this.#waiting.delete(resolve)
      reject(error)
    }
    const forget = waiting.onEnd(() => giveUp(new NobodyWaits()))
    const patience = setTimeout(giveUp, MAX_WAIT_MS, new ServiceUnavailable(LATER, RETRY_AFTER_SECONDS))
    try {
      await promise
      return true
    } finally {
      clearTimeout(patience)
      forget()
    }
  }

  leave(): void {
    const [next] = this.#waiting
    if (!next) return void (this.#free += 1)
    this.#waiting.delete(next)
    next()
  }
}

/**
 * Has few large answers be made at a time, so that their memory is bounded and everything else has its turn in between. Nobody
 * knows how long a list is before it is read: what was long the last time waits before it is read, what was short does not
 * wait at all, and of what was never read few are read at a time.
 */
export class LargeAnswers {
  readonly #unsized = new Places(UNSIZED_PLACES)
  readonly #large = new Places(LARGE_PLACES)
  readonly #sizes = new LRUCache<string, number>({ max: MAX_SIZES })
  readonly #memory = createMemoryRelease()

  /** For one operation. */
  admission(): Admission {
    return new Admission(this.#unsized, this.#large, this.#sizes, this.#memory)
  }
}

/** The places that one operation has. */
export class Admission {
  readonly #unsized: Places
  readonly #large: Places
  readonly #sizes: LRUCache<string, number>
  readonly #memory: MemoryRelease
  /** How many lists of unknown length it reads, or waits to read. */
  #reading = 0
  #enteringUnsized: Promise<void> | undefined
  #hasUnsized = false
  #enteringLarge: Promise<void> | undefined
  #isLarge = false
  #isOver = false

  constructor(unsized: Places, large: Places, sizes: LRUCache<string, number>, memory: MemoryRelease) {
    this.#unsized = unsized
    this.#large = large
    this.#sizes = sizes
    this.#memory = memory
  }

  get isLarge(): boolean {
    return this.#isLarge
  }

  /**
   * Before a list is read that may be long; `read` is to be called afterwards.
   * @param key what is read.
   * @returns nothing when it need not wait.
   */
  beforeReading(key: string): Promise<void> | undefined {
    if (this.#isLarge) return undefined
    const size = this.#sizes.get(key)
    // What one operation reads goes on together, for it may be read in one statement.
    if (size !== undefined) return size < LARGE ? this.#enteringLarge : this.grow(LARGE)
    this.#reading += 1
    return this.#readUnsized(key)
  }

  /** @param length of the list; undefined when it could not be read. */
  read(key: string, length: number | undefined): void {
    if (length !== undefined) this.#sizes.set(key, length)
    if (this.#reading > 0) this.#reading -= 1
    if (this.#reading === 0 && (length ?? 0) < LARGE) this.#leaveUnsized()
  }

  /** When the answer has come to so many objects. @returns nothing when it need not wait. */
  grow(objects: number): Promise<void> | undefined {
    if (this.#isLarge || objects < LARGE) return undefined
    this.#enteringLarge ??= this.#enterLarge()
    return this.#enteringLarge
  }

  /** When the answer is made. @param sent resolves when it has been sent, too. */
  end(sent: Promise<void>): void {
    if (!this.#isLarge) return this.#leave()
    const patience = setTimeout(() => this.#leave(), MAX_SENDING_MS)
    void sent.then(() => {
      clearTimeout(patience)
      this.#leave()
    })
  }

  async #readUnsized(key: string): Promise<void> {
    this.#enteringUnsized ??= this.#enterUnsized()
    await this.#enteringUnsized
    if ((this.#sizes.get(key) ?? 0) >= LARGE) await this.grow(LARGE) // it has become known meanwhile
  }

  async #enterUnsized(): Promise<void> {
    await this.#unsized.enter()
    this.#hasUnsized = true
    if (this.#isOver) this.#leaveUnsized()
  }

  async #enterLarge(): Promise<void> {
    const waited = await this.#large.enter()
    this.#isLarge = true
    if (this.#isOver) return this.#large.leave()
    if (waited) await nextTurn() // what came in meanwhile is served before
  }

  #leaveUnsized(): void {
    if (!this.#hasUnsized) return
    this.#hasUnsized = false
    this.#enteringUnsized = undefined
    this.#unsized.leave()
  }

  #leave(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#leaveUnsized()
    if (!this.#isLarge) return
    this.#large.leave()
    this.#memory.taken()
  }
}
