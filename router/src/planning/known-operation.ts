import type { DocumentNode, GraphQLError } from 'graphql'
import { createLimitCheck } from '../security/limits.ts'
import { operationContext } from './prepare.ts'
import type { Supergraph } from './supergraph.ts'

/** What is known of an operation whoever asks for it. */
export interface KnownOperation {
  context: ReturnType<typeof operationContext>
  /** The first limit that it breaks with these variables. */
  brokenLimit(variables: Record<string, unknown>): GraphQLError | null
}

const known = new WeakMap<Supergraph, WeakMap<DocumentNode, Map<string | null, KnownOperation>>>()

/** Looks an operation up in its document, once. @throws GraphQLError BAD_USER_INPUT when the document has no such operation. */
export function knownOperation(
  supergraph: Supergraph,
  document: DocumentNode,
  operationName: string | null = null,
): KnownOperation {
  const ofSupergraph =
    known.get(supergraph) ?? new WeakMap<DocumentNode, Map<string | null, KnownOperation>>()
  known.set(supergraph, ofSupergraph)
  const ofDocument = ofSupergraph.get(document) ?? new Map<string | null, KnownOperation>()
  ofSupergraph.set(document, ofDocument)
  const made = ofDocument.get(operationName) ?? learn(supergraph, document, operationName)
  ofDocument.set(operationName, made)
  return made
}

function learn(supergraph: Supergraph, document: DocumentNode, operationName: string | null): KnownOperation {
  const context = operationContext(supergraph, document, operationName)
  return { context, brokenLimit: createLimitCheck(context.schema, context.operation, context.fragments) }
}
