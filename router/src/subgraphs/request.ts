import type { GraphQLDataSource } from '@apollo/gateway'
import { ServiceUnavailable } from '@karcis/kit/errors'
import type { Viewer } from '@karcis/kit/service-token'
import { type GraphQLFormattedError, Kind, OperationTypeNode, parse } from 'graphql'
import type { RequestScope } from '../errors.ts'

/** One request to a subgraph. */
export interface SubgraphRequest {
  readonly query: string
  readonly operationName: string | undefined
  /** Parsed on demand: whoever sends `body` never pays for it. */
  readonly variables: Record<string, unknown>
  /** All of the above as the JSON that goes over the wire. */
  readonly body: string
}

/** The client's request for which a subgraph is asked. */
export interface FetchContext extends RequestScope {
  viewer: Viewer | null
}

/** The data source of one subgraph. Only some take ready bodies and give bytes. */
export interface Service extends GraphQLDataSource {
  ask?(request: SubgraphRequest, context: FetchContext): Promise<unknown>
  /** Stands in for a response that could not be had. */
  unavailable?(request: SubgraphRequest, context: FetchContext, error: unknown): unknown
}

export type Services = Record<string, Service>

/**
 * Requests with equal keys may share what is asked of subgraphs: beside its id, all that a subgraph learns of a request is its
 * viewer.
 */
export const scopeKeyOf = (viewer: Viewer | null): string =>
  viewer ? JSON.stringify([viewer.id, viewer.role, viewer.sessionId]) : ''

/**
 * The response to a fetch whose subgraph is unavailable: one error for every object that stays empty, in the terms of the fetch
 * (`_entities` with an index, or its root fields), from which the plan executor finds the path in the client's operation.
 */
export function unavailableErrors(
  query: string,
  variables: Record<string, unknown>,
): GraphQLFormattedError[] {
  const { message, code, facts } = new ServiceUnavailable()
  const extensions = { code, ...facts }
  if (Array.isArray(variables.representations)) {
    return variables.representations.map((_, index) => ({ message, path: ['_entities', index], extensions }))
  }
  return rootKeys(query).map((key) => ({ message, path: [key], extensions }))
}

/** Response keys at the top of an operation made by the planner, which uses no fragments there. */
function rootKeys(query: string): string[] {
  const [operation] = parse(query, { noLocation: true }).definitions
  if (operation?.kind !== Kind.OPERATION_DEFINITION || operation.operation === OperationTypeNode.SUBSCRIPTION)
    return []
  return operation.selectionSet.selections.flatMap((selection) =>
    selection.kind === Kind.FIELD ? [selection.alias?.value ?? selection.name.value] : [],
  )
}
