import type { GraphQLDataSource } from '@apollo/gateway'
import { type KarcisError, ServiceUnavailable } from '@karcis/kit/errors'
import type { Bearer } from '@karcis/kit/service-token'
import { type GraphQLFormattedError, Kind, OperationTypeNode, parse } from 'graphql'
import type { Logger } from '@karcis/kit/log'
import type { RequestScope } from '../errors.ts'
import { jointWaiting, type Waiting } from './waiting.ts'

/** One request to a subgraph. */
export interface SubgraphRequest {
  readonly query: string
  readonly operationName: string | undefined
  /** Parsed on demand: whoever sends `body` never pays for it. */
  readonly variables: Record<string, unknown>
  /** All of the above as the JSON that goes over the wire. */
  readonly body: string
}

/** The client's request for which a subgraph is asked. */
export interface FetchContext extends RequestScope {
  viewer: Bearer | null
  /** Who waits for the response; undefined for what is done whoever waits. */
  waiting?: Waiting | undefined
  /** Network address of the client; undefined where several have one request made. */
  address?: string | undefined
  /** Bytes that subgraphs have sent for it so far. */
  received?: number | undefined
  /** The client itself, as far as the user subgraph is told of it with mutations; undefined where there is no such request. */
  browser?: BrowserContext | undefined
}

/** What goes to the user subgraph with a mutation, and what comes back. */
export interface BrowserContext {
  /** What it calls itself. */
  readonly userAgent: string | undefined
  /** Its cookies, as they go over the wire; undefined when it did not ask for any. */
  readonly cookies: string | undefined
  /** Takes the cookies that it is to have, as they came over the wire. */
  take(cookies: string): void
}

/** The context of one request that is made for several clients of the same scope. A class, for the sake of its getter: see `LazyScope`. */
class JointContext implements FetchContext {
  readonly #first: FetchContext
  readonly requestId: string
  readonly viewer: Bearer | null
  readonly waiting: Waiting | undefined
  readonly address: string | undefined
  received = 0

  constructor(contexts: readonly FetchContext[]) {
    const [first] = contexts as [FetchContext]
    this.#first = first
    this.requestId = first.requestId
    this.viewer = first.viewer
    this.waiting = jointWaiting(contexts)
    const { address } = first
    this.address = contexts.every((context) => context.address === address) ? address : undefined
  }

  get log(): Logger {
    return this.#first.log
  }
}

export const joinContexts = (contexts: readonly FetchContext[]): FetchContext =>
  contexts.length === 1 ? (contexts[0] as FetchContext) : new JointContext(contexts)

/** The data source of one subgraph. Only some take ready bodies and give bytes. */
export interface Service extends GraphQLDataSource {
  ask?(request: SubgraphRequest, context: FetchContext): Promise<unknown>
  /** Stands in for a response that could not be had. */
  unavailable?(request: SubgraphRequest, error: unknown): unknown
}

export type Services = Record<string, Service>

/**
 * Requests with equal keys may share what is asked of subgraphs: beside its id, all that a subgraph learns of a request is its
 * viewer.
 */
export const scopeKeyOf = (viewer: Bearer | null): string =>
  viewer ? JSON.stringify([viewer.id, viewer.role, viewer.sessionId]) : ''

/**
 * The response to a fetch whose subgraph is unavailable: one error for every object that stays empty, in the terms of the fetch
 * (`_entities` with an index, or its root fields), from which the plan executor finds the path in the client's operation.
 * @param failure where it is not that, what is told instead.
 */
export function unavailableErrors(
  query: string,
  variables: Record<string, unknown>,
  { message, code, facts }: KarcisError = new ServiceUnavailable(),
): GraphQLFormattedError[] {
  const extensions = { code, ...facts }
  if (Array.isArray(variables.representations)) {
    return variables.representations.map((_, index) => ({ message, path: ['_entities', index], extensions }))
  }
  return rootKeys(query).map((key) => ({ message, path: [key], extensions }))
}

/** Response keys at the top of an operation made by the planner, which uses no fragments there. */
function rootKeys(query: string): string[] {
  const [operation] = parse(query, { noLocation: true }).definitions
  if (operation?.kind !== Kind.OPERATION_DEFINITION || operation.operation === OperationTypeNode.SUBSCRIPTION)
    return []
  return operation.selectionSet.selections.flatMap((selection) =>
    selection.kind === Kind.FIELD ? [selection.alias?.value ?? selection.name.value] : [],
  )
}
