import { ERRORS, errorCodeDef } from '@apollo/federation-internals'
import type { ResponsePath } from '@apollo/query-planner'
import { GraphQLError, type GraphQLErrorOptions, type GraphQLFormattedError } from 'graphql'

/** An error of a subgraph at its place in the answer, as the reference makes it. */
export function subgraphError(
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
