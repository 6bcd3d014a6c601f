import { buildOperationContext } from '@apollo/gateway'
import {
  type Operation,
  operationFromDocument,
  type Schema,
  type SelectionSet,
} from '@apollo/federation-internals'
import { isPlanNode, type QueryPlan } from '@apollo/query-planner'
import { type DocumentNode, type GraphQLSchema, Kind } from 'graphql'
import { isInherited } from './generated.ts'
import type { Tree } from './merge.ts'
import { compilePlan } from './plan.ts'
import type { Projection } from './projection.ts'
import type { OperationContext, ReferenceSchemas } from './reference.ts'
import type { Step } from './run.ts'
import { NotCompilable } from './shape.ts'
import { createVariants, type Variants } from './variants.ts'

/** An operation ready to run, for as long as its plan is kept. Batches across requests form within one of these. */
export interface CompiledOperation {
  /** Null where nothing has to be fetched. */
  step: Step | null
  variants: Variants
  /** What has been written of trees that several requests have in common; null where each has its own. */
  written: WeakMap<Tree, Written> | null
  context: OperationContext
  schemas: ReferenceSchemas
}

export interface Written {
  projection: Projection
  text: string
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
  const isSingleFetch = node?.kind === 'Fetch' && operation.rootKind === 'query'
  return {
    step: node ? compilePlan(node, operation, supergraphSchema) : null,
    variants: createVariants(operation, isSingleFetch),
    written: isSingleFetch ? new WeakMap() : null,
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
