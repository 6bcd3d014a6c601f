import {
  type Operation,
  operationFromDocument,
  type Schema,
  type SelectionSet,
} from '@apollo/federation-internals'
import type { buildOperationContext } from '@apollo/gateway'
import { isPlanNode, type QueryPlan } from '@apollo/query-planner'
import { type DocumentNode, type GraphQLSchema, Kind } from 'graphql'
import { withoutIntrospection } from '../../planning/rewrites/without-introspection.ts'
import { isInherited, NotCompilable } from './generate.ts'
import { compilePlan } from './plan.ts'
import { startRun, type Step } from './run.ts'
import { createSharedExecutions, type SharedExecutions } from './shared-executions.ts'
import { compileVariant, type Variant } from './variant.ts'

export type OperationContext = ReturnType<typeof buildOperationContext>

/** An operation ready to run, for as long as its plan is kept. Requests share executions and fetches within one of these. */
export interface CompiledOperation {
  /** Null where nothing has to be fetched. */
  step: Step | null
  /** Null where the response is not written by generated code. */
  variant: Variant | null
  /** Runs for bytes; null for a mutation, which is never shared. */
  sharedExecutions: SharedExecutions | null
  context: OperationContext
}

export interface CompileInput {
  plan: QueryPlan
  /** What is planned, on the schema that clients see. */
  context: OperationContext
  apiSchema: Schema
  supergraphSchema: GraphQLSchema
}

/**
 * Compiles a planned operation, once; the result serves any number of requests at the same time.
 * @throws NotCompilable for a subscription as a whole, and for a plan of a form that the planner does not give.
 */
export function compileOperation({
  plan,
  context,
  apiSchema,
  supergraphSchema,
}: CompileInput): CompiledOperation {
  const { node } = plan
  if (node && !isPlanNode(node)) throw new NotCompilable('a subscription')
  const definitions = [context.operation, ...Object.values(context.fragments)]
  const document: DocumentNode = { kind: Kind.DOCUMENT, definitions }
  const fetched = withoutIntrospection(document)
  const operation = operationFromDocument(apiSchema, fetched, { validate: false })
  const isQuery = operation.rootKind === 'query'
  const step = node ? compilePlan(node, operation, supergraphSchema) : null
  const variant = fetched === document ? variantOf(operation, isQuery && node?.kind === 'Fetch') : null
  return {
    step,
    variant,
    sharedExecutions: isQuery
      ? createSharedExecutions((request, isShared) =>
          startRun(step, request, variant, { isForBytes: true, isShared }),
        )
      : null,
    context,
  }
}

/** None for keys that JavaScript objects inherit, and for what is too large to be worth it. */
function variantOf(operation: Operation, isSingleFetch: boolean): Variant | null {
  try {
    refuseUnusual(operation)
    return compileVariant(operation, isSingleFetch)
  } catch (error) {
    if (error instanceof NotCompilable) return null
    throw error
  }
}

function refuseUnusual(operation: Operation): void {
  const seen = new Set<SelectionSet>()
  visit(operation.selectionSet)

  function visit(selections: SelectionSet): void {
    if (seen.has(selections)) return
    seen.add(selections)
    for (const selection of selections.selections()) {
      const { element } = selection
      if (element.kind === 'Field' && isInherited(element.responseName()))
        throw new NotCompilable('inherited name')
      if (selection.selectionSet) visit(selection.selectionSet)
    }
  }
}
