import { LRUCache } from 'lru-cache'

export interface KeptOptions<T> {
  /** Asks for what is to be kept. */
  ask(key: string): Promise<T>
  /** For so long it is given without asking. */
  freshMs(value: T): number
  /** For so long it is given while it is asked for again, and where nobody answers. */
  staleMs: number
  /** What all of it may take, in the unit of `sizeOf`; what was wanted last stays. */
  maxSize: number
  sizeOf(value: T): number
}

/** Keeps answers for a while. However many want one, it is asked for once at a time; who wants one that is old does not wait for the new one. */
export class Kept<T extends object> {
  readonly #options: KeptOptions<T>
  readonly #known: LRUCache<string, { value: T; at: number }>
  readonly #underWay = new Map<string, Promise<T>>()

  constructor(options: KeptOptions<T>) {
    this.#options = options
    this.#known = new LRUCache({
      maxSize: options.maxSize,
      sizeCalculation: ({ value }) => options.sizeOf(value) + 1,
    })
  }

  /** @throws what `ask` throws, when nothing is kept. */
  async get(key: string): Promise<T> {
    const { freshMs, staleMs } = this.#options
    const known = this.#known.get(key)
    const age = known ? performance.now() - known.at : Number.POSITIVE_INFINITY
    if (known && age < freshMs(known.value)) return known.value
    const asked = this.#ask(key)
    if (!known || age > staleMs) return asked
    asked.catch(() => undefined) // what is old is better than nothing; the next one asks again
    return known.value
  }

  #ask(key: string): Promise<T> {
    const others = this.#underWay.get(key)
    if (others) return others
    const asked = this.#options
      .ask(key)
      .then((value) => {
        this.#known.set(key, { value, at: performance.now() })
        return value
      })
      .finally(() => this.#underWay.delete(key))
    this.#underWay.set(key, asked)
    return asked
  }
}
