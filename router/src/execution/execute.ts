import { executeQueryPlan, type GraphQLDataSource, type ServiceMap } from '@apollo/gateway'
import type { Logger } from '@karcis/kit/log'
import type { Viewer } from '@karcis/kit/service-token'
import type { PlanNode } from '@apollo/query-planner'
import { type DocumentNode, type FormattedExecutionResult, GraphQLError, getVariableValues } from 'graphql'
import { publicError, requestError } from '../errors.ts'
import { brokenLimit } from '../security/limits.ts'
import { nameVariables } from './name-required.ts'
import { operationContext, type PreparedOperation, prepareOperation } from './prepare.ts'
import type { Supergraph } from './supergraph.ts'

/** One request for one operation of a document that is valid against `supergraph`. */
export interface OperationRequest {
  supergraph: Supergraph
  document: DocumentNode
  operationName?: string | null | undefined
  variables?: Record<string, unknown> | null | undefined
  viewer: Viewer | null
  requestId: string
  log: Logger
  /** Whether `@defer` may be followed; otherwise it is passed over. */
  inParts?: boolean
}

/** What a data source learns of the request it works for. */
export interface FetchContext {
  viewer: Viewer | null
  requestId: string
  log: Logger
}

/** An operation that may run: authorized, within the limits, its variables checked and their defaults filled in. */
export interface ReadyOperation {
  request: OperationRequest
  prepared: PreparedOperation
  variables: Record<string, unknown>
}

/** @throws GraphQLError, or an AggregateError of several, for what is wrong with the request itself. */
export function readyOperation(request: OperationRequest): ReadyOperation {
  const { supergraph, document, operationName, viewer } = request
  const { schema, operation, fragments } = operationContext(supergraph, document, operationName)
  const { errors, coerced } = getVariableValues(
    schema,
    operation.variableDefinitions ?? [],
    request.variables ?? {},
  )
  if (errors) throw new AggregateError(errors.map(requestError))
  const problem = brokenLimit(schema, operation, fragments, coerced)
  if (problem) throw problem
  const prepared = prepareOperation(
    supergraph,
    document,
    operationName,
    viewer?.role ?? null,
    request.inParts,
  )
  return { request, prepared, variables: coerced }
}

/** Answers a query or a mutation. Never throws: whatever goes wrong is in the errors, as a client may see it. */
export async function executeOperation(
  request: OperationRequest,
  services: ServiceMap,
): Promise<FormattedExecutionResult> {
  try {
    const ready = readyOperation(request)
    const { node } = ready.prepared.plan
    if (node?.kind === 'Subscription') {
      throw new GraphQLError('Subscriptions are served over WebSocket, on this same path.')
    }
    return await executePlan(ready, node, services)
  } catch (error) {
    return { errors: publicErrors(error, request) }
  }
}

/** Runs the nodes of a plan and shapes the answer to the operation. */
export async function executePlan(
  { request, prepared, variables }: ReadyOperation,
  node: PlanNode | undefined,
  services: ServiceMap,
): Promise<FormattedExecutionResult> {
  const { federation } = request.supergraph
  const {
    data,
    errors = [],
    extensions,
  } = await executeQueryPlan(
    { kind: 'QueryPlan', ...(node && { node }) },
    namingServices(request.supergraph, services),
    gatewayContext(request, variables),
    prepared.context,
    federation.supergraphSchema,
    federation.apiSchema,
  )
  // A null that a subgraph may not give is told here and nowhere else; without an error it would pass for an answer.
  const broken = ((extensions?.valueCompletion ?? []) as GraphQLError[]).map(asBug)
  const restored = prepared.restore ? prepared.restore(data) : data
  const settled = prepared.settle?.(restored) ?? { data: restored, errors: [] }
  const all = [...errors, ...broken, ...settled.errors].map((error) => publicError(error, request))
  return { ...(all.length > 0 && { errors: all }), ...(settled.data !== undefined && { data: settled.data }) }
}

/** All errors that were thrown as one, as a client may see them. */
export function publicErrors(error: unknown, request: { requestId: string; log: Logger }) {
  return (error instanceof AggregateError ? error.errors : [error]).map((one) => publicError(one, request))
}

/** Services that hear of required fields under the names that they know. */
function namingServices({ required }: Supergraph, services: ServiceMap): ServiceMap {
  if (required.fields.size === 0) return services
  const naming = Object.entries(services).map(([name, service]): [string, GraphQLDataSource] => [
    name,
    {
      process(options) {
        const { request } = options
        const variables = nameVariables(request.variables ?? {})
        return service.process({ ...options, request: { ...request, variables } })
      },
    },
  ])
  return Object.fromEntries(naming)
}

type GatewayContext = Parameters<typeof executeQueryPlan>[2]

/** The part of Apollo Server's request context that the plan executor reads. */
function gatewayContext(
  { requestId, viewer, log }: OperationRequest,
  variables: Record<string, unknown>,
): GatewayContext {
  const context: FetchContext = { requestId, viewer, log }
  return { request: { variables }, context, metrics: {}, logger: log } as unknown as GatewayContext
}

const asBug = (error: GraphQLError): GraphQLError =>
  new GraphQLError(error.message, { path: error.path, originalError: new Error(error.message) })
