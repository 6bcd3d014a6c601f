import type { Answer } from './divide-response.ts'
import type { Echo } from './passthrough.ts'

/** An answer that is only parsed when it must be. */
export class BytesAnswer implements Answer {
  readonly #bytes: Uint8Array
  readonly #parse: () => Answer
  #parsed: { answer: Answer } | null = null

  constructor(bytes: Uint8Array, parse: () => Answer) {
    this.#bytes = bytes
    this.#parse = parse
  }

  get data() {
    return this.#answer().data
  }

  get errors() {
    return this.#answer().errors
  }

  /** The bytes, where they are the answer to the client. */
  echoedBy(echo: Echo): Uint8Array | null {
    return echo(this.#bytes)
  }

  #answer(): Answer {
    this.#parsed ??= { answer: this.#parse() }
    return this.#parsed.answer
  }
}

export const parseBytes = (bytes: Uint8Array): Answer =>
  JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString()) as Answer
