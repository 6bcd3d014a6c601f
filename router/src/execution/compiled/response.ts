import { errorCodeDef, ERRORS } from '@apollo/federation-internals'
import type { ResponsePath } from '@apollo/query-planner'
import { GraphQLError, type GraphQLErrorOptions, type GraphQLFormattedError } from 'graphql'
import { parseJson } from '../../exact-json.ts'
import type { ExpectedReader } from './expected-json.ts'
import type { Passthrough } from './passthrough.ts'

/** What a subgraph responds, as it came over the wire: nothing of it is certain. */
export interface SubgraphResponse {
  data?: { _entities?: unknown } | null
  errors?: RawError[]
}

export interface RawError {
  path?: (string | number)[]
}

/** Of errors about whole entities, each at one of its fields: how many steps of the path lead to the entity. */
export const entityDepths = new WeakMap<GraphQLError, number>()

/** A response that is only parsed when it must be. */
export class RawResponse implements SubgraphResponse {
  readonly #bytes: Uint8Array
  readonly #parse: () => SubgraphResponse
  #parsed: { response: SubgraphResponse } | null = null

  constructor(bytes: Uint8Array, parse: () => SubgraphResponse) {
    this.#bytes = bytes
    this.#parse = parse
  }

  get data() {
    return this.#response().data
  }

  get errors() {
    return this.#response().errors
  }

  /** The bytes that can go to the client as they are; null when they cannot. */
  passThrough(passthrough: Passthrough): Uint8Array | null {
    return passthrough(this.#bytes)
  }

  #response(): SubgraphResponse {
    this.#parsed ??= { response: this.#parse() }
    return this.#parsed.response
  }
}

/** The response in a body of any form. @param read reads texts of the form that is expected, and is quicker at it. */
export function parseResponse(body: unknown, read?: ExpectedReader | null): SubgraphResponse {
  const text = body instanceof Uint8Array ? textOf(body) : body
  return (typeof text === 'string' ? (read?.(text) ?? parseJson(text)) : text) as SubgraphResponse
}

const textOf = ({ buffer, byteOffset, length }: Uint8Array): string =>
  Buffer.from(buffer, byteOffset, length).toString()

/**
 * An error of a subgraph at its path in the client's response, as the reference makes it, but for the stack: that would say where the router
 * read it, which is here, and to collect it costs more than all the rest of many answers.
 */
export function fetchError(
  original: GraphQLFormattedError,
  serviceName: string,
  path: ResponsePath | undefined,
): GraphQLError {
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 0
  try {
    return referenceError(original, serviceName, path)
  } finally {
    Error.stackTraceLimit = stackTraceLimit
  }
}

function referenceError(
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
