import {
  type DocumentNode,
  type FieldNode,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  isCompositeType,
  isObjectType,
  Kind,
  print,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql'
import { aliasName, publicName } from '../../internal-names.ts'
import type { InterfaceObjects } from './interface-objects.ts'
import { NOTHING } from './nothing.ts'
import { fieldFinder, type Selected, type Visit } from './selected-fields.ts'

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
  const { fieldsByKey, visitsBelow, objectsOf } = fieldFinder(document, schema)
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

  /** Whether one of the others would be fetched for the same object under the same name, and is another field. */
  function isMistaken(one: Selected, others: Selected[]): boolean {
    return others.some(
      (other) =>
        (!isSameField(one, other) && meet(one.parent, other.parent)) || formOf(one) !== formOf(other),
    )
  }

  /** What of a field's type must be the same for all fields of one key (GraphQL, section 5.3.2): no subgraph would take others together. */
  function formOf({ field, parent }: Selected): string {
    const type = 'getFields' in parent ? parent.getFields()[field.name.value]?.type : undefined
    const text = String(type)
    return isCompositeType(getNamedType(type)) ? text.replace(/\w+/, '{}') : text
  }

  function meet(one: GraphQLNamedType, other: GraphQLNamedType): boolean {
    const [types, others] = [objectsOf(one), objectsOf(other)]
    if (types.some((type) => others.includes(type))) return true
    const interfaces = new Set(types.flatMap((type) => type.getInterfaces()))
    return others.some((type) =>
      type.getInterfaces().some((each) => known.has(each.name) && interfaces.has(each)),
    )
  }
}

const isSameField = ({ field: one }: Selected, { field: other }: Selected): boolean =>
  one.name.value === other.name.value && argumentsOf(one) === argumentsOf(other)

const argumentsOf = ({ arguments: given = [] }: FieldNode): string => given.map(print).toSorted().join()

const setOf = (selections: SelectionNode[]): SelectionSetNode => ({
  kind: Kind.SELECTION_SET,
  selections: selections.length > 0 ? selections : [NOTHING],
})
