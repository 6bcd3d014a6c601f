import { isPlanNode, type PlanNode } from '@apollo/query-planner'
import { type FormattedExecutionResult, GraphQLError, type GraphQLFormattedError } from 'graphql'
import { publicError, publicErrors } from '../errors.ts'
import type { Services } from '../subgraphs/request.ts'
import { compiledOperation, compiledRequest } from './compiled-operation.ts'
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

/**
 * Runs the nodes of a plan and shapes the response to the operation.
 * @param node the same for every request of an operation.
 */
export async function executePlan(
  ready: ReadyOperation,
  node: PlanNode | undefined,
  services: Services,
): Promise<FormattedExecutionResult> {
  const run = (): Promise<FormattedExecutionResult> => runPlan(ready, node, services)
  return isIntrospection(ready) ? (await introspect(ready, run)).result : run()
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
): Promise<FormattedExecutionResult> => runPlan(ready, node, services)

async function runPlan(
  ready: ReadyOperation,
  node: PlanNode | undefined,
  services: Services,
): Promise<FormattedExecutionResult> {
  const compiled = compiledOperation(ready, node)
  return clientResponse(ready, await executeCompiled(compiled, compiledRequest(ready, services)))
}

/** What a client is sent, in bytes. */
export interface EncodedResponse {
  json: Uint8Array
  /** What it was written from; null when that was nothing but data, or is a refusal that others had before. */
  result: FormattedExecutionResult | null
}

/** Answers a query or a mutation from its compiled plan; null when it has none that can be written without further steps. */
export function executeToBytes(ready: ReadyOperation, services: Services): Promise<EncodedResponse> | null {
  const { restore, settle, plan } = ready.prepared
  // What is denied something goes the long way, where it is asked first whether the viewer has another role by now.
  if (settle) return null
  if (isIntrospection(ready)) return introspectToBytes(ready, services)
  if (restore || (plan.node && !isPlanNode(plan.node))) return null
  const compiled = compiledOperation(ready)
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
  const { result, json } = await introspect(ready, () => runPlan(ready, undefined, services))
  return { json, result: result.errors ? result : null }
}

function clientResponse(
  { request, prepared }: ReadyOperation,
  { data, errors = [] }: ExecutionResponse,
): FormattedExecutionResult {
  const restored = prepared.restore ? prepared.restore(data) : data
  const settled = prepared.settle?.(restored) ?? { data: restored, errors: [] }
  const reported = oneOfEachPlace([
    ...errors.map((error) => withFollowablePath(error, publicError(error, request), data)),
    ...settled.errors.map((error) => publicError(error, request)),
  ])
  return {
    ...(reported.length > 0 && { errors: reported }),
    ...(settled.data !== undefined && { data: settled.data }),
  }
}

/** Of several errors at one path the first: two subgraphs may give the same list, and fail over the same item. */
function oneOfEachPlace(errors: GraphQLFormattedError[]): GraphQLFormattedError[] {
  const places = new Set<string>()
  return errors.filter(({ path }) => {
    const { size } = places
    return !path || places.add(JSON.stringify(path)).size > size
  })
}

/**
 * An error without a path that no client can follow to a null: what a fetch needed for itself is not in the response, though something
 * else may be there under the name that clients know it by.
 * @param original has the names of what was fetched, as the data does.
 */
function withFollowablePath(
  original: unknown,
  error: GraphQLFormattedError,
  data: ExecutionResponse['data'],
): GraphQLFormattedError {
  const path = original instanceof GraphQLError ? original.path : error.path
  let value: unknown = data
  for (const step of path ?? []) {
    if (value === null || value === undefined) return error
    value = Object.hasOwn(value, step) ? (value as Record<string | number, unknown>)[step] : MISSING
    if (typeof value !== 'object') break
  }
  if (value === null || value === undefined || !error.path) return error
  const { path: _, ...others } = error
  return others
}

const MISSING = Symbol('no such key')
