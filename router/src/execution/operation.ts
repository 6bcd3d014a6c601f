import { type DocumentNode, getVariableValues } from 'graphql'
import { requestError } from '../errors.ts'
import { knownOperation } from '../planning/known-operation.ts'
import { type PreparedOperation, prepareOperation } from '../planning/prepare.ts'
import type { Supergraph } from '../planning/supergraph.ts'
import type { FetchContext } from '../subgraphs/request.ts'

/** One request for one operation of a document that is valid against `supergraph`. */
export interface OperationRequest extends FetchContext {
  supergraph: Supergraph
  document: DocumentNode
  operationName?: string | null | undefined
  variables?: Record<string, unknown> | null | undefined
  /** Whether `@defer` may be followed; otherwise it is passed over. */
  incremental?: boolean
}

/** An operation that may run: authorized, within the limits, its variables checked and their defaults filled in. */
export interface ReadyOperation {
  request: OperationRequest
  prepared: PreparedOperation
  variables: Record<string, unknown>
}

/** Makes a request ready to run. @throws GraphQLError, or an AggregateError of several, for what is wrong with the request. */
export function readyOperation(request: OperationRequest): ReadyOperation {
  const { supergraph, document, operationName, viewer } = request
  const known = knownOperation(supergraph, document, operationName)
  const { context, brokenLimit } = known
  const { errors, coerced } = getVariableValues(
    context.schema,
    context.operation.variableDefinitions ?? [],
    request.variables ?? {},
  )
  if (errors) throw new AggregateError(errors.map(requestError))
  const problem = brokenLimit(coerced)
  if (problem) throw problem
  const prepared = prepareOperation(known, viewer?.role ?? null, request.incremental)
  return { request, prepared, variables: coerced }
}
