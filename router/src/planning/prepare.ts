import { buildOperationContext } from '@apollo/gateway'
import { operationFromDocument } from '@apollo/federation-internals'
import type { QueryPlan, QueryPlanner } from '@apollo/query-planner'
import {
  type DocumentNode,
  type GraphQLError,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
} from 'graphql'
import { clientError } from '../errors.ts'
import { countDefers, countParts, withoutDefer } from '../execution/deferred-paths.ts'
import { commonName } from '../internal-names.ts'
import { authorize, type AuthorizedDocument } from '../security/authorize.ts'
import { MAX_DEFERRED } from '../security/limits.ts'
import type { Role } from '../security/scopes.ts'
import { createSettler } from '../security/settle-denied.ts'
import { createRestorer, renameAliases } from './rewrites/client-aliases.ts'
import { concretize } from './rewrites/narrow-fragments.ts'
import { uncovered } from './rewrites/plan-coverage.ts'
import { nameRequired } from './rewrites/restore-required-names.ts'
import type { Supergraph } from './supergraph.ts'

type OperationContext = ReturnType<typeof buildOperationContext>

/** An operation as far as it can be worked out before its variables are known. */
export interface PreparedOperation {
  /** What this role may see of it, with nothing in it that could be mistaken; what is planned and executed. */
  context: OperationContext
  plan: QueryPlan
  /** Gives the data the client's names back; null when it has them. */
  restore: ReturnType<typeof createRestorer> | null
  /** Tells what was denied, once the names are the client's; null when nothing was. */
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
  inParts = false,
): PreparedOperation {
  const ofDocument = supergraph.prepared.get(document) ?? new Map<string, PreparedOperation>()
  supergraph.prepared.set(document, ofDocument)
  const key = `${role} ${inParts} ${operationName ?? ''}`
  const known = ofDocument.get(key)
  if (known) return known
  const prepared = prepare(supergraph, document, operationName ?? undefined, role, inParts)
  ofDocument.set(key, prepared)
  return prepared
}

function prepare(
  supergraph: Supergraph,
  document: DocumentNode,
  operationName: string | undefined,
  role: Role,
  inParts: boolean,
): PreparedOperation {
  const { apiSchema, rules } = supergraph
  const asked = concretize(inParts ? document : withoutDefer(document), apiSchema)
  const { document: allowed, denied } = authorize(asked, apiSchema, rules, role)
  const client = operationContext(supergraph, allowed, operationName)
  if (client.operation.operation === OperationTypeNode.SUBSCRIPTION) refuseDeniedRoot(client, denied)
  const planned = renameAliases(allowed, supergraph.fieldNames)
  // Placeholders and names of ours stand in the whole answer, not in parts of it.
  if (inParts && (denied.size > 0 || planned !== allowed || countDefers(document) > MAX_DEFERRED))
    return prepareOperation(supergraph, document, operationName, role)
  const context = planned === allowed ? client : operationContext(supergraph, planned, operationName)
  const planner = inParts ? supergraph.deferPlanner() : supergraph.planner
  const plan = planOf(supergraph, planner, planned, operationName)
  if (countParts(plan.node) > MAX_DEFERRED) return prepareOperation(supergraph, document, operationName, role)
  refuseUncovered(plan, context)
  return {
    context,
    plan,
    restore: planned === allowed ? null : createRestorer(context.operation, context.fragments),
    settle: denied.size > 0 ? createSettler(apiSchema, client.operation, client.fragments, denied) : null,
  }
}

function planOf(
  { federation, required }: Supergraph,
  planner: QueryPlanner,
  document: DocumentNode,
  operationName: string | undefined,
): QueryPlan {
  const operation = operationFromDocument(
    federation.apiSchema,
    document,
    operationName ? { operationName } : {},
  )
  return nameRequired(planner.buildQueryPlan(operation), required.fields, required.requirements)
}

function refuseUncovered(plan: QueryPlan, { operation, fragments }: OperationContext): void {
  const path = uncovered(plan, operation, fragments)
  if (!path) return
  const place = path.map(commonName).join('.')
  throw clientError('BAD_USER_INPUT', `No subgraph can tell "${place}" of what may stand there.`)
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
