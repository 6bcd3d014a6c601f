import type { Schema } from '@apollo/federation-internals'
import type { FetchNode, QueryPlan } from '@apollo/query-planner'
import { Kind, parse, print, type SelectionSetNode, stripIgnoredCharacters, visit } from 'graphql'
import { mapFetches } from './map-fetches.ts'

/** Names of interfaces that a subgraph knows as object types, by subgraph. */
export type InterfaceObjects = Map<string, ReadonlySet<string>>

export function interfaceObjects(api: Schema, subgraphs: Map<string, Schema>): InterfaceObjects {
  const interfaces = new Set(api.interfaceTypes().map(({ name }) => name))
  const found: InterfaceObjects = new Map()
  for (const [name, schema] of subgraphs) {
    const known = schema.objectTypes().flatMap((type) => (interfaces.has(type.name) ? [type.name] : []))
    if (known.length > 0) found.set(name, new Set(known))
  }
  return found
}

/**
 * Does not ask a subgraph for the type of an entity that it knows by its interface only: it would say the interface's name, and that
 * would take the place of the object's, which is known already.
 */
export function withoutInterfaceNames(plan: QueryPlan, known: InterfaceObjects): QueryPlan {
  if (known.size === 0) return plan
  return mapFetches(plan, (fetch) => {
    const names = fetch.requires && known.get(fetch.serviceName)
    return [names ? withoutNames(fetch, names) : fetch]
  })
}

function withoutNames(fetch: FetchNode, names: ReadonlySet<string>): FetchNode {
  const document = visit(parse(fetch.operation, { noLocation: true }), {
    InlineFragment(node) {
      const isOfInterface = names.has(node.typeCondition?.name.value ?? '')
      return isOfInterface ? { ...node, selectionSet: withoutName(node.selectionSet) } : undefined
    },
    // Only of the entities themselves: what is below them is new.
    Field: (node) => (node.name.value === '_entities' ? undefined : false),
  })
  return { ...fetch, operation: stripIgnoredCharacters(print(document)) }
}

function withoutName(set: SelectionSetNode): SelectionSetNode {
  const selections = set.selections.filter(
    (selection) => selection.kind !== Kind.FIELD || selection.name.value !== '__typename',
  )
  return selections.length > 0 ? { ...set, selections } : set
}
