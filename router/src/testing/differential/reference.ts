import { buildOperationContext, executeQueryPlan } from '@apollo/gateway'
import type { QueryPlan } from '@apollo/query-planner'
import type { DocumentNode } from 'graphql'
import type { ExecutionResponse, FetchSubgraph } from '../../execution/compiled/run.ts'
import type { SubgraphRequest } from '../../subgraphs/request.ts'
import type { World } from './world.ts'

/** What it gives: nulls where none are allowed are in `valueCompletion`, unless there are errors. */
export interface ReferenceResponse extends ExecutionResponse {
  extensions?: Record<string, unknown>
}

/** Runs a plan with the executor that all others must equal. */
export async function executeByReference(
  world: World,
  { plan, document }: { plan: QueryPlan; document: DocumentNode },
  variables: Record<string, unknown>,
  fetchSubgraph: FetchSubgraph<unknown>,
): Promise<ReferenceResponse> {
  const services = Object.fromEntries(world.subgraphs.map((name) => [name, { process: processOf(name) }]))
  const context = buildOperationContext({ schema: world.clientSchema, operationDocument: document })
  return (await executeQueryPlan(
    plan,
    services as Parameters<typeof executeQueryPlan>[1],
    { request: { variables }, metrics: {} } as Parameters<typeof executeQueryPlan>[2],
    context,
    world.supergraphSchema,
    world.apiSchema,
  )) as ReferenceResponse

  function processOf(name: string) {
    return ({ request }: { request: Pick<SubgraphRequest, 'query' | 'operationName' | 'variables'> }) =>
      fetchSubgraph(name, { ...request, body: '' }, null)
  }
}
