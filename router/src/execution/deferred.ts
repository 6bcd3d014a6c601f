import type { GraphQLDataSource, ServiceMap } from '@apollo/gateway'
import type { DeferredNode, PlanNode, QueryPlan } from '@apollo/query-planner'
import type { FormattedExecutionResult, GraphQLFormattedError } from 'graphql'
import { publicErrors } from '../errors.ts'
import type { PreparedOperation } from '../planning/prepare.ts'
import { cloneJson } from './compiled/merge.ts'
import { blockContext, type ObjectPath, objectPaths, valueAt } from './deferred-paths.ts'
import { executePlan } from './execute.ts'
import { type OperationRequest, readyForCurrentRole, type ReadyOperation } from './operation.ts'

/** What follows the initial payload of a response. */
export interface IncrementalPayload {
  incremental?: { data: unknown; path: ObjectPath; label?: string; errors?: GraphQLFormattedError[] }[]
  hasNext: boolean
}

/** One `@defer` of a plan, or what comes before all of them. */
interface Block {
  /** The operation that asks for nothing else, with the fetches of the objects that this block adds to. */
  prepared: PreparedOperation
  /** To these objects, without indexes. */
  path: string[]
  label: string | undefined
  inner: Block[]
}

type Result = FormattedExecutionResult

/** Each is compiled as an operation of its own, for as long as it is the same. */
const blocks = new WeakMap<PreparedOperation, Block>()

/**
 * Answers a query or a mutation in several payloads when it defers something: the initial one is returned, the others are
 * passed to `onIncremental`. Each payload is an execution of its own, of a plan without `@defer`, which begins with the fetches
 * of the payloads before it; their responses are remembered, so that nothing is fetched twice. Never throws.
 */
export async function executeIncrementally(
  request: OperationRequest,
  services: ServiceMap,
  onIncremental: (payloads: AsyncIterable<IncrementalPayload>) => void,
): Promise<Result> {
  try {
    const ready = await readyForCurrentRole({ ...request, incremental: true })
    const { node } = ready.prepared.plan
    if (node?.kind !== 'Defer') return await executePlan(ready, node as PlanNode | undefined, services)
    const remembering = rememberResponses(services)
    const first = blocks.get(ready.prepared) ?? toBlock(ready, node.primary, [], [], node.deferred)
    blocks.set(ready.prepared, first)
    const result = await execute(first, ready, remembering)
    if (result.data && first.inner.length > 0)
      onIncremental(incrementalPayloads(first.inner, result.data, ready, remembering))
    return result
  } catch (error) {
    return { errors: publicErrors(error, request) }
  }
}

function toBlock(
  ready: ReadyOperation,
  { node, subselection = '' }: { node?: PlanNode; subselection?: string },
  before: PlanNode[],
  path: string[],
  deferred: DeferredNode[],
  label?: string,
): Block {
  const all = [...before, ...(node ? [node] : [])]
  const inner = deferred.map((one): Block => {
    // It may need what another one of them fetches; where it does not, the fetch is remembered and costs nothing.
    const others = one.depends.some(({ deferLabel }) => deferLabel !== undefined)
      ? deferred.flatMap((other) => (other === one ? [] : nodesOf(other)))
      : []
    return one.node?.kind === 'Defer'
      ? toBlock(ready, one.node.primary, [...all, ...others], one.queryPath, one.node.deferred, one.label)
      : toBlock(ready, one, [...all, ...others], one.queryPath, [], one.label)
  })
  const context = blockContext(ready, path, subselection)
  const plan: QueryPlan = {
    kind: 'QueryPlan',
    ...(all.length > 0 && { node: { kind: 'Sequence', nodes: all } }),
  }
  return { prepared: { ...ready.prepared, context, plan }, path, label, inner }
}

function nodesOf({ node }: DeferredNode): PlanNode[] {
  if (node?.kind === 'Defer') return node.primary.node ? [node.primary.node] : []
  return node ? [node] : []
}

const execute = ({ prepared }: Block, ready: ReadyOperation, services: ServiceMap): Promise<Result> =>
  executePlan({ ...ready, prepared }, prepared.plan.node as PlanNode | undefined, services)

async function* incrementalPayloads(
  first: Block[],
  data: Record<string, unknown>,
  ready: ReadyOperation,
  services: ServiceMap,
): AsyncGenerator<IncrementalPayload> {
  const pending = new Map<Block, Promise<{ block: Block; paths: ObjectPath[]; result: Result }>>()
  start(first, data)
  while (pending.size > 0) {
    const { block, paths, result } = await Promise.race(pending.values())
    pending.delete(block)
    if (result.data) start(block.inner, result.data)
    const incremental = itemsOf(block, paths, result)
    const hasNext = pending.size > 0
    if (incremental.length > 0 || !hasNext) yield { ...(incremental.length > 0 && { incremental }), hasNext }
  }

  /** @param parent has the objects that the blocks add to. */
  function start(next: Block[], parent: Record<string, unknown>): void {
    for (const block of next) {
      const paths = objectPaths(parent, block.path)
      pending.set(
        block,
        execute(block, ready, services)
          .catch((error: unknown): Result => ({ errors: publicErrors(error, ready.request) }))
          .then((result) => ({ block, paths, result })),
      )
    }
  }
}

function itemsOf({ label }: Block, paths: ObjectPath[], { data, errors = [] }: Result) {
  const reported = new Set<GraphQLFormattedError>()
  const items = paths.flatMap((path) => {
    const value = valueAt(data, path)
    const own = errors.filter((error) => path.every((step, index) => error.path?.[index] === step))
    for (const error of own) reported.add(error)
    // The object is of another type than the fragment.
    if (value && Object.keys(value).length === 0 && own.length === 0) return []
    return [
      { data: value, path, ...(label !== undefined && { label }), ...(own.length > 0 && { errors: own }) },
    ]
  })
  const [first] = items
  const rest = errors.filter((error) => !reported.has(error))
  if (first && rest.length > 0) first.errors = [...(first.errors ?? []), ...rest]
  return items
}

/** Fetches each thing once; whoever asks again gets the data again, but not the errors, which have been reported. */
function rememberResponses(services: ServiceMap): ServiceMap {
  const known = new Map<string, Promise<unknown>>()
  const remembering = Object.entries(services).map(([name, service]): [string, GraphQLDataSource] => [
    name,
    {
      async process(options) {
        const { query, variables } = options.request
        const key = JSON.stringify([name, query, variables])
        const before = known.get(key)
        if (before) return { data: cloneJson(await before) as Record<string, unknown> }
        const response = service.process(options)
        const data = Promise.resolve(response).then(({ data }) => cloneJson(data)) // the executor changes its own copy
        data.catch(() => undefined) // reported to whoever asked first
        known.set(key, data)
        return response
      },
    },
  ])
  return Object.fromEntries(remembering)
}
