import { ERROR_CODES, type ErrorCode } from '@karcis/kit/errors'
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
 * A scope whose log is made when something is logged, which mostly is never. A class, for an object literal with a getter is a
 * hidden class of its own each time, which V8 keeps until its next full collection, and with it all that the getter can see.
 */
export class LazyScope implements RequestScope {
  readonly requestId: string
  readonly #log: Logger
  #own: Logger | undefined

  constructor(requestId: string, log: Logger) {
    this.requestId = requestId
    this.#log = log
  }

  get log(): Logger {
    this.#own ??= this.#log.child({ requestId: this.requestId })
    return this.#own
  }
}

/** A code of the router alone: a subscription does not fit the schema any more. */
export const SCHEMA_RELOAD = 'SUBSCRIPTION_SCHEMA_RELOAD'

const PUBLIC_CODES = new Set<unknown>([...ERROR_CODES, SCHEMA_RELOAD])

/** Extensions that tell how the system is built, not what went wrong. */
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
 * What a client sees of an error. One that a subgraph gave a known code passes with the facts beside it;
 * everything else goes the same way as in a subgraph.
 */
export function publicError(error: unknown, scope: RequestScope): GraphQLFormattedError {
  const formatted =
    error instanceof GraphQLError && isPublic(error.extensions.code)
      ? withFacts(error, scope)
      : formatError(error, scope)
  return formatted.path ? { ...formatted, path: publicPath(formatted.path) } : formatted
}

function withFacts(error: GraphQLError, { requestId, log }: RequestScope): GraphQLFormattedError {
  const { message, locations, path } = error.toJSON()
  const facts = Object.entries(error.extensions).filter(([name]) => !INTERNAL_EXTENSIONS.includes(name))
  const extensions = Object.fromEntries(facts)
  // Who asked a subgraph together asked in the name of one of them; the id of that one is nobody else's business.
  if ('requestId' in extensions && extensions.requestId !== requestId) {
    log.warn({ requestId, loggedAs: extensions.requestId }, 'a call that others shared has failed')
    extensions.requestId = requestId
  }
  return { message, ...(locations && { locations }), ...(path && { path }), extensions }
}

/** All errors that were thrown as one, as a client may see them. */
export function publicErrors(error: unknown, scope: RequestScope) {
  return (error instanceof AggregateError ? error.errors : [error]).map((one) => publicError(one, scope))
}

/** An error of the router's own making, with a code for clients. */
export function clientError(
  code: ErrorCode | typeof SCHEMA_RELOAD,
  message: string,
  options: { path?: readonly (string | number)[]; facts?: Record<string, unknown> } = {},
): GraphQLError {
  return new GraphQLError(message, { path: options.path, extensions: { code, ...options.facts } })
}

/** What graphql-js has against a request: the client's to mend, whatever made it fail. */
export const requestError = ({ message, nodes, source, positions, path }: GraphQLError): GraphQLError =>
  new GraphQLError(message, { nodes, source, positions, path, extensions: { code: 'BAD_USER_INPUT' } })

/** An error as a subgraph sent it: plain JSON, of which nothing is sure. */
export function subgraphError(error: unknown): GraphQLError {
  const { message, path, extensions } = (
    Object(error) === error ? error : {}
  ) as Partial<GraphQLFormattedError>
  const text = typeof message === 'string' ? message : 'A subgraph failed without a message.'
  return new GraphQLError(text, {
    path: Array.isArray(path) ? path : undefined,
    extensions: Object(extensions) === extensions ? extensions : undefined,
    originalError: new Error(text), // without a known code it is a bug over there, and masked here
  })
}

/** An error as JSON outside of any operation: refused requests, unknown paths. */
export const errorBody = (code: ErrorCode, message: string, facts: Record<string, unknown> = {}) => ({
  errors: [{ message, extensions: { code, ...facts } }],
})

const isPublic = (code: unknown): boolean => PUBLIC_CODES.has(code) && code !== 'INTERNAL_SERVER_ERROR'
