import type { GraphQLDataSource, ServiceMap } from '@apollo/gateway'
import type { DeferredNode, PlanNode, QueryPlan } from '@apollo/query-planner'
import type { FormattedExecutionResult, GraphQLFormattedError } from 'graphql'
import { publicErrors } from '../errors.ts'
import { blockContext, type Place, placesAt, valueAt } from './deferred-paths.ts'
import { executePlan } from './execute.ts'
import { type OperationRequest, type ReadyOperation, readyOperation } from './operation.ts'

/** What follows the first part of an answer. */
export interface LaterPart {
  incremental?: { data: unknown; path: Place; label?: string; errors?: GraphQLFormattedError[] }[]
  hasNext: boolean
}

/** One `@defer` of a plan, or what comes before all of them. */
interface Block {
  /** What brings the objects that this block adds to. */
  before: PlanNode[]
  node: PlanNode | undefined
  /** Of these objects, without indexes. */
  path: string[]
  subselection: string
  label: string | undefined
  inner: Block[]
}

type Result = FormattedExecutionResult

/**
 * Answers a query or a mutation in parts when it defers something: the first is returned, the others are handed to `later`.
 * Each part is an execution of its own, of a plan without `@defer`, which begins with the fetches of the parts before it; what
 * these have brought is remembered, so that nothing is asked for twice. Never throws.
 */
export async function executeInParts(
  request: OperationRequest,
  services: ServiceMap,
  later: (parts: AsyncIterable<LaterPart>) => void,
): Promise<Result> {
  try {
    const ready = readyOperation({ ...request, incremental: true })
    const { plan } = ready.prepared
    const node = chosen(plan.node, ready.variables)
    if (node?.kind !== 'Defer') return await executePlan(ready, plan.node as PlanNode | undefined, services)
    const remembering = rememberAnswers(services)
    const first = asBlock(node.primary, [], [], node.deferred)
    const result = await execute(first, ready, remembering)
    if (result.data && first.inner.length > 0) later(laterParts(first.inner, result.data, ready, remembering))
    return result
  } catch (error) {
    return { errors: publicErrors(error, request) }
  }
}

/** Conditions of `@defer` stand around the whole plan. */
function chosen(node: QueryPlan['node'], variables: Record<string, unknown>): QueryPlan['node'] {
  if (node?.kind !== 'Condition') return node
  return chosen(variables[node.condition] === true ? node.ifClause : node.elseClause, variables)
}

function asBlock(
  { node, subselection = '' }: { node?: PlanNode; subselection?: string },
  before: PlanNode[],
  path: string[],
  deferred: DeferredNode[],
  label?: string,
): Block {
  const own = [...before, ...(node ? [node] : [])]
  const inner = deferred.map((one): Block => {
    // It may need what another one of them fetches; where it does not, that costs nothing but remembering.
    const others = one.depends.some(({ deferLabel }) => deferLabel !== undefined)
      ? deferred.flatMap((other) => (other === one ? [] : nodesOf(other)))
      : []
    return one.node?.kind === 'Defer'
      ? asBlock(one.node.primary, [...own, ...others], one.queryPath, one.node.deferred, one.label)
      : asBlock(one, [...own, ...others], one.queryPath, [], one.label)
  })
  return { before, node, path, subselection, label, inner }
}

function nodesOf({ node }: DeferredNode): PlanNode[] {
  if (node?.kind === 'Defer') return node.primary.node ? [node.primary.node] : []
  return node ? [node] : []
}

async function execute(block: Block, ready: ReadyOperation, services: ServiceMap): Promise<Result> {
  const nodes = [...block.before, ...(block.node ? [block.node] : [])]
  const context = blockContext(ready, block.path, block.subselection)
  return executePlan(
    { ...ready, prepared: { ...ready.prepared, context } },
    nodes.length > 0 ? { kind: 'Sequence', nodes } : undefined,
    services,
  )
}

async function* laterParts(
  blocks: Block[],
  data: Record<string, unknown>,
  ready: ReadyOperation,
  services: ServiceMap,
): AsyncGenerator<LaterPart> {
  const pending = new Map<Block, Promise<{ block: Block; places: Place[]; result: Result }>>()
  start(blocks, data)
  while (pending.size > 0) {
    const { block, places, result } = await Promise.race(pending.values())
    pending.delete(block)
    if (result.data) start(block.inner, result.data)
    const incremental = itemsOf(block, places, result)
    const hasNext = pending.size > 0
    if (incremental.length > 0 || !hasNext) yield { ...(incremental.length > 0 && { incremental }), hasNext }
  }

  /** @param shown holds the objects that the blocks add to. */
  function start(next: Block[], shown: Record<string, unknown>): void {
    for (const block of next) {
      const places = placesAt(shown, block.path)
      pending.set(
        block,
        execute(block, ready, services)
          .catch((error: unknown): Result => ({ errors: publicErrors(error, ready.request) }))
          .then((result) => ({ block, places, result })),
      )
    }
  }
}

function itemsOf({ label }: Block, places: Place[], { data, errors = [] }: Result) {
  const told = new Set<GraphQLFormattedError>()
  const items = places.flatMap((path) => {
    const value = valueAt(data, path)
    const own = errors.filter((error) => path.every((step, index) => error.path?.[index] === step))
    for (const error of own) told.add(error)
    // Nothing of the fragment is about this object, which is of another type.
    if (value && Object.keys(value).length === 0 && own.length === 0) return []
    return [
      { data: value, path, ...(label !== undefined && { label }), ...(own.length > 0 && { errors: own }) },
    ]
  })
  const [first] = items
  const rest = errors.filter((error) => !told.has(error))
  if (first && rest.length > 0) first.errors = [...(first.errors ?? []), ...rest]
  return items
}

/** Asks each thing once; whoever asks again is given the data again, but not the errors, which have been told. */
function rememberAnswers(services: ServiceMap): ServiceMap {
  const known = new Map<string, Promise<unknown>>()
  const remembering = Object.entries(services).map(([name, service]): [string, GraphQLDataSource] => [
    name,
    {
      async process(options) {
        const { query, variables } = options.request
        const key = JSON.stringify([name, query, variables])
        const before = known.get(key)
        if (before) return { data: structuredClone(await before) as Record<string, unknown> }
        const answer = service.process(options)
        const data = Promise.resolve(answer).then(({ data }) => structuredClone(data)) // the executor builds upon its own
        data.catch(() => undefined) // told to whoever asked first
        known.set(key, data)
        return answer
      },
    },
  ])
  return Object.fromEntries(remembering)
}
