import type { FetchNode, ResponsePath } from '@apollo/query-planner'
import type { GraphQLError, GraphQLFormattedError, GraphQLSchema } from 'graphql'
import { AnswerTooLarge } from '../../errors.ts'
import { Refusal, type SubgraphRequest } from '../../subgraphs/request.ts'
import { compileCollector, entityPaths } from './entity-paths.ts'
import { NotCompilable } from './generate.ts'
import { isPlainObject, mergeInto, type Tree } from './merge.ts'
import { compileSelector, type Selector } from './representation.ts'
import { fetchError, parseResponse, RawResponse, type SubgraphResponse } from './response.ts'
import type { Run, Step } from './run.ts'
import { createSharedFetches, type SendFetch, type WantedEntities } from './shared-fetches.ts'

/**
 * Compiles one fetch of a plan. Its shared fetches live as long as the plan does.
 * @param path in the tree to the objects that it completes; empty for the root.
 * @param use `alone` when it is the whole plan; `mutation` when it belongs to one, whose order of effects must stay as written.
 * @throws NotCompilable
 */
export function compileFetch(
  node: FetchNode,
  path: ResponsePath,
  supergraphSchema: GraphQLSchema,
  use: 'alone' | 'query' | 'mutation',
): Step {
  if ([node.outputRewrites, node.contextRewrites].some((rewrites) => rewrites?.length)) {
    throw new NotCompilable('rewrites')
  }
  const { serviceName, operation, operationName, variableUsages = [] } = node
  if (variableUsages.includes('representations')) throw new NotCompilable('a variable named representations')
  const collect = compileCollector(path)
  const select = node.requires
    ? compileSelector(node.requires, node.inputRewrites ?? [], supergraphSchema)
    : null
  const prefix = `{"query":${JSON.stringify(operation)},${
    operationName === undefined ? '' : `"operationName":${JSON.stringify(operationName)},`
  }"variables":`

  const send: SendFetch<Run> = async (variablesText, texts, runs) => {
    const separator = variablesText === '' ? '' : ','
    const representations = texts ? `${separator}"representations":[${texts.join()}]` : ''
    const variables = `{${variablesText}${representations}}`
    const request = new TextRequest(operation, operationName, variables, `${prefix}${variables}}`)
    const [{ request: first }] = runs as [Run]
    const { fetchSubgraph, unavailable } = first
    const scope = (runs.length > 1 && first.joinScopes?.(runs.map((run) => run.request.scope))) || first.scope
    const body = await fetchSubgraph(serviceName, request, scope)
    const parse = (): SubgraphResponse => {
      try {
        return parseResponse(body)
      } catch (error) {
        if (!unavailable) throw error
        return unavailable(serviceName, request, error) as SubgraphResponse
      }
    }
    return use === 'alone' && body instanceof Uint8Array ? new RawResponse(body, parse) : parse()
  }
  const sharedFetches = createSharedFetches(send, use === 'alone')
  /** Errors of refusals at the root, where they are the same for everybody. */
  const ofRefusals = new WeakMap<SubgraphResponse, GraphQLError[]>()

  async function fetchShared(run: Run, wanted: WantedEntities | null): Promise<SubgraphResponse> {
    const { variables, scopeKey } = run.request
    const mayShare = use === 'query' || (use === 'alone' && !run.isShared)
    const response = await sharedFetches.fetch(
      mayShare ? scopeKey : null,
      run,
      variablesText(variableUsages, variables),
      wanted,
    )
    if (run.passthrough && response instanceof RawResponse) {
      run.bytes = response.passThrough(run.passthrough)
      if (run.bytes) return {}
    }
    if (response.errors) run.errors.push(...errorsIn(response, run))
    return response
  }

  function errorsIn(response: SubgraphResponse, run: Run): GraphQLError[] {
    if (select || !(response instanceof Refusal)) return errorsOf(response.errors ?? [], run.tree)
    if (run.errors.length === 0) run.refusal = response
    const known = ofRefusals.get(response) ?? errorsOf(response.errors, run.tree)
    ofRefusals.set(response, known)
    return known
  }

  function errorsOf(errors: NonNullable<SubgraphResponse['errors']>, tree: Tree): GraphQLError[] {
    let paths: ResponsePath[] | undefined
    return errors.map((error) => {
      const { path: below } = error
      const index = select ? below?.[1] : undefined
      if (typeof index === 'number') paths ??= entityPaths(path, tree)
      const ofEntity =
        typeof index === 'number' ? [...(paths?.[index] ?? []), ...(below as ResponsePath).slice(2)] : null
      return fetchError(
        error as GraphQLFormattedError,
        serviceName,
        ofEntity ?? (below && [...path, ...below]),
      )
    })
  }

  async function completeObjects(run: Run, objects: Tree[]): Promise<void> {
    const { data } = await fetchShared(run, null)
    // Nothing will be merged into it, nor by others who were given the same.
    if (use === 'alone' && isPlainObject(data)) run.tree = data
    else for (const object of objects) mergeInto(object, data)
  }

  async function completeEntities(run: Run, objects: Tree[], selector: Selector): Promise<void> {
    const entities: Tree[] = []
    const wanted: WantedEntities = { texts: [], slots: [] }
    const slots = new Map<string, number>()
    const memo = new Map<unknown, string>()
    for (const object of objects) {
      const text = selector(object, memo)
      if (text === '') continue
      entities.push(object)
      let slot = slots.get(text)
      if (slot === undefined) {
        slot = wanted.texts.push(text) - 1
        slots.set(text, slot)
      }
      wanted.slots.push(slot)
    }
    if (entities.length === 0) return
    const { data } = await fetchShared(run, wanted)
    if (!data) return
    const received = data._entities
    if (!Array.isArray(received)) throw new Error('Expected "data._entities" in response to be an array')
    if (received.length !== entities.length) {
      throw new Error(`Expected "data._entities" to contain ${entities.length} elements`)
    }
    entities.forEach((entity, index) => mergeReceived(entity, received[index]))
  }

  return async (run) => {
    const objects: Tree[] = []
    collect(run.tree, objects)
    if (objects.length === 0) return
    run.objects += objects.length
    try {
      if (run.objects > MAX_OBJECTS) throw new AnswerTooLarge({ mostObjects: MAX_OBJECTS })
      await (select ? completeEntities(run, objects, select) : completeObjects(run, objects))
    } catch (error) {
      run.errors.push(error)
    }
  }
}

/** Objects that one request may have completed by fetches: what it costs is in lists that are longer than they were thought to be. */
const MAX_OBJECTS = 250_000

/** A class, for the sake of its getter: see `LazyScope`. */
class TextRequest implements SubgraphRequest {
  readonly query: string
  readonly operationName: string | undefined
  readonly body: string
  readonly #variablesText: string

  constructor(query: string, operationName: string | undefined, variablesText: string, body: string) {
    this.query = query
    this.operationName = operationName
    this.#variablesText = variablesText
    this.body = body
  }

  get variables() {
    return JSON.parse(this.#variablesText) as Record<string, unknown>
  }
}

/** The members of the variables object, as JSON. */
function variablesText(names: readonly string[], variables: Record<string, unknown>): string {
  let text = ''
  for (const name of names) {
    const value = Object.hasOwn(variables, name) ? JSON.stringify(variables[name]) : undefined
    if (value !== undefined) text += `${text === '' ? '' : ','}${JSON.stringify(name)}:${value}`
  }
  return text
}

/** Merges what was received for an entity, whose type stays what it was unless the subgraph names one. */
function mergeReceived(entity: Tree, received: unknown): void {
  if (received && typeof received !== 'object') {
    throw new TypeError(`Cannot create property '__typename' on ${typeof received} '${received as string}'`)
  }
  const named = received as Tree | null | undefined
  if (named && named.__typename !== undefined && !named.__typename) named.__typename = entity.__typename
  mergeInto(entity, received)
}
