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
  type SelectionSetNode,
} from 'graphql'
import { NOTHING } from './nothing.ts'

/** A selection set, and the type of the objects that it is on. */
export interface Visit {
  set: SelectionSetNode
  parent: GraphQLNamedType
}

/** One of the fields that have a response key. */
export interface Selected {
  field: FieldNode
  parent: GraphQLNamedType
}

/** Finds what selection sets of a document ask for, through all of their fragments. */
export function fieldFinder(document: DocumentNode, schema: GraphQLSchema) {
  const fragments = new Map<string, FragmentDefinitionNode>()
  for (const definition of document.definitions)
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition)

  /** @param only what an object of this type has. */
  function fieldsByKey(visits: readonly Visit[], only?: GraphQLObjectType): Map<string, Selected[]> {
    const found = new Map<string, Selected[]>()
    for (const { set, parent } of visits) collect(set, parent)
    return found

    function collect({ selections }: SelectionSetNode, parent: GraphQLNamedType): void {
      if (only && !objectsOf(parent).includes(only)) return
      for (const node of selections) {
        if (node.kind === Kind.FIELD) {
          if (node === NOTHING) continue
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

  function visitsBelow(selected: readonly Selected[]): Visit[] {
    return selected.flatMap(({ field, parent }) => {
      const definition =
        isObjectType(parent) || isInterfaceType(parent) ? parent.getFields()[field.name.value] : undefined
      return definition && field.selectionSet
        ? [{ set: field.selectionSet, parent: getNamedType(definition.type) }]
        : []
    })
  }

  function objectsOf(type: GraphQLNamedType): readonly GraphQLObjectType[] {
    if (isObjectType(type)) return [type]
    return isAbstractType(type) ? schema.getPossibleTypes(type) : []
  }

  return { fieldsByKey, visitsBelow, objectsOf }
}
