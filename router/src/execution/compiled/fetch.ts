import type { FetchNode, ResponsePath } from '@apollo/query-planner'
import { type GraphQLError, type GraphQLFormattedError, type GraphQLSchema, parse, visit } from 'graphql'
import { AnswerTooLarge } from '../../errors.ts'
import { parseJson } from '../../exact-json.ts'
import { Refusal, type SubgraphRequest } from '../../subgraphs/request.ts'
import { compileCollector, entityPaths } from './entity-paths.ts'
import { compileExpectedReader, type ExpectedReader } from './expected-json.ts'
import { NotCompilable } from './generate.ts'
import { isPlainObject, mergeInto, type Tree } from './merge.ts'
import { compileSelector, type Selector } from './representation.ts'
import {
  entityDepths,
  fetchError,
  parseResponse,
  type RawError,
  RawResponse,
  type SubgraphResponse,
} from './response.ts'
import { rewriteData } from './rewrite.ts'
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
  if (node.contextRewrites?.length) throw new NotCompilable('@fromContext')
  const { outputRewrites = [] } = node
  let fetchedKeys: string[] | undefined
  /** Worked out once, when a first error needs it. */
  const keys = (): string[] => (fetchedKeys ??= keysOf(operation))
  const { serviceName, operation, operationName, variableUsages = [] } = node
  if (variableUsages.includes('representations')) throw new NotCompilable('a variable named representations')
  const collect = compileCollector(path)
  const renamed = new Map(
    outputRewrites.flatMap((rewrite) =>
      rewrite.kind === 'KeyRenamer' ? [[rewrite.path.at(-1) as string | number, rewrite.renameKeyTo]] : [],
    ),
  )
  const select = node.requires
    ? compileSelector(node.requires, node.inputRewrites ?? [], supergraphSchema)
    : null
  const prefix = `{"query":${JSON.stringify(operation)},${
    operationName === undefined ? '' : `"operationName":${JSON.stringify(operationName)},`
  }"variables":`

  let asked = 0
  let read: ExpectedReader | null = null
  /** Compiled when it is worth it. */
  function reader(): ExpectedReader | null {
    if (++asked === READS) read = compileExpectedReader(operation)
    return read
  }

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
        return parseResponse(body, reader())
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

  /** @param objects that it completes. */
  async function fetchShared(
    run: Run,
    wanted: WantedEntities | null,
    objects: readonly Tree[],
  ): Promise<SubgraphResponse> {
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
    const { errors } = response
    const hasErrors = Array.isArray(errors) ? errors.length > 0 : Boolean(errors)
    if (hasErrors) run.errors.push(...errorsIn(response, run, objects))
    else if (!isPlainObject(response.data)) report('Expected an object as "data"', run, objects)
    return response
  }

  function errorsIn(response: SubgraphResponse, run: Run, objects: readonly Tree[]): GraphQLError[] {
    const given: unknown[] = Array.isArray(response.errors) ? response.errors : [{}]
    const errors = given.map((error) => (isPlainObject(error) ? error : {}) as RawError)
    const paths = pathsIn(run.tree)
    if (path.length > 0 || !(response instanceof Refusal)) {
      const received: unknown = response.data?._entities
      const isLost = !Array.isArray(received) || received.every((one) => one === null)
      return errors.flatMap((error) => located(error, objects, isLost, paths))
    }
    if (run.errors.length === 0) run.refusal = response
    const known = ofRefusals.get(response) ?? errors.flatMap((error) => located(error, objects, true, paths))
    ofRefusals.set(response, known)
    return known
  }

  /**
   * An error at its path in the response.
   * @param isLost whether what is said of no entity alone is said of all.
   */
  function located(
    error: RawError,
    objects: readonly Tree[],
    isLost: boolean,
    paths: () => ReturnType<typeof entityPaths>,
  ): GraphQLError[] {
    const at = (place: ResponsePath | undefined): GraphQLError =>
      fetchError(error as GraphQLFormattedError, serviceName, place)
    const below = Array.isArray(error.path) ? error.path.map((step) => renamed.get(step) ?? step) : undefined
    if (!select) {
      if (!below || path.length === 0) return [at(below)]
      return objects.map((object) => at([...(paths().get(object) ?? path), ...below]))
    }
    const [list, index, ...rest] = below ?? ['_entities']
    const about =
      list !== '_entities'
        ? []
        : typeof index === 'number'
          ? objects.slice(index, index + 1)
          : isLost
            ? objects
            : []
    if (about.length === 0) return [at(undefined)]
    return about.map((entity) => {
      const parent = paths().get(entity)
      const found = at(parent && [...parent, ...(rest.length > 0 ? rest : keys().slice(0, 1))])
      if (parent && rest.length === 0) entityDepths.set(found, parent.length)
      return found
    })
  }

  async function completeObjects(run: Run, objects: Tree[]): Promise<void> {
    const { data } = await fetchShared(run, null, objects)
    if (outputRewrites.length > 0) rewriteData(data, outputRewrites, supergraphSchema)
    // Nothing will be merged into it, nor by others who were given the same.
    if (use === 'alone' && isPlainObject(data)) run.tree = data
    else for (const object of objects) mergeInto(object, data)
  }

  /** Worked out once, when it is needed. */
  function pathsIn(tree: Tree): () => ReturnType<typeof entityPaths> {
    let paths: ReturnType<typeof entityPaths> | undefined
    return () => (paths ??= entityPaths(path, tree))
  }

  /** Reports what is wrong with a response: for each of its entities, or for each field of an operation without any. */
  function report(message: string, run: Run, objects: readonly Tree[]): void {
    const places = select ? [undefined] : keys().map((key) => [key])
    const paths = pathsIn(run.tree)
    for (const place of places) {
      const error = { message, ...(place && { path: place }) }
      run.errors.push(...located(error, objects, true, paths))
    }
  }

  /** Merges what was received for an entity, whose type stays what it was unless the subgraph names one. */
  function receive(entity: Tree, received: Tree): void {
    if (outputRewrites.length > 0) {
      received.__typename ??= entity.__typename
      rewriteData(received, outputRewrites, supergraphSchema)
    }
    if (received.__typename !== undefined && !received.__typename) received.__typename = entity.__typename
    mergeInto(entity, received)
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
    const { data } = await fetchShared(run, wanted, entities)
    if (!isPlainObject(data)) return
    const received: unknown = data._entities
    if (Array.isArray(received) && received.length === entities.length) {
      entities.forEach((entity, index) => {
        const one: unknown = received[index]
        if (one === null || one === undefined) return
        if (isPlainObject(one)) receive(entity, one)
        else report('Expected an entity to be an object', run, entities.slice(index, index + 1))
      })
    } else {
      report(`Expected "data._entities" to contain ${entities.length} elements`, run, entities)
    }
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

/** Its response to this many requests has the reader of a fetch compiled: many operations are asked only once. */
const READS = 3

/** What a fetch brings for its objects: where they are there all the same, these are null when it fails. */
function keysOf(text: string): string[] {
  const keys: string[] = []
  visit(parse(text, { noLocation: true }), {
    Field({ name, alias }) {
      if (name.value === '_entities') return undefined
      if (name.value !== '__typename') keys.push(alias?.value ?? name.value)
      return false
    },
  })
  return keys
}

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
    return parseJson(this.#variablesText) as Record<string, unknown>
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
