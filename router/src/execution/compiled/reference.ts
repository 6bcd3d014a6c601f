import { type buildOperationContext, executeQueryPlan } from '@apollo/gateway'
import type { Schema } from '@apollo/federation-internals'
import type { FetchNode } from '@apollo/query-planner'
import { type GraphQLError, type GraphQLSchema, OperationTypeNode } from 'graphql'
import type { Run } from './run.ts'

/** What the reference executor gives. */
export interface ExecutionAnswer {
  data?: Record<string, unknown> | null | undefined
  /** GraphQL errors, but for what a failed call was rejected with. */
  errors?: readonly unknown[]
  /** Nulls where none may be stand in `valueCompletion`, unless there are errors. */
  extensions?: Record<string, unknown>
}

export type OperationContext = ReturnType<typeof buildOperationContext>

export interface ReferenceSchemas {
  apiSchema: Schema
  supergraphSchema: GraphQLSchema
}

const SERVICE = 'fetched'

const EVERYTHING: FetchNode = {
  kind: 'Fetch',
  serviceName: SERVICE,
  operation: '',
  operationName: undefined,
  operationKind: OperationTypeNode.QUERY,
}

/**
 * Shapes what was fetched by the reference's own post-processing: for every tree that is not as the schema promises. It runs
 * the reference on a plan of one fetch that is answered with the whole tree.
 */
export async function shapeByReference(
  run: Run,
  context: OperationContext,
  schemas: ReferenceSchemas,
): Promise<ExecutionAnswer> {
  const { variables } = run.request
  const answer = await executeQueryPlan(
    { kind: 'QueryPlan', node: EVERYTHING },
    { [SERVICE]: { process: async () => ({ data: run.tree }) } },
    { request: { variables }, metrics: {} } as Parameters<typeof executeQueryPlan>[2],
    context,
    schemas.supergraphSchema,
    schemas.apiSchema,
  )
  // Errors of its own mean that it gave up on the tree; then they are all there is.
  if (answer.errors || run.errors.length === 0) return answer as ExecutionAnswer & { errors?: GraphQLError[] }
  return { errors: run.errors, data: answer.data as ExecutionAnswer['data'] }
}
