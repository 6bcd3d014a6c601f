import { errorCodeDef, ERRORS } from '@apollo/federation-internals'
import type { ResponsePath } from '@apollo/query-planner'
import { GraphQLError, type GraphQLErrorOptions, type GraphQLFormattedError } from 'graphql'
import type { Echo } from './passthrough.ts'

/** The body of a subgraph's answer; as it came over the wire, so nothing of it is sure. */
export interface Answer {
  data?: { _entities?: unknown } | null
  errors?: RawError[]
}

export interface RawError {
  path?: (string | number)[]
}

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

const parseBytes = (bytes: Uint8Array): Answer =>
  JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString()) as Answer

/** The response in a body of any form. */
export function parsed(body: unknown): Answer {
  if (typeof body === 'string') return JSON.parse(body) as Answer
  return body instanceof Uint8Array ? parseBytes(body) : (body as Answer)
}

/** An error of a subgraph at its place in the answer, as the reference makes it. */
export function fetchError(
  original: GraphQLFormattedError,
  serviceName: string,
  path: ResponsePath | undefined,
): GraphQLError {
  const { extensions } = original
  const message = original.message || `Error while fetching subquery from service "${serviceName}"`
  const options: GraphQLErrorOptions = {
    originalError: original as Error,
    path,
    extensions: { ...extensions, serviceName },
  }
  const code = errorCodeDef(original)
  if (!code && extensions?.code) return new GraphQLError(message, options)
  return (code ?? ERRORS.DOWNSTREAM_SERVICE_ERROR).err(message, options)
}
