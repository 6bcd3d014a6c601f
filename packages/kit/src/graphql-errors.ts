import { GraphQLError, type GraphQLFormattedError } from 'graphql'
import { ERROR_CODES, KarcisError } from './errors.ts'
import type { Logger } from './log.ts'
import { asExpected } from './outages.ts'

const PUBLIC_CODES = new Set<string>(ERROR_CODES)

/** Codes that graphql-js and Apollo Server give to a request that is wrong in itself. */
const REQUEST_CODES = new Set([
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'OPERATION_RESOLUTION_FAILURE',
  'BAD_REQUEST',
])

/**
 * The one place where an error becomes what a client sees: an expected failure keeps its code and facts, a
 * request that is wrong in itself is BAD_USER_INPUT, what is away is SERVICE_UNAVAILABLE (`asExpected`), anything else is a bug: masked, and logged with its request id.
 */
export function formatError(
  error: unknown,
  request: { requestId: string; log: Logger },
): GraphQLFormattedError {
  const graphqlError =
    error instanceof GraphQLError ? error : new GraphQLError('Unknown', { originalError: asError(error) })
  const { locations, path } = graphqlError.toJSON()
  const place = { ...(locations && { locations }), ...(path && { path }) }
  const cause = asExpected(rootCause(graphqlError), request.log)

  if (cause instanceof KarcisError) {
    return { message: cause.message, ...place, extensions: { code: cause.code, ...cause.facts } }
  }
  const code = graphqlError.extensions.code
  if (typeof code === 'string' && PUBLIC_CODES.has(code) && code !== 'INTERNAL_SERVER_ERROR') {
    return { message: graphqlError.message, ...place, extensions: { code } }
  }
  // A place in the document but none in the answer: nothing was executed, it is the request itself, as when a scalar
  // refuses a variable. graphql-js' own errors speak of the request too.
  if ((locations && !path) || cause instanceof GraphQLError || REQUEST_CODES.has(String(code))) {
    return { message: graphqlError.message, ...place, extensions: { code: 'BAD_USER_INPUT' } }
  }
  request.log.error({ err: cause, requestId: request.requestId, path }, 'unexpected error')
  return {
    message: 'Something went wrong on our side.',
    ...place,
    extensions: { code: 'INTERNAL_SERVER_ERROR', requestId: request.requestId },
  }
}

function rootCause(error: Error): Error {
  const inner = error instanceof GraphQLError ? error.originalError : undefined
  return inner ? rootCause(inner) : error
}

const asError = (value: unknown): Error => (value instanceof Error ? value : new Error(String(value)))
