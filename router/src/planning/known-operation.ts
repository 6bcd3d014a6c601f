import { buildOperationContext } from '@apollo/gateway'
import { type DocumentNode, Kind, parse, specifiedRules, validate } from 'graphql'
import { clientError, requestError } from '../errors.ts'
import { createLimitCheck, type LimitCheck, MAX_TOKENS } from '../security/limits.ts'
import { conditionVariables } from './rewrites/resolve-conditions.ts'
import type { Supergraph } from './supergraph.ts'

export type OperationContext = ReturnType<typeof buildOperationContext>

/** One operation of a valid document, and what is known of it whoever asks for it. */
export interface KnownOperation {
  supergraph: Supergraph
  document: DocumentNode
  operationName: string | null
  context: OperationContext
  /** Variables that say what of it is left, and whether it comes later. */
  conditions: string[]
  /** What it asks for with certain variables. */
  measure: LimitCheck
}

/** A document that is valid against this version of the supergraph. @throws GraphQLError, or AggregateError of several. */
export function validDocument(supergraph: Supergraph, query: string): DocumentNode {
  const known = supergraph.documents.get(query)
  if (known) return known
  const document = parse(query, { maxTokens: MAX_TOKENS })
  const errors = validate(supergraph.apiSchema, document, specifiedRules)
  if (errors.length > 0) throw new AggregateError(errors.map(requestError))
  supergraph.documents.set(query, document)
  return document
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
  const measure = createLimitCheck(context.schema, supergraph.costs, context.operation, context.fragments)
  const { operation, fragments } = context
  const definitions = [operation, ...Object.values(fragments)]
  const conditions = conditionVariables({ kind: Kind.DOCUMENT, definitions })
  return { supergraph, document, operationName, context, conditions, measure }
}

/** The one operation that is asked for. @throws GraphQLError BAD_USER_INPUT when the document has no such operation. */
export function operationContext(
  { apiSchema }: Supergraph,
  document: DocumentNode,
  operationName: string | null | undefined,
): OperationContext {
  try {
    return buildOperationContext({
      schema: apiSchema,
      operationDocument: document,
      ...(operationName && { operationName }),
    })
  } catch (error) {
    throw clientError('BAD_USER_INPUT', (error as Error).message)
  }
}
