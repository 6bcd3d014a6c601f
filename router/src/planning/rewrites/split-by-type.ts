import type { FetchNode, QueryPlan, QueryPlanSelectionNode } from '@apollo/query-planner'
import {
  type DocumentNode,
  type FieldNode,
  type GraphQLSchema,
  type InlineFragmentNode,
  isAbstractType,
  isInterfaceType,
  Kind,
  parse,
  print,
  stripIgnoredCharacters,
  visit,
} from 'graphql'
import type { InterfaceObjects } from './interface-objects.ts'
import { mapFetches } from './map-fetches.ts'
import { fieldFinder, type Visit } from './selected-fields.ts'
import { usesVariable } from './split-fetch.ts'

/**
 * Splits fetches from a subgraph that knows an interface's objects by the interface only, where the operation asks for other fields of
 * each type: the plan has one fetch of all of these for all of them, and what fails that nobody asked for would take the rest along.
 * @param operation what is planned, with names that are the same in the plan.
 */
export function splitByType(
  plan: QueryPlan,
  known: InterfaceObjects,
  operation: DocumentNode,
  schema: GraphQLSchema,
): QueryPlan {
  if (known.size === 0) return plan
  const { fieldsByKey, visitsBelow } = fieldFinder(operation, schema)
  const required = requiredNames(plan)
  return mapFetches(plan, (fetch, path) => {
    const names = fetch.requires && known.get(fetch.serviceName)
    if (!names) return [fetch]
    const document = parse(fetch.operation, { noLocation: true })
    const fragment = fragmentsOf(document).find(({ typeCondition }) =>
      names.has(typeCondition?.name.value ?? ''),
    )
    return fragment ? split(fetch, document, fragment, visitsAt(path)) : [fetch]
  })

  function split(
    fetch: FetchNode,
    document: DocumentNode,
    fragment: InlineFragmentNode,
    visits: readonly Visit[],
  ): FetchNode[] {
    const type = schema.getType(fragment.typeCondition?.name.value ?? '')
    if (!isInterfaceType(type)) return [fetch]
    const fetched = fragment.selectionSet.selections.flatMap((one) =>
      one.kind === Kind.FIELD ? keyOf(one) : [],
    )
    const asked = fieldsByKey(visits)
    /** Types by the fields that are asked of them, or needed for something else. */
    const parts = new Map<string, { names: string[]; keys: ReadonlySet<string> }>()
    for (const object of schema.getPossibleTypes(type)) {
      const own = fieldsByKey(visits, object)
      const keys = fetched.filter((key) => own.has(key) || !asked.has(key) || required.has(key))
      const part = parts.get(keys.join()) ?? { names: [], keys: new Set(keys) }
      part.names.push(object.name)
      parts.set(keys.join(), part)
    }
    if (parts.size === 1) return [fetch]
    return [...parts.values()]
      .filter(({ keys }) => keys.size > 0)
      .map(({ names, keys }, index) => ({
        ...fetch,
        requires: requiredOf(fetch.requires ?? [], type.name, names, index === 0),
        ...operationOf(document, fragment, keys, fetch),
      }))
  }

  /** What is required of objects of some of the types; what is required of others goes with the first part. */
  function requiredOf(
    requires: readonly QueryPlanSelectionNode[],
    interfaceName: string,
    names: readonly string[],
    isFirst: boolean,
  ): QueryPlanSelectionNode[] {
    const applies = (condition: string, name: string): boolean => {
      const type = schema.getType(condition)
      const object = schema.getType(name)
      return (
        condition === name ||
        (isAbstractType(type) && schema.getPossibleTypes(type).some((one) => one === object))
      )
    }
    const family = schema.getType(interfaceName)
    const members = isInterfaceType(family) ? schema.getPossibleTypes(family) : []
    const fragments = requires.filter((one) => one.kind === 'InlineFragment')
    const isOfOthers = ({ typeCondition = '' }: (typeof fragments)[number]): boolean =>
      typeCondition !== interfaceName && !members.some(({ name }) => applies(typeCondition, name))
    return [
      ...names.flatMap((typeCondition): QueryPlanSelectionNode[] => {
        const selections = fragments
          .filter((one) => applies(one.typeCondition ?? '', typeCondition))
          .flatMap((one) => one.selections)
        const distinct = new Map(selections.map((one) => [JSON.stringify(one), one]))
        return distinct.size > 0
          ? [{ kind: 'InlineFragment', typeCondition, selections: [...distinct.values()] }]
          : []
      }),
      ...(isFirst ? fragments.filter(isOfOthers) : []),
    ]
  }

  function visitsAt(path: readonly (string | number)[]): Visit[] {
    const roots = operation.definitions.flatMap((definition): Visit[] => {
      const parent = definition.kind === Kind.OPERATION_DEFINITION && schema.getRootType(definition.operation)
      return parent ? [{ set: definition.selectionSet, parent }] : []
    })
    return path
      .filter((step) => step !== '@')
      .reduce((visits, key) => visitsBelow(fieldsByKey(visits).get(String(key)) ?? []), roots)
  }
}

/** The same operation with some of the fields of one fragment. */
function operationOf(
  document: DocumentNode,
  fragment: InlineFragmentNode,
  keys: ReadonlySet<string>,
  { variableUsages = [] }: FetchNode,
): Pick<FetchNode, 'operation' | 'variableUsages'> {
  const selections = fragment.selectionSet.selections.filter(
    (one) => one.kind !== Kind.FIELD || one.name.value === '__typename' || keys.has(keyOf(one)),
  )
  const selected = visit(document, {
    InlineFragment: (node) =>
      node === fragment ? { ...node, selectionSet: { ...node.selectionSet, selections } } : undefined,
  })
  const used = visit(selected, {
    VariableDefinition: ({ variable }) => (usesVariable(selected, variable.name.value) ? undefined : null),
  })
  return {
    operation: stripIgnoredCharacters(print(used)),
    variableUsages: variableUsages.filter((name) => usesVariable(selected, name)),
  }
}

/** Names of the fields that fetches require: these may be needed of objects of which the operation does not ask for them. */
function requiredNames(plan: QueryPlan): Set<string> {
  const names = new Set<string>()
  mapFetches(plan, (fetch) => {
    collect(fetch.requires)
    return [fetch]
  })
  return names

  function collect(selections: readonly QueryPlanSelectionNode[] = []): void {
    for (const selection of selections) {
      if (selection.kind === 'Field') names.add(selection.name)
      collect(selection.selections)
    }
  }
}

const keyOf = ({ alias, name }: FieldNode): string => (alias ?? name).value

/** The fragments on the entities of a fetch. */
function fragmentsOf({ definitions: [operation] }: DocumentNode): InlineFragmentNode[] {
  const [entities] = operation?.kind === Kind.OPERATION_DEFINITION ? operation.selectionSet.selections : []
  const { selections = [] } = (entities?.kind === Kind.FIELD && entities.selectionSet) || {}
  return selections.filter((one) => one.kind === Kind.INLINE_FRAGMENT)
}
