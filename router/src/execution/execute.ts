import { executeQueryPlan, type GraphQLDataSource, type ServiceMap } from '@apollo/gateway'
import type { PlanNode } from '@apollo/query-planner'
import { type FormattedExecutionResult, GraphQLError } from 'graphql'
import { publicError, publicErrors } from '../errors.ts'
import { restoreVariableNames } from '../planning/rewrites/restore-required-names.ts'
import type { Supergraph } from '../planning/supergraph.ts'
import type { FetchContext, Services } from '../subgraphs/request.ts'
import { compiledOperation, compiledRequest } from './compiled-operation.ts'
import type { CompiledOperation } from './compiled/compile.ts'
import { executeCompiled, executeToBuffer } from './compiled/execute.ts'
import type { ExecutionResponse } from './compiled/run.ts'
import { introspect, isIntrospection } from './introspection.ts'
import { type OperationRequest, readyForCurrentRole, type ReadyOperation } from './operation.ts'

/** Answers a query or a mutation. Never throws: whatever goes wrong is in the errors, as a client may see it. */
export async function executeOperation(
  request: OperationRequest,
  services: Services,
): Promise<FormattedExecutionResult> {
  try {
    const ready = await readyForCurrentRole(request)
    const { node } = ready.prepared.plan
    if (node?.kind === 'Subscription') {
      throw new GraphQLError('Subscriptions are served over WebSocket, on this same path.')
    }
    return await executePlan(ready, node, services)
  } catch (error) {
    return { errors: publicErrors(error, request) }
  }
}

/** Runs the nodes of a plan and shapes the response to the operation. */
export async function executePlan(
  ready: ReadyOperation,
  node: PlanNode | undefined,
  services: Services,
): Promise<FormattedExecutionResult> {
  const compiled = node === ready.prepared.plan.node ? compiledOperation(ready) : null
  const run = (): Promise<FormattedExecutionResult> => runPlan(ready, node, services, compiled)
  return compiled || !isIntrospection(ready) ? run() : (await introspect(ready, run)).result
}

/**
 * Runs what the plan of a subscription has for each event.
 * @param node the same for every event of an operation.
 * @param services of which one answers the first fetch with the event.
 */
export const executeEvent = (
  ready: ReadyOperation,
  node: PlanNode,
  services: Services,
): Promise<FormattedExecutionResult> => runPlan(ready, node, services, compiledOperation(ready, node))

async function runPlan(
  ready: ReadyOperation,
  node: PlanNode | undefined,
  services: Services,
  compiled: CompiledOperation | null,
): Promise<FormattedExecutionResult> {
  const response = compiled
    ? await executeCompiled(compiled, compiledRequest(ready, services))
    : await executeByReference(ready, node, services)
  return clientResponse(ready, response)
}

/** What a client is sent, in bytes. */
export interface EncodedResponse {
  json: Uint8Array
  /** What it was written from; null when that was nothing but data, or is a refusal that others had before. */
  result: FormattedExecutionResult | null
}

/** Answers a query or a mutation from its compiled plan; null when it has none that can be written without further steps. */
export function executeToBytes(ready: ReadyOperation, services: Services): Promise<EncodedResponse> | null {
  const { restore, settle } = ready.prepared
  const compiled = restore || settle ? null : compiledOperation(ready)
  // What is denied something goes the long way, where it is asked first whether the viewer has another role by now.
  if (!compiled) return !settle && isIntrospection(ready) ? introspectToBytes(ready, services) : null
  let result: FormattedExecutionResult | null = null
  const encode = (response: ExecutionResponse): string => {
    result = clientResponse(ready, response)
    return JSON.stringify(result)
  }
  const encoded = executeToBuffer(compiled, compiledRequest(ready, services), encode)
  return encoded.then(
    (json) => ({ json, result }),
    (error: unknown) => {
      const refusal = { errors: publicErrors(error, ready.request) }
      return { json: Buffer.from(JSON.stringify(refusal)), result: refusal }
    },
  )
}

async function introspectToBytes(ready: ReadyOperation, services: Services): Promise<EncodedResponse> {
  const { result, json } = await introspect(ready, () => runPlan(ready, undefined, services, null))
  return { json, result: result.errors ? result : null }
}

function executeByReference(
  { request, prepared, variables }: ReadyOperation,
  node: PlanNode | undefined,
  services: Services,
): Promise<ExecutionResponse> {
  const { federation } = request.supergraph
  const response = executeQueryPlan(
    { kind: 'QueryPlan', ...(node && { node }) },
    withPublicNames(request.supergraph, services),
    gatewayContext(request, variables),
    prepared.context,
    federation.supergraphSchema,
    federation.apiSchema,
  )
  return response as Promise<ExecutionResponse>
}

function clientResponse(
  { request, prepared }: ReadyOperation,
  { data, errors = [], extensions }: ExecutionResponse,
): FormattedExecutionResult {
  // A null that a subgraph may not give is reported here and nowhere else; without an error it would pass for data.
  const broken = ((extensions?.valueCompletion ?? []) as GraphQLError[]).map(asBug)
  const restored = prepared.restore ? prepared.restore(data) : data
  const settled = prepared.settle?.(restored) ?? { data: restored, errors: [] }
  const reported = [...errors, ...broken, ...settled.errors].map((error) => publicError(error, request))
  return {
    ...(reported.length > 0 && { errors: reported }),
    ...(settled.data !== undefined && { data: settled.data }),
  }
}

/** Services that are asked for required fields by the names that they know. */
function withPublicNames({ required }: Supergraph, services: Services): ServiceMap {
  if (required.fields.size === 0) return services
  const renaming = Object.entries(services).map(([name, service]): [string, GraphQLDataSource] => [
    name,
    {
      process(options) {
        const { request } = options
        const variables = restoreVariableNames(request.variables ?? {})
        return service.process({ ...options, request: { ...request, variables } })
      },
    },
  ])
  return Object.fromEntries(renaming)
}

type GatewayContext = Parameters<typeof executeQueryPlan>[2]

/** The part of Apollo Server's request context that the plan executor reads. */
function gatewayContext(request: OperationRequest, variables: Record<string, unknown>): GatewayContext {
  const context: FetchContext = request
  return { request: { variables }, context, metrics: {}, logger: request.log } as unknown as GatewayContext
}

const asBug = (error: GraphQLError): GraphQLError =>
  new GraphQLError(error.message, { path: error.path, originalError: new Error(error.message) })
