import { operationFromDocument } from '@apollo/federation-internals'
import type { QueryPlan, QueryPlanner } from '@apollo/query-planner'
import { type DocumentNode, Kind, type OperationDefinitionNode, OperationTypeNode } from 'graphql'
import { clientError } from '../errors.ts'
import { publicName } from '../internal-names.ts'
import { authorize, type AuthorizedDocument, type Role } from '../security/authorize.ts'
import { MAX_DEFERRED } from '../security/limits.ts'
import { createSettler, refusalError } from '../security/settle-denied.ts'
import { countDefers, countPayloads, withoutDefer } from './defer-directive.ts'
import { type KnownOperation, type OperationContext, operationContext } from './known-operation.ts'
import { createAliasRestorer, renameAliases } from './rewrites/client-aliases.ts'
import { narrowFragments } from './rewrites/narrow-fragments.ts'
import { uncoveredField } from './rewrites/plan-coverage.ts'
import { restoreRequiredNames } from './rewrites/restore-required-names.ts'
import type { Supergraph } from './supergraph.ts'

/** An operation as far as it can be worked out before its variables are known. */
export interface PreparedOperation {
  /** What this role may see of it, with no name in it that could be mistaken for another; what is planned and executed. */
  context: OperationContext
  plan: QueryPlan
  /** Restores the client's names in the data; null when it has them. */
  restore: ReturnType<typeof createAliasRestorer> | null
  /** Reports what was denied, once the names are the client's; null when nothing was. */
  settle: ReturnType<typeof createSettler> | null
  /** Whether something was denied that another role may see. */
  isForbidden: boolean
}

const preparedOperations = new WeakMap<KnownOperation, Map<string, PreparedOperation>>()

/**
 * Authorizes and plans an operation, once per role. Planning unfolds fragments: the operation must be known to be within the
 * limits.
 * @param incremental whether `@defer` is planned; otherwise it is passed over.
 * @throws GraphQLError when it is a subscription that this role may not have.
 */
export function prepareOperation(known: KnownOperation, role: Role, incremental = false): PreparedOperation {
  const ofOperation = preparedOperations.get(known) ?? new Map<string, PreparedOperation>()
  preparedOperations.set(known, ofOperation)
  const key = `${role} ${incremental}`
  const before = ofOperation.get(key)
  if (before) return before
  const prepared = prepare(known, role, incremental)
  ofOperation.set(key, prepared)
  return prepared
}

function prepare(known: KnownOperation, role: Role, incremental: boolean): PreparedOperation {
  const { supergraph, document, operationName } = known
  const { apiSchema, rules } = supergraph
  const asked = narrowFragments(incremental ? document : withoutDefer(document), apiSchema)
  const { document: allowed, denied } = authorize(asked, apiSchema, rules, role)
  const client = operationContext(supergraph, allowed, operationName)
  if (client.operation.operation === OperationTypeNode.SUBSCRIPTION) refuseDeniedRoot(client, denied)
  const planned = renameAliases(allowed, supergraph.fieldNames)
  // Placeholders and internal names are looked for in a whole response, not in payloads of it.
  if (incremental && (denied.size > 0 || planned !== allowed || countDefers(document) > MAX_DEFERRED))
    return prepareOperation(known, role)
  const context = planned === allowed ? client : operationContext(supergraph, planned, operationName)
  const planner = incremental ? supergraph.deferPlanner() : supergraph.planner
  const plan = planOf(supergraph, planner, planned, operationName)
  if (countPayloads(plan.node) > MAX_DEFERRED) return prepareOperation(known, role)
  refuseUncovered(plan, context)
  return {
    context,
    plan,
    restore: planned === allowed ? null : createAliasRestorer(context.operation, context.fragments),
    settle: denied.size > 0 ? createSettler(apiSchema, client.operation, client.fragments, denied) : null,
    isForbidden: [...denied.values()].some(({ refusal }) => refusal === 'FORBIDDEN'),
  }
}

function planOf(
  { federation, required }: Supergraph,
  planner: QueryPlanner,
  document: DocumentNode,
  operationName: string | null,
): QueryPlan {
  const operation = operationFromDocument(
    federation.apiSchema,
    document,
    operationName ? { operationName } : {},
  )
  return restoreRequiredNames(planner.buildQueryPlan(operation), required.fields, required.requirements)
}

function refuseUncovered(plan: QueryPlan, { operation, fragments }: OperationContext): void {
  const path = uncoveredField(plan, operation, fragments)
  if (!path) return
  const fields = path.map(publicName).join('.')
  throw clientError('BAD_USER_INPUT', `No subgraph can give "${fields}" for every object that may be there.`)
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
        if (field) throw refusalError(field.refusal, [field.responseKey])
      } else {
        const fragment = selection.kind === Kind.FRAGMENT_SPREAD ? fragments[selection.name.value] : selection
        if (fragment) pending.push(fragment.selectionSet)
      }
    }
  }
}
