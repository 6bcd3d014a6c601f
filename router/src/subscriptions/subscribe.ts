import type { GraphQLDataSource, ServiceMap } from '@apollo/gateway'
import type { FetchNode, PlanNode, SubscriptionNode } from '@apollo/query-planner'
import { mapAsync } from '@karcis/kit/async-queue'
import { SERVICE_TOKEN_EXTENSION, type ServiceTokens } from '@karcis/kit/service-token'
import { type ExecutionResult, type FormattedExecutionResult, OperationTypeNode } from 'graphql'
import { executePlan, publicErrors, type ReadyOperation } from '../execution/execute.ts'
import type { RouterLimits } from '../settings.ts'
import { upstreamOperation } from './resume.ts'
import { StreamFailed } from './serve-socket.ts'
import { openUpstream } from './upstream.ts'
import type { UpstreamSocket } from './upstream-socket.ts'

export interface SubscriptionDeps {
  services: ServiceMap
  /** By subgraph name. */
  upstreams: Record<string, UpstreamSocket>
  tokens: ServiceTokens
  limits: RouterLimits
}

/**
 * Runs a federated subscription: its root field upstream, where the events come from, and for each event the rest of the
 * plan, so that an event is answered across subgraphs as a query would be. Events are delivered in order.
 */
export function subscribe(
  ready: ReadyOperation,
  { primary, rest }: SubscriptionNode,
  deps: SubscriptionDeps,
): AsyncIterableIterator<FormattedExecutionResult> {
  const events = openEvents(ready, primary, deps)
  const node: PlanNode = { kind: 'Sequence', nodes: [eventAsFetch(primary), ...(rest ? [rest] : [])] }
  const results = mapAsync(events, (event) =>
    executePlan(ready, node, servicesFor(primary, event, deps.services)),
  )
  return {
    next: () =>
      results.next().catch((error: unknown) => {
        void results.return?.()
        throw new StreamFailed(publicErrors(error, ready.request))
      }),
    return: () => results.return?.() ?? Promise.resolve({ done: true, value: undefined }),
    [Symbol.asyncIterator]() {
      return this
    },
  }
}

/**
 * The upstream events of one subscriber. The seam for sharing: two subscribers whose query, variables and viewer scope are
 * equal could be given the events of one upstream, provided each has a copy of its own, because executing changes them.
 */
function openEvents(
  { request, variables }: ReadyOperation,
  primary: FetchNode,
  deps: SubscriptionDeps,
): AsyncIterableIterator<ExecutionResult> {
  const { supergraph, viewer, requestId } = request
  const socket = deps.upstreams[primary.serviceName]
  if (!socket) throw new Error(`no upstream for the subgraph ${primary.serviceName}`)
  const operation = upstreamOperation(primary, supergraph.subgraphs.get(primary.serviceName))
  return openUpstream({
    socket,
    limits: deps.limits,
    since: operation.sinceOf(variables),
    origin: operation.origin,
    revisionOf: operation.revisionOf,
    payload: async (since) => ({
      query: operation.query,
      operationName: primary.operationName,
      variables: operation.variables(variables, since),
      extensions: { [SERVICE_TOKEN_EXTENSION]: await deps.tokens.sign(viewer), requestId },
    }),
  })
}

/** The executor knows no subscriptions: to it, the event is what a first fetch answered. */
const eventAsFetch = (primary: FetchNode): FetchNode => ({
  ...primary,
  operationKind: OperationTypeNode.QUERY,
  variableUsages: [],
})

function servicesFor(primary: FetchNode, event: ExecutionResult, services: ServiceMap): ServiceMap {
  const { serviceName } = primary
  const answered: GraphQLDataSource = {
    process: async (options) =>
      options.request.query === primary.operation
        ? event
        : (services[serviceName] as GraphQLDataSource).process(options),
  }
  return { ...services, [serviceName]: answered }
}
