import { randomInt } from 'node:crypto'

const ALPHANUMERIC = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'

/**
 * Everything a stand-in draws by lot: ids, tokens, the shift of a retry, the faults that come by chance. One seed
 * gives one series, so a run is repeated by its seed; without one, no two starts give the same ids, because a merchant
 * keeps the ids of an earlier start.
 */
export class Random {
  readonly seed: number
  #state: number

  constructor(seed: number = randomInt(2 ** 32)) {
    this.seed = seed
    this.#state = seed | 0
  }

  /** A number from 0 up to, but not including, 1 (mulberry32). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  hex(length: number): string {
    return this.#draw('0123456789abcdef', length)
  }

  digits(length: number): string {
    return this.#draw('0123456789', length)
  }

  alphanumeric(length: number): string {
    return this.#draw(ALPHANUMERIC, length)
  }

  /** A version 4 UUID. */
  uuid(): string {
    const variant = this.#draw('89ab', 1)
    return `${this.hex(8)}-${this.hex(4)}-4${this.hex(3)}-${variant}${this.hex(3)}-${this.hex(12)}`
  }

  #draw(alphabet: string, length: number): string {
    return Array.from({ length }, () => alphabet[Math.floor(this.next() * alphabet.length)]).join('')
  }
}
