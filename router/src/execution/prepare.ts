import { buildOperationContext } from '@apollo/gateway'
import { operationFromDocument } from '@apollo/federation-internals'
import type { QueryPlan } from '@apollo/query-planner'
import {
  type DocumentNode,
  type GraphQLError,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
} from 'graphql'
import { clientError } from '../errors.ts'
import { type AuthorizedDocument, authorize } from '../security/authorize.ts'
import type { Role } from '../security/scopes.ts'
import { createSettler } from '../security/settle-denied.ts'
import { concretize } from './concretize.ts'
import type { Supergraph } from './supergraph.ts'

type OperationContext = ReturnType<typeof buildOperationContext>

/** An operation as far as it can be worked out before its variables are known. */
export interface PreparedOperation {
  /** What this role may see of it; what is planned and executed. */
  context: OperationContext
  plan: QueryPlan
  /** Null when nothing was denied. */
  settle: ReturnType<typeof createSettler> | null
}

/**
 * Authorizes and plans one operation of a valid document, once per role. Planning unfolds fragments: the operation must be
 * known to be within the limits.
 * @throws GraphQLError when it is a subscription that this role may not have.
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

function prepare(
  supergraph: Supergraph,
  document: DocumentNode,
  operationName: string | undefined,
  role: Role,
): PreparedOperation {
  const { apiSchema, rules } = supergraph
  const { document: allowed, denied } = authorize(concretize(document, apiSchema), apiSchema, rules, role)
  const context = operationContext(supergraph, allowed, operationName)
  if (context.operation.operation === OperationTypeNode.SUBSCRIPTION) refuseDeniedRoot(context, denied)
  const plan = planOf(supergraph, allowed, operationName)
  if (denied.size === 0) return { context, plan, settle: null }
  return { context, plan, settle: createSettler(apiSchema, context.operation, context.fragments, denied) }
}

const planOf = (
  supergraph: Supergraph,
  document: DocumentNode,
  operationName: string | undefined,
): QueryPlan =>
  supergraph.planner.buildQueryPlan(
    operationFromDocument(supergraph.federation.apiSchema, document, operationName ? { operationName } : {}),
  )

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
      ...(operationName != null && { operationName }),
    })
  } catch (error) {
    throw clientError('BAD_USER_INPUT', (error as Error).message)
  }
}

/** A subscription whose one root field is denied has nothing to wait for: it ends before it begins. */
function refuseDeniedRoot(
  { operation, fragments }: OperationContext,
  denied: AuthorizedDocument['denied'],
): void {
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
  clientError(
    code,
    code === 'FORBIDDEN' ? 'You may not see or do this.' : 'Sign in first: this needs an access token.',
    {
      path: [responseKey],
    },
  )
