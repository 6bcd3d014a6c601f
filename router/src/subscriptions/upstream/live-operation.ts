import type { FetchNode, PlanNode, SubscriptionNode } from '@apollo/query-planner'
import { SERVICE_TOKEN_EXTENSION, type ServiceTokens } from '@karcis/kit/service-token'
import {
  type ExecutionResult,
  type FormattedExecutionResult,
  type GraphQLFormattedError,
  OperationTypeNode,
} from 'graphql'
import { publicErrors } from '../../errors.ts'
import { executeEvent } from '../../execution/execute.ts'
import type { ReadyOperation } from '../../execution/operation.ts'
import type { PreparedOperation } from '../../planning/prepare.ts'
import type { RouterLimits } from '../../settings.ts'
import type { Service, Services } from '../../subgraphs/request.ts'
import type { UpstreamSocket } from '../../subgraphs/websocket.ts'
import { type UpstreamOperation, upstreamOperation } from './upstream-operation.ts'
import { openUpstream } from './upstream.ts'

export interface SubscriptionDeps {
  services: Services
  /** By subgraph name. */
  upstreams: Record<string, UpstreamSocket>
  tokens: ServiceTokens
  limits: RouterLimits
}

/** A federated subscription that may run: its root field upstream, where events come from, and the rest for each event. */
export interface LiveOperation {
  ready: ReadyOperation
  upstream: UpstreamOperation
  /** The variables on which its events depend: all but the one that says what the client has seen. */
  variables: Record<string, unknown>
  /** @param since the revision to start after; undefined to start from now. */
  open(since: unknown): AsyncIterableIterator<ExecutionResult>
  /** Answers an event across subgraphs, as a query would be. */
  execute(event: ExecutionResult): Promise<FormattedExecutionResult>
  errorsOf(error: unknown): readonly GraphQLFormattedError[]
  isSameUpstream(other: LiveOperation): boolean
  /** What is asked upstream, and over which socket. */
  source: { socket: UpstreamSocket; text: string }
}

/** Making an upstream operation means parsing and printing it: once per plan, not per client. */
const upstreamOperations = new WeakMap<PreparedOperation, UpstreamOperation>()

export function liveOperation(
  ready: ReadyOperation,
  { primary, rest }: SubscriptionNode,
  { services, upstreams, tokens, limits }: SubscriptionDeps,
): LiveOperation {
  const { request, prepared } = ready
  const { supergraph, viewer, requestId } = request
  const socket = upstreams[primary.serviceName]
  if (!socket) throw new Error(`no upstream for the subgraph ${primary.serviceName}`)
  const upstream =
    upstreamOperations.get(prepared) ??
    upstreamOperation(primary, supergraph.subgraphs.get(primary.serviceName), prepared.context)
  upstreamOperations.set(prepared, upstream)
  const variables = withoutSince(ready.variables, upstream)
  const node: PlanNode = { kind: 'Sequence', nodes: [eventAsFetch(primary), ...(rest ? [rest] : [])] }
  const source = { socket, text: JSON.stringify([upstream.query, upstream.variables(variables, undefined)]) }

  return {
    ready,
    upstream,
    variables,
    source,
    open: (since) =>
      openUpstream({
        socket,
        limits,
        since,
        field: upstream.field,
        origin: upstream.origin,
        revisionOf: upstream.revisionOf,
        async payload(after) {
          const token = await tokens.to(primary.serviceName).sign(viewer)
          return {
            query: upstream.query,
            operationName: primary.operationName,
            variables: upstream.variables(ready.variables, after),
            extensions: { ...(token && { [SERVICE_TOKEN_EXTENSION]: token }), requestId },
          }
        },
      }),
    execute: (event) => executeEvent(ready, node, servicesFor(primary, event, services)),
    errorsOf: (error) => publicErrors(error, request),
    isSameUpstream: (other) => other.source.socket === socket && other.source.text === source.text,
  }
}

/** A null stays: it may mean something else than a revision. */
const withoutSince = (given: Record<string, unknown>, { sinceVariable }: UpstreamOperation) =>
  Object.fromEntries(
    Object.entries(given).filter(([name, value]) => name !== sinceVariable || value === null),
  )

/** The executor knows no subscriptions: to it, the event is the response to a first fetch. */
const eventAsFetch = (primary: FetchNode): FetchNode => ({
  ...primary,
  operationKind: OperationTypeNode.QUERY,
  variableUsages: [],
})

/** Services of which one answers the first fetch with the event. */
function servicesFor(primary: FetchNode, event: ExecutionResult, services: Services): Services {
  const { serviceName, operation } = primary
  const service = services[serviceName] as Service
  const withEvent: Service = {
    ...service,
    process: async (options) => (options.request.query === operation ? event : service.process(options)),
    ...(service.ask && {
      ask: async (request, context) =>
        request.query === operation ? event : service.ask?.(request, context),
    }),
  }
  return { ...services, [serviceName]: withEvent }
}
