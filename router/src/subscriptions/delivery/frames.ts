/** How messages follow each other on a stream. */
export interface Framing {
  /** Bytes that a message of `length` bytes takes. */
  size(length: number): number
  /** Writes what goes before a message; returns the offset after it. */
  begin(bytes: Buffer, offset: number, length: number): number
}

/** FIN and the opcode of text. */
const TEXT = 0x81

const SHORT = 125
const MEDIUM = 0xff_ff

/** A WebSocket's text frames from a server, which are not masked (RFC 6455, 5.2). */
export const WEB_SOCKET: Framing = {
  size: (length) => length + (length <= SHORT ? 2 : length <= MEDIUM ? 4 : 10),

  begin(bytes, offset, length) {
    bytes[offset] = TEXT
    if (length <= SHORT) {
      bytes[offset + 1] = length
      return offset + 2
    }
    if (length <= MEDIUM) {
      bytes[offset + 1] = 126
      return bytes.writeUInt16BE(length, offset + 2)
    }
    bytes[offset + 1] = 127
    bytes.writeUInt32BE(Math.floor(length / 2 ** 32), offset + 2)
    return bytes.writeUInt32BE(length % 2 ** 32, offset + 6)
  },
}

/** Messages that mark their own end. */
export const UNFRAMED: Framing = { size: (length) => length, begin: (_, offset) => offset }

/** What goes around the JSON of each event of one operation. */
export interface Wrapping {
  readonly framing: Framing
  readonly head: string
  readonly tail: string
  /** Bytes of both. */
  readonly length: number
}

/**
 * Events that follow each other: one, and the batch before it. Channels with the same events pending hold the same batch,
 * whatever the ids of their operations; where the ids are the same too, and a thousand watchers may all have said "1", so are the
 * bytes on the wire.
 */
export class FrameBatch {
  /** How many events there are. */
  readonly count: number
  readonly #before: FrameBatch | null
  readonly #json: Buffer
  /** The batch that was last made of this one and one more event: the next channel mostly wants the same. */
  #longer: FrameBatch | null = null
  #wrapping: Wrapping | null = null
  #bytes: Buffer | null = null

  constructor(before: FrameBatch | null, json: Buffer) {
    this.count = before ? before.count + 1 : 1
    this.#before = before
    this.#json = json
  }

  /** Whether this is its newest event. */
  endsWith(json: Buffer): boolean {
    return this.#json === json
  }

  /** This batch and one more event. */
  and(json: Buffer): FrameBatch {
    if (!this.#longer?.endsWith(json)) this.#longer = new FrameBatch(this, json)
    return this.#longer
  }

  /** All of it, as it goes over the wire. */
  bytesIn(wrapping: Wrapping): Buffer {
    if (!this.#bytes || !isSame(wrapping, this.#wrapping)) {
      this.#bytes = FrameBatch.#write(this, wrapping)
      this.#wrapping = wrapping
    }
    return this.#bytes
  }

  static #write(newest: FrameBatch, wrapping: Wrapping): Buffer {
    let size = 0
    for (let one: FrameBatch | null = newest; one; one = one.#before) size += sizeOf(one.#json, wrapping)
    const bytes = Buffer.allocUnsafe(size)
    for (let one: FrameBatch | null = newest; one; one = one.#before) {
      size -= sizeOf(one.#json, wrapping)
      write(one.#json, wrapping, bytes, size)
    }
    return bytes
  }
}

const isSame = (a: Wrapping, b: Wrapping | null): boolean =>
  a.head === b?.head && a.tail === b.tail && a.framing === b.framing

const sizeOf = (json: Buffer, { framing, length }: Wrapping): number => framing.size(length + json.length)

function write(json: Buffer, { framing, head, tail, length }: Wrapping, bytes: Buffer, start: number): void {
  let offset = framing.begin(bytes, start, length + json.length)
  offset += bytes.write(head, offset)
  offset += json.copy(bytes, offset)
  bytes.write(tail, offset)
}
