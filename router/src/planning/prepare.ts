import { type Operation, operationFromDocument } from '@apollo/federation-internals'
import type { QueryPlan } from '@apollo/query-planner'
import {
  type DocumentNode,
  GraphQLError,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
} from 'graphql'
import { LRUCache } from 'lru-cache'
import { clientError } from '../errors.ts'
import { publicName } from '../internal-names.ts'
import { authorize, type AuthorizedDocument, type Role } from '../security/authorize.ts'
import { MAX_DEFERRED } from '../security/limits.ts'
import { createSettler, refusalError } from '../security/settle-denied.ts'
import { countDefers, countPayloads, withMarks, withoutDefer } from './defer-directive.ts'
import { type KnownOperation, type OperationContext, operationContext } from './known-operation.ts'
import { MAX_WAYS, nestedTooDeeply } from './nesting.ts'
import { createAliasRestorer, renameAliases } from './rewrites/client-aliases.ts'
import { withoutInterfaceNames } from './rewrites/interface-objects.ts'
import { narrowFragments } from './rewrites/narrow-fragments.ts'
import { uncoveredField } from './rewrites/plan-coverage.ts'
import { resolveConditions } from './rewrites/resolve-conditions.ts'
import { restoreRequiredNames } from './rewrites/restore-required-names.ts'
import { separateTypes } from './rewrites/separate-types.ts'
import { splitByType } from './rewrites/split-by-type.ts'
import { isNothing, withoutIntrospection } from './rewrites/without-introspection.ts'
import type { Planners, Supergraph } from './supergraph.ts'

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

/** What was prepared, or what there is against it. */
const preparedOperations = new WeakMap<KnownOperation, LRUCache<string, PreparedOperation | GraphQLError>>()

/** Of one operation, for all roles: as many as there can be without conditions, and some for these. */
const MAX_PREPARED = 16

/**
 * Authorizes and plans an operation, once per role and conditions. Planning unfolds fragments: the operation must be known to be
 * within the limits.
 * @param variables coerced. @param incremental whether `@defer` is planned; otherwise it is passed over.
 * @throws GraphQLError when it is a subscription that this role may not have, or a condition is null.
 */
export function prepareOperation(
  known: KnownOperation,
  role: Role,
  variables: Record<string, unknown>,
  incremental = false,
): PreparedOperation {
  const ofOperation = preparedOperations.get(known) ?? new LRUCache({ max: MAX_PREPARED })
  preparedOperations.set(known, ofOperation)
  let key = `${role} ${incremental}`
  for (const name of known.conditions) key += ` ${String(variables[name])}`
  const before = ofOperation.get(key)
  if (before instanceof GraphQLError) throw before
  if (before) return before
  try {
    const prepared = prepare(known, role, variables, incremental)
    ofOperation.set(key, prepared)
    return prepared
  } catch (error) {
    if (error instanceof GraphQLError) ofOperation.set(key, error) // to find out may have taken long
    throw error
  }
}

function prepare(
  known: KnownOperation,
  role: Role,
  variables: Record<string, unknown>,
  incremental: boolean,
): PreparedOperation {
  const { supergraph, operationName } = known
  const { apiSchema, rules, fieldNames, interfaceObjects } = supergraph
  const document = resolveConditions(incremental ? known.document : withoutDefer(known.document), variables)
  const asked = narrowFragments(document, apiSchema)
  const { document: allowed, denied } = authorize(asked, apiSchema, rules, role)
  const client = operationContext(supergraph, allowed, operationName)
  if (client.operation.operation === OperationTypeNode.SUBSCRIPTION) refuseDeniedRoot(client, denied)
  const planned = separateTypes(renameAliases(allowed, fieldNames), apiSchema, interfaceObjects)
  // Placeholders and internal names are looked for in a whole response, not in payloads of it.
  if (incremental && (denied.size > 0 || planned !== allowed || countDefers(document) > MAX_DEFERRED))
    return prepareOperation(known, role, variables)
  const context = planned === allowed ? client : operationContext(supergraph, planned, operationName)
  const plan = planOf(supergraph, incremental ? withMarks(planned) : planned, operationName, incremental)
  if (countPayloads(plan.node) > MAX_DEFERRED) return prepareOperation(known, role, variables)
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
  { apiSchema, federation, required, interfaceObjects, planners }: Supergraph,
  document: DocumentNode,
  operationName: string | null,
  incremental: boolean,
): QueryPlan {
  const fetched = withoutIntrospection(document)
  if (fetched !== document && isNothing(fetched)) return { kind: 'QueryPlan' }
  const operation = operationFromDocument(
    federation.apiSchema,
    fetched,
    operationName ? { operationName } : {},
  )
  const plan = withoutInterfaceNames(buildPlan(planners, incremental, operation), interfaceObjects)
  const split = splitByType(plan, interfaceObjects, fetched, apiSchema)
  return restoreRequiredNames(split, required.fields, required.requirements)
}

/** @throws GraphQLError for an operation of which one field could be had in more ways than are tried. */
function buildPlan({ cheapest, first }: Planners, incremental: boolean, operation: Operation): QueryPlan {
  try {
    return cheapest(incremental).buildQueryPlan(operation)
  } catch (error) {
    if (!(error as Error).message.startsWith('Too many options generated'))
      return first(incremental).buildQueryPlan(operation)
    throw nestedTooDeeply(MAX_WAYS)
  }
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
