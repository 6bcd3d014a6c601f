import type { GraphQLDataSource } from '@apollo/gateway'
import type { QueryPlan } from '@apollo/query-planner'
import type { PreparedOperation } from '../planning/prepare.ts'
import { restoreVariableNames } from '../planning/rewrites/restore-required-names.ts'
import type { Supergraph } from '../planning/supergraph.ts'
import {
  type FetchContext,
  joinContexts,
  scopeKeyOf,
  type Services,
  type SubgraphRequest,
} from '../subgraphs/request.ts'
import { type CompiledOperation, compileOperation } from './compiled/compile.ts'
import type { CompiledRequest, FetchSubgraph } from './compiled/run.ts'
import type { ReadyOperation } from './operation.ts'

/** Compiling takes longer than many operations live: each is compiled once, when it is first run. */
const compiled = new WeakMap<PreparedOperation, CompiledOperation>()

/**
 * The compiled form of an operation.
 * @param node what is run of its plan: for a subscription, what is run for each event. Always the same for one prepared
 *   operation.
 */
export function compiledOperation(
  { request, prepared }: ReadyOperation,
  node: QueryPlan['node'] = prepared.plan.node,
): CompiledOperation {
  const known = compiled.get(prepared)
  if (known !== undefined) return known
  const made = compileOperation({
    plan: { kind: 'QueryPlan', ...(node && { node }) },
    context: prepared.context,
    ...request.supergraph.federation,
  })
  compiled.set(prepared, made)
  return made
}

export const compiledRequest = (
  { request, variables }: ReadyOperation,
  services: Services,
): CompiledRequest<FetchContext> => ({
  variables,
  scopeKey: scopeKeyOf(request.viewer),
  scope: request,
  joinScopes: joinContexts,
  fetchSubgraph: fetchFrom(request.supergraph, services),
  unavailable: (name, asked, error) => services[name]?.unavailable?.(asked, error),
})

const fetchFrom =
  ({ required }: Supergraph, services: Services): FetchSubgraph<FetchContext> =>
  (name, request, context) => {
    const service = services[name]
    if (!service) return Promise.reject(new Error(`no service for the subgraph ${name}`))
    const restored = required.fields.size > 0 ? withPublicNames(request) : request
    if (service.ask) return service.ask(restored, context)
    const { query, operationName, variables } = restored
    const options = { request: { query, operationName, variables }, context }
    return service.process(options as unknown as Parameters<GraphQLDataSource['process']>[0])
  }

/** The request with required fields by the names that subgraphs know. */
function withPublicNames(request: SubgraphRequest): SubgraphRequest {
  if (!request.body.includes('"karcisRequired')) return request
  const { query, operationName } = request
  const variables = restoreVariableNames(request.variables)
  return { query, operationName, variables, body: JSON.stringify({ query, operationName, variables }) }
}
