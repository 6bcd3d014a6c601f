import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  getNamedType,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
  isAbstractType,
  isInterfaceType,
  isObjectType,
  Kind,
  print,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql'
import { aliasName, publicName } from '../../internal-names.ts'
import type { InterfaceObjects } from './interface-objects.ts'
import { NOTHING } from './nothing.ts'

/** A selection set, and the type of the objects that it is on. */
interface Visit {
  set: SelectionSetNode
  parent: GraphQLNamedType
}

/** One of the fields that have a response key. */
interface Selected {
  field: FieldNode
  parent: GraphQLNamedType
}

/**
 * Gives fields of one response key names of their own where objects of different types have them, and they cannot be fetched together:
 * in `... on A { items { t(arg: 1) } } ... on B { items { t(arg: 2) } }` the plan has one path for the items of both, and one value for `t`.
 * Where a subgraph knows the objects by their interface only, the same is true of `... on A { t(arg: 1) } ... on B { t(arg: 2) }`.
 * @returns the document itself where there is no such field. Otherwise `createAliasRestorer` restores the client's names.
 */
export function separateTypes(
  document: DocumentNode,
  schema: GraphQLSchema,
  interfaceObjects: InterfaceObjects,
): DocumentNode {
  const known = new Set([...interfaceObjects.values()].flatMap((names) => [...names]))
  const fragments = new Map<string, FragmentDefinitionNode>()
  for (const definition of document.definitions)
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition)
  const definitions = document.definitions.map((definition) => {
    if (definition.kind !== Kind.OPERATION_DEFINITION) return definition
    const parent = schema.getRootType(definition.operation)
    const visits = parent ? [{ set: definition.selectionSet, parent }] : []
    return hasConflict(visits) ? { ...definition, selectionSet: separated(visits) } : definition
  })
  const isSame = definitions.every((definition, index) => definition === document.definitions[index])
  return isSame ? document : { ...document, definitions }

  /** Whether two fields that one path leads to have one key, and are not the same. */
  function hasConflict(visits: Visit[]): boolean {
    for (const selected of fieldsByKey(visits).values()) {
      const isAmbiguous = selected.some((one, index) => isMistaken(one, selected.slice(0, index)))
      if (isAmbiguous || hasConflict(visitsBelow(selected))) return true
    }
    return false
  }

  function separated(visits: Visit[]): SelectionSetNode {
    const types = new Set(visits.flatMap(({ parent }) => objectsOf(parent)))
    const isKnown = visits.every(({ parent }) => isObjectType(parent))
    /** What each name stands for, by the client's. */
    const variants = new Map<string, Selected[][]>()
    const selections = [...types].flatMap((type): SelectionNode[] => {
      const fields = [...fieldsByKey(visits, type)].map(([key, selected]) => renamed(key, selected, variants))
      if (isKnown) return fields
      const name = { kind: Kind.NAME, value: type.name } as const
      const typeCondition = { kind: Kind.NAMED_TYPE, name } as const
      return [{ kind: Kind.INLINE_FRAGMENT, typeCondition, selectionSet: setOf(fields) }]
    })
    return setOf(selections)
  }

  function renamed(key: string, selected: Selected[], variants: Map<string, Selected[][]>): FieldNode {
    const before = variants.get(key) ?? []
    variants.set(key, before)
    const fitting = before.findIndex(
      (others) =>
        !selected.some((one) => isMistaken(one, others)) &&
        !hasConflict(visitsBelow([...others, ...selected])),
    )
    const variant = fitting < 0 ? before.length : fitting
    before[variant] = [...(before[variant] ?? []), ...selected]
    const [{ field }] = selected as [Selected]
    const below = visitsBelow(selected)
    return {
      ...field,
      ...(variant > 0 && {
        alias: { kind: Kind.NAME, value: aliasName(publicName(key), String(variant)) },
      }),
      ...(below.length > 0 && {
        selectionSet: hasConflict(below)
          ? separated(below)
          : setOf(below.flatMap(({ set }) => set.selections)),
      }),
    }
  }

  /** @param only what an object of this type has. */
  function fieldsByKey(visits: Visit[], only?: GraphQLObjectType): Map<string, Selected[]> {
    const found = new Map<string, Selected[]>()
    for (const { set, parent } of visits) collect(set, parent)
    return found

    function collect({ selections }: SelectionSetNode, parent: GraphQLNamedType): void {
      if (only && !objectsOf(parent).includes(only)) return
      for (const node of selections) {
        if (node.kind === Kind.FIELD) {
          const key = node.alias?.value ?? node.name.value
          found.set(key, [...(found.get(key) ?? []), { field: node, parent: only ?? parent }])
          continue
        }
        const fragment = node.kind === Kind.FRAGMENT_SPREAD ? fragments.get(node.name.value) : node
        const name = fragment?.typeCondition?.name.value
        const type = name === undefined ? parent : schema.getType(name)
        if (fragment && type) collect(fragment.selectionSet, type)
      }
    }
  }

  function visitsBelow(selected: Selected[]): Visit[] {
    return selected.flatMap(({ field, parent }) => {
      const definition =
        isObjectType(parent) || isInterfaceType(parent) ? parent.getFields()[field.name.value] : undefined
      return definition && field.selectionSet
        ? [{ set: field.selectionSet, parent: getNamedType(definition.type) }]
        : []
    })
  }

  /** Whether one of the others would be fetched for the same object under the same name, and is another field. */
  function isMistaken(one: Selected, others: Selected[]): boolean {
    return others.some((other) => !isSameField(one, other) && meet(one.parent, other.parent))
  }

  function meet(one: GraphQLNamedType, other: GraphQLNamedType): boolean {
    const [types, others] = [objectsOf(one), objectsOf(other)]
    if (types.some((type) => others.includes(type))) return true
    const interfaces = new Set(types.flatMap((type) => type.getInterfaces()))
    return others.some((type) =>
      type.getInterfaces().some((each) => known.has(each.name) && interfaces.has(each)),
    )
  }

  function objectsOf(type: GraphQLNamedType): readonly GraphQLObjectType[] {
    if (isObjectType(type)) return [type]
    return isAbstractType(type) ? schema.getPossibleTypes(type) : []
  }
}

const isSameField = ({ field: one }: Selected, { field: other }: Selected): boolean =>
  one.name.value === other.name.value && argumentsOf(one) === argumentsOf(other)

const argumentsOf = ({ arguments: given = [] }: FieldNode): string => given.map(print).toSorted().join()

const setOf = (selections: SelectionNode[]): SelectionSetNode => ({
  kind: Kind.SELECTION_SET,
  selections: selections.length > 0 ? selections : [NOTHING],
})
