import { createMemoryRelease } from '@karcis/kit/memory'

/** The response is larger than one may be. */
export class ResponseTooLarge extends Error {
  readonly mostBytes: number

  constructor(mostBytes: number) {
    super(`answered more than ${mostBytes} bytes`)
    this.mostBytes = mostBytes
  }
}

/** So many large responses are held just now that there is no room for another. */
export class NoRoom extends Error {
  constructor() {
    super('too many large responses are held at once')
  }
}

/** Responses up to this size are not counted: connections bound them well enough. */
const LARGE_BYTES = 1_000_000

/**
 * The room that large responses have in this process, from their first byte until the client has taken the last. Few clients at a
 * time ask for that much, unless they mean to use up the memory: then this is what they find used up.
 */
export class ResponseRoom {
  readonly #mostBytes: number
  readonly #memory = createMemoryRelease()
  #held = 0

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes
  }

  /**
   * @param held by a response so far. @param size that it comes to.
   * @returns what it holds now, to be given back by `give`. @throws NoRoom
   */
  grow(held: number, size: number): number {
    if (size <= LARGE_BYTES || size <= held) return held
    if (this.#held + size - held > this.#mostBytes) throw new NoRoom()
    this.#held += size - held
    return size
  }

  give(held: number): void {
    if (held === 0) return
    this.#held -= held
    if (this.#held === 0) this.#memory.taken()
  }
}
