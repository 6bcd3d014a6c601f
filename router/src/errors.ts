import { ERROR_CODES, type ErrorCode, KarcisError } from '@karcis/kit/errors'
import { formatError } from '@karcis/kit/graphql-errors'
import type { Logger } from '@karcis/kit/log'
import { GraphQLError, type GraphQLFormattedError } from 'graphql'
import { publicPath } from './internal-names.ts'

/** What an error needs to be logged under. */
export interface RequestScope {
  requestId: string
  log: Logger
}

/**
 * A scope whose log is made when something is logged, which is mostly never. A class, because each object literal with a getter
 * has a hidden class of its own, which V8 keeps until its next full collection with all that the getter can see.
 */
export class LazyScope implements RequestScope {
  readonly requestId: string
  readonly #log: Logger
  #child: Logger | undefined

  constructor(requestId: string, log: Logger) {
    this.requestId = requestId
    this.#log = log
  }

  get log(): Logger {
    this.#child ??= this.#log.child({ requestId: this.requestId })
    return this.#child
  }
}

/** A code of the router alone: a subscription does not fit the schema any more. */
export const SCHEMA_RELOAD = 'SUBSCRIPTION_SCHEMA_RELOAD'

const PUBLIC_CODES = new Set<unknown>([...ERROR_CODES, SCHEMA_RELOAD])

/** Extensions that show how the system is built, not what went wrong. */
const INTERNAL_EXTENSIONS = [
  'serviceName',
  'service',
  'stacktrace',
  'exception',
  'http',
  'query',
  'variables',
]

/**
 * What a client sees of an error. One to which a subgraph gave a known code passes with its facts; everything else is treated as
 * in a subgraph.
 */
export function publicError(error: unknown, scope: RequestScope): GraphQLFormattedError {
  if (isBeyondText(error)) return publicError(new AnswerTooLarge(), scope)
  const formatted =
    error instanceof GraphQLError && isPublic(error.extensions.code)
      ? withFacts(error, scope)
      : formatError(error, scope)
  return formatted.path ? { ...formatted, path: publicPath(formatted.path) } : formatted
}

function withFacts(error: GraphQLError, scope: RequestScope): GraphQLFormattedError {
  const { requestId } = scope
  const { message, locations, path } = error.toJSON()
  const facts = Object.entries(error.extensions).filter(([name]) => !INTERNAL_EXTENSIONS.includes(name))
  const extensions = Object.fromEntries(facts)
  // A shared fetch carries the request id of one of those who share it, which is of no use to the others.
  if ('requestId' in extensions && extensions.requestId !== requestId) {
    scope.log.warn({ requestId, loggedAs: extensions.requestId }, 'a call that others shared has failed')
    extensions.requestId = requestId
  }
  return { message, ...(locations && { locations }), ...(path && { path }), extensions }
}

/** What a client sees of errors that were thrown as one. */
export function publicErrors(error: unknown, scope: RequestScope) {
  return (error instanceof AggregateError ? error.errors : [error]).map((one) => publicError(one, scope))
}

/** An error that the router itself reports, with a code for clients. */
export function clientError(
  code: ErrorCode | typeof SCHEMA_RELOAD,
  message: string,
  options: { path?: readonly (string | number)[]; facts?: Record<string, unknown> } = {},
): GraphQLError {
  return new GraphQLError(message, { path: options.path, extensions: { code, ...options.facts } })
}

/** The operation is well formed, and what it asks for is more than is given at once. */
export class AnswerTooLarge extends KarcisError {
  /** @param most of what it may be. */
  constructor(most: { mostBytes?: number; mostObjects?: number } = {}) {
    super('BAD_USER_INPUT', 'The answer is too large. Ask for fewer fields, or page by page.', most)
  }
}

/** V8 says so of a text that is longer than one may be, and of values that are nested deeper than its stack is. */
export const isBeyondText = (error: unknown): boolean =>
  error instanceof RangeError && /string length|call stack/.test(error.message)

/** A result as JSON; where it is too deep or too long for that, the error that says so. */
export function toJson(result: object): string {
  try {
    return JSON.stringify(result)
  } catch (error) {
    if (!isBeyondText(error)) throw error
    return JSON.stringify(TOO_LARGE)
  }
}

/** An error that graphql-js finds in a request: it is for the client to fix. */
export const requestError = ({ message, nodes, source, positions, path }: GraphQLError): GraphQLError =>
  new GraphQLError(message, { nodes, source, positions, path, extensions: { code: 'BAD_USER_INPUT' } })

/** An error as a subgraph sent it: JSON of which nothing is certain. */
export function subgraphError(error: unknown): GraphQLError {
  const { message, path, extensions } = (
    Object(error) === error ? error : {}
  ) as Partial<GraphQLFormattedError>
  const text = typeof message === 'string' ? message : 'A subgraph failed without a message.'
  return new GraphQLError(text, {
    path: Array.isArray(path) ? path : undefined,
    extensions: Object(extensions) === extensions ? extensions : undefined,
    originalError: new Error(text), // without a known code it is a bug of the subgraph, and masked here
  })
}

/** An error as JSON outside of any operation: refused requests, unknown paths. */
export const errorBody = (code: ErrorCode, message: string, facts: Record<string, unknown> = {}) => ({
  errors: [{ message, extensions: { code, ...facts } }],
})

const isPublic = (code: unknown): boolean => PUBLIC_CODES.has(code) && code !== 'INTERNAL_SERVER_ERROR'

const tooLarge = new AnswerTooLarge()

/** What stands in for a result that cannot be written. */
export const TOO_LARGE = errorBody(tooLarge.code, tooLarge.message)
