import { buildOperationContext } from '@apollo/gateway'
import { operationFromDocument } from '@apollo/federation-internals'
import type { QueryPlan } from '@apollo/query-planner'
import { type DocumentNode, GraphQLError, Kind, type OperationDefinitionNode, OperationTypeNode } from 'graphql'
import { clientError } from '../errors.ts'
import { type AuthorizedDocument, authorize } from '../security/authorize.ts'
import type { Role } from '../security/scopes.ts'
import { createSettler } from '../security/settle-denied.ts'
import type { Supergraph } from './supergraph.ts'

type OperationContext = ReturnType<typeof buildOperationContext>

/** An operation as far as it can be worked out before its variables are known. */
export interface PreparedOperation {
  /** As the client sent it; what variables and limits are checked against. */
  original: OperationContext
  /** What this role may see of it; what is planned and executed. */
  authorized: OperationContext
  plan: QueryPlan
  /** Null when nothing was denied. */
  settle: ReturnType<typeof createSettler> | null
}

/**
 * Authorizes and plans one operation of a valid document, once per role.
 * @throws GraphQLError BAD_USER_INPUT when the document has no such operation.
 */
export function prepareOperation(
  supergraph: Supergraph,
  document: DocumentNode,
  operationName: string | null | undefined,
  role: Role,
): PreparedOperation {
  const ofDocument = supergraph.prepared.get(document) ?? new Map<string, PreparedOperation>()
  supergraph.prepared.set(document, ofDocument)
  const key = `${role} ${operationName ?? ''}`
  const known = ofDocument.get(key)
  if (known) return known
  const prepared = prepare(supergraph, document, operationName ?? undefined, role)
  ofDocument.set(key, prepared)
  return prepared
}

function prepare(supergraph: Supergraph, document: DocumentNode, operationName: string | undefined, role: Role): PreparedOperation {
  const original = contextOf(supergraph, document, operationName)
  const { document: allowed, denied } = authorize(document, supergraph.apiSchema, supergraph.rules, role)
  if (denied.size === 0) {
    return { original, authorized: original, plan: planOf(supergraph, document, operationName), settle: null }
  }
  const authorized = contextOf(supergraph, allowed, operationName)
  if (authorized.operation.operation === OperationTypeNode.SUBSCRIPTION) refuseDeniedRoot(authorized, denied)
  const { operation, fragments } = authorized
  return {
    original,
    authorized,
    plan: planOf(supergraph, allowed, operationName),
    settle: createSettler(supergraph.apiSchema, operation, fragments, denied),
  }
}

const planOf = (supergraph: Supergraph, document: DocumentNode, operationName: string | undefined): QueryPlan =>
  supergraph.planner.buildQueryPlan(
    operationFromDocument(supergraph.federation.apiSchema, document, operationName ? { operationName } : {}),
  )

function contextOf(supergraph: Supergraph, document: DocumentNode, operationName: string | undefined): OperationContext {
  try {
    return buildOperationContext({
      schema: supergraph.apiSchema,
      operationDocument: document,
      ...(operationName !== undefined && { operationName }),
    })
  } catch (error) {
    throw clientError('BAD_USER_INPUT', (error as Error).message)
  }
}

/** A subscription whose one root field is denied has nothing to wait for: it ends before it begins. */
function refuseDeniedRoot({ operation, fragments }: OperationContext, denied: AuthorizedDocument['denied']): void {
  const pending: OperationDefinitionNode['selectionSet'][] = [operation.selectionSet]
  for (const { selections } of pending) {
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) {
        const field = denied.get(selection.alias?.value ?? '')
        if (field) throw refusal(field.refusal, field.responseKey)
      } else {
        const fragment = selection.kind === Kind.FRAGMENT_SPREAD ? fragments[selection.name.value] : selection
        if (fragment) pending.push(fragment.selectionSet)
      }
    }
  }
}

const refusal = (code: 'UNAUTHENTICATED' | 'FORBIDDEN', responseKey: string): GraphQLError =>
  clientError(code, code === 'FORBIDDEN' ? 'You may not see or do this.' : 'Sign in first: this needs an access token.', {
    path: [responseKey],
  })
