import {
  type Operation,
  operationFromDocument,
  type Schema,
  type SelectionSet,
} from '@apollo/federation-internals'
import { buildOperationContext } from '@apollo/gateway'
import { isPlanNode, type QueryPlan } from '@apollo/query-planner'
import { type DocumentNode, type GraphQLSchema, Kind } from 'graphql'
import { isInherited, NotCompilable } from './generate.ts'
import { compilePlan } from './plan.ts'
import { startRun, type Step } from './run.ts'
import { createSharedExecutions, type SharedExecutions } from './shared-executions.ts'
import { createVariants, type Variants } from './variants.ts'

export type OperationContext = ReturnType<typeof buildOperationContext>

export interface ReferenceSchemas {
  apiSchema: Schema
  supergraphSchema: GraphQLSchema
}

/** An operation ready to run, for as long as its plan is kept. Requests share executions and fetches within one of these. */
export interface CompiledOperation {
  /** Null where nothing has to be fetched. */
  step: Step | null
  variants: Variants
  /** Runs for bytes; null for a mutation, which is never shared. */
  sharedExecutions: SharedExecutions | null
  context: OperationContext
  schemas: ReferenceSchemas
}

export interface CompileInput {
  plan: QueryPlan
  /** Valid against the API schema. */
  document: DocumentNode
  operationName?: string | undefined
  apiSchema: Schema
  supergraphSchema: GraphQLSchema
}

/**
 * Compiles a planned operation, once; the result serves any number of requests at the same time.
 * @returns null for what is left to the reference executor: subscriptions, `@defer`, introspection, rewritten fetches, keys
 *   that JavaScript objects inherit, and operations too large to be worth it.
 */
export function compileOperation(input: CompileInput): CompiledOperation | null {
  try {
    return compile(input)
  } catch (error) {
    if (error instanceof NotCompilable) return null
    throw error
  }
}

function compile({
  plan,
  document,
  operationName,
  apiSchema,
  supergraphSchema,
}: CompileInput): CompiledOperation {
  const { node } = plan
  if (node && !isPlanNode(node)) throw new NotCompilable('a subscription')
  const context = buildOperationContext({
    schema: supergraphSchema, // for introspection only, which is not compiled
    operationDocument: document,
    ...(operationName !== undefined && { operationName }),
  })
  const definitions = [context.operation, ...Object.values(context.fragments)]
  const operation = operationFromDocument(
    apiSchema,
    { kind: Kind.DOCUMENT, definitions },
    { validate: false },
  )
  refuseUnusual(operation)
  const isQuery = operation.rootKind === 'query'
  const step = node ? compilePlan(node, operation, supergraphSchema) : null
  const variants = createVariants(operation, isQuery && node?.kind === 'Fetch')
  return {
    step,
    variants,
    sharedExecutions: isQuery
      ? createSharedExecutions((request, isShared) =>
          startRun(step, request, variants(request.variables), { isForBytes: true, isShared }),
        )
      : null,
    context,
    schemas: { apiSchema, supergraphSchema },
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
      if (element.hasDefer()) throw new NotCompilable('@defer')
      if (element.kind === 'Field') {
        if (element.definition.isSchemaIntrospectionField()) throw new NotCompilable('introspection')
        if (isInherited(element.responseName())) throw new NotCompilable('inherited name')
      }
      if (selection.selectionSet) visit(selection.selectionSet)
    }
  }
}
