import type { FetchNode, ResponsePath } from '@apollo/query-planner'
import type { GraphQLFormattedError, GraphQLSchema } from 'graphql'
import type { SubgraphRequest } from '../../subgraphs/request.ts'
import { compileCollector, placesAt } from './entity-paths.ts'
import { NotCompilable } from './generate.ts'
import { isPlainObject, mergeInto, type Tree } from './merge.ts'
import { compileSelector, type Selector } from './representation.ts'
import { type Answer, BytesAnswer, fetchError, parsed } from './response.ts'
import type { Run, Step } from './run.ts'
import { createJointCalls, type Send, type Wanted } from './shared-fetches.ts'

/**
 * Compiles one fetch of a plan. Its queue of shared calls lives in it, and so as long as the plan does.
 * @param path where in the tree the objects stand that it completes; empty for the root.
 * @param use `alone` when it is all of the plan; `mutation` when it belongs to one, whose order of effects must stay as written.
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

  const send: Send<Run> = async (variablesText, texts, run) => {
    const separator = variablesText === '' ? '' : ','
    const representations = texts ? `${separator}"representations":[${texts.join()}]` : ''
    const variables = `{${variablesText}${representations}}`
    const request = new TextRequest(operation, operationName, variables, `${prefix}${variables}}`)
    const { fetchSubgraph, away, scope } = run.request
    const body = await fetchSubgraph(serviceName, request, scope)
    const parse = (): Answer => {
      try {
        return parsed(body)
      } catch (error) {
        if (!away) throw error
        return away(serviceName, request, scope, error) as Answer
      }
    }
    return use === 'alone' && body instanceof Uint8Array ? new BytesAnswer(body, parse) : parse()
  }
  const calls = createJointCalls(send, use === 'alone')

  async function ask(run: Run, wanted: Wanted | null): Promise<Answer> {
    const { variables, scopeKey } = run.request
    const mayShare = use === 'query' || (use === 'alone' && !run.isShared)
    const answer = await calls.ask(
      mayShare ? scopeKey : null,
      run,
      variablesText(variableUsages, variables),
      wanted,
    )
    if (run.echo && answer instanceof BytesAnswer) {
      run.bytes = answer.echoedBy(run.echo)
      if (run.bytes) return {}
    }
    if (answer.errors) run.errors.push(...errorsOf(answer.errors, run.tree))
    return answer
  }

  function errorsOf(errors: NonNullable<Answer['errors']>, tree: Tree) {
    let places: ResponsePath[] | undefined
    return errors.map((error) => {
      const { path: own } = error
      const index = select ? own?.[1] : undefined
      if (typeof index === 'number') places ??= placesAt(path, tree)
      const place =
        typeof index === 'number' ? [...(places?.[index] ?? []), ...(own as ResponsePath).slice(2)] : null
      return fetchError(error as GraphQLFormattedError, serviceName, place ?? (own && [...path, ...own]))
    })
  }

  async function completeObjects(run: Run, objects: Tree[]): Promise<void> {
    const { data } = await ask(run, null)
    // Nothing will be merged into it, also by those who were given the same.
    if (use === 'alone' && isPlainObject(data)) run.tree = data
    else for (const object of objects) mergeInto(object, data)
  }

  async function completeEntities(run: Run, objects: Tree[], selector: Selector): Promise<void> {
    const entities: Tree[] = []
    const wanted: Wanted = { texts: [], slots: [] }
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
    const { data } = await ask(run, wanted)
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
    try {
      await (select ? completeEntities(run, objects, select) : completeObjects(run, objects))
    } catch (error) {
      run.errors.push(error)
    }
  }
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

/** Merges what came for an entity, whose type stays what it was unless the subgraph names one. */
function mergeReceived(entity: Tree, received: unknown): void {
  if (received && typeof received !== 'object') {
    throw new TypeError(`Cannot create property '__typename' on ${typeof received} '${received as string}'`)
  }
  const named = received as Tree | null | undefined
  if (named && named.__typename !== undefined && !named.__typename) named.__typename = entity.__typename
  mergeInto(entity, received)
}
