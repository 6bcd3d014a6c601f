import { buildOperationContext, executeQueryPlan } from '@apollo/gateway'
import type { QueryPlan } from '@apollo/query-planner'
import type { DocumentNode } from 'graphql'
import type { ExecutionAnswer } from '../reference.ts'
import type { FetchSubgraph } from '../types.ts'
import type { World } from './world.ts'

/** Runs a plan with the executor that all others must equal. */
export async function executeByReference(
  world: World,
  { plan, document }: { plan: QueryPlan; document: DocumentNode },
  variables: Record<string, unknown>,
  fetchSubgraph: FetchSubgraph<unknown>,
): Promise<ExecutionAnswer> {
  const services = Object.fromEntries(
    ['catalog', 'reviews', 'users', 'shipping', 'ratings', 'a', 'b', 'c'].map((name) => [
      name,
      {
        process: ({
          request,
        }: {
          request: { query: string; operationName?: string; variables: Record<string, unknown> }
        }) =>
          fetchSubgraph(
            name,
            {
              query: request.query,
              operationName: request.operationName,
              variables: request.variables,
              body: '',
            },
            null,
          ),
      },
    ]),
  )
  const context = buildOperationContext({ schema: world.clientSchema, operationDocument: document })
  return (await executeQueryPlan(
    plan,
    services as unknown as Parameters<typeof executeQueryPlan>[1],
    { request: { variables }, metrics: {} } as Parameters<typeof executeQueryPlan>[2],
    context,
    world.supergraphSchema,
    world.apiSchema,
  )) as ExecutionAnswer
}
