import { type DocumentNode, getVariableValues, GraphQLError } from 'graphql'
import { requestError } from '../errors.ts'
import { knownOperation } from '../planning/known-operation.ts'
import { type PreparedOperation, prepareOperation } from '../planning/prepare.ts'
import type { Supergraph } from '../planning/supergraph.ts'
import type { CurrentViewer } from '../security/authenticate.ts'
import type { Allowance } from '../security/rate-limits.ts'
import type { FetchContext } from '../subgraphs/request.ts'

/** One request for one operation of a document that is valid against `supergraph`. */
export interface OperationRequest extends FetchContext {
  supergraph: Supergraph
  document: DocumentNode
  operationName?: string | null | undefined
  variables?: Record<string, unknown> | null | undefined
  /** Whether `@defer` may be followed; otherwise it is passed over. */
  incremental?: boolean
  /** Asked before its viewer is denied something for want of a role. */
  currentViewer?: CurrentViewer | undefined
  /** What whoever asks may still ask in this hour; without one it is as much as they like. */
  allowance?: Allowance | null | undefined
}

/** An operation that may run: authorized, within the limits, its variables checked and their defaults filled in. */
export interface ReadyOperation {
  request: OperationRequest
  prepared: PreparedOperation
  variables: Record<string, unknown>
}

/** Makes a request ready to run. @throws GraphQLError, or an AggregateError of several, for what is wrong with the request; RateLimited. */
export function readyOperation(request: OperationRequest): ReadyOperation {
  const { supergraph, document, operationName, viewer } = request
  const known = knownOperation(supergraph, document, operationName)
  const { context, measure } = known
  const { errors, coerced } = getVariableValues(
    context.schema,
    context.operation.variableDefinitions ?? [],
    request.variables ?? {},
  )
  if (errors) throw new AggregateError(errors.map(requestError))
  const { problem, cost } = measure(coerced)
  if (problem) throw problem
  const prepared = prepareOperation(known, viewer?.role ?? null, coerced, request.incremental)
  const refusal = request.allowance?.spend(cost)
  if (refusal) throw refusal
  return { request, prepared, variables: coerced }
}

/**
 * As `readyOperation`, for the role that the viewer has now. Routers hear of a new role within a moment, but whoever was told of
 * it by one may be served by another the moment after: so before they are denied anything, this one asks.
 */
export async function readyForCurrentRole(request: OperationRequest): Promise<ReadyOperation> {
  const { viewer, currentViewer } = request
  if (!viewer || !currentViewer) return readyOperation(request)
  let ready: ReadyOperation | null = null
  try {
    ready = readyOperation(request)
    if (!ready.prepared.isForbidden) return ready
  } catch (error) {
    if (!isForbidden(error)) throw error
  }
  const current = await currentViewer(viewer)
  if (ready && (current === null || current.role === viewer.role)) return ready
  if (current) request.viewer = current
  return readyOperation(request)
}

const isForbidden = (error: unknown): boolean =>
  error instanceof GraphQLError && error.extensions.code === 'FORBIDDEN'
