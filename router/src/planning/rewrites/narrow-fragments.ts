import {
  type DirectiveNode,
  type DocumentNode,
  type FragmentDefinitionNode,
  getNamedType,
  type GraphQLInterfaceType,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
  type InlineFragmentNode,
  isAbstractType,
  isInterfaceType,
  isObjectType,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql'
import { nestedTooDeeply } from '../nesting.ts'
import { NOTHING } from './nothing.ts'

/** Copies of fields for the objects of their interfaces, which may double with each interface in another: so many are planned in half a second. */
const MAX_COPIES = 1_000

/**
 * Takes type conditions away where the type is known: `... on Node` on a `User` always applies. The plan executor does not
 * ask a subgraph for the type of what can only be one, and then finds that `... on User` within `... on Node` does not
 * apply: the client would silently miss fields. A union or another interface within an interface becomes the members of both: the planner
 * knows no way from an interface object to them. The result means the same as the given document, which must be valid.
 * @throws GraphQLError where it would have too many copies of one field.
 */
export function narrowFragments(document: DocumentNode, schema: GraphQLSchema): DocumentNode {
  const fragments = new Map<string, FragmentDefinitionNode>()
  let copies = 0
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition)
  }
  return {
    ...document,
    definitions: document.definitions.map((definition) => {
      if (definition.kind === Kind.FRAGMENT_DEFINITION) {
        return { ...definition, selectionSet: within(definition.selectionSet, typeOf(definition)) }
      }
      if (definition.kind !== Kind.OPERATION_DEFINITION) return definition
      return {
        ...definition,
        selectionSet: within(definition.selectionSet, schema.getRootType(definition.operation)),
      }
    }),
  }

  function within(set: SelectionSetNode, parent: GraphQLNamedType | null | undefined): SelectionSetNode {
    const selections = set.selections
      .flatMap((selection) => narrower(selection, parent))
      .flatMap((selection) => membersOf(selection, parent))
      .flatMap((selection) => rewrite(selection, parent) ?? [])
    return { ...set, selections: selections.length > 0 ? selections : [NOTHING] }
  }

  /** A field that some objects of its interface narrow, as each of them has it: then the fragments in it can be told to apply there. */
  function narrower(node: SelectionNode, parent: GraphQLNamedType | null | undefined): SelectionNode[] {
    if (node.kind !== Kind.FIELD || !node.selectionSet || !isInterfaceType(parent)) return [node]
    const typeIn = (type: GraphQLObjectType | GraphQLInterfaceType): GraphQLNamedType | undefined => {
      const field = type.getFields()[node.name.value]
      return field && getNamedType(field.type)
    }
    const members = schema.getPossibleTypes(parent)
    if (members.every((member) => typeIn(member) === typeIn(parent))) return [node]
    copies += members.length
    if (copies > MAX_COPIES) throw nestedTooDeeply(MAX_COPIES)
    const selectionSet: SelectionSetNode = { kind: Kind.SELECTION_SET, selections: [node] }
    return members.map((member) => fragmentOn(member, [], selectionSet))
  }

  function membersOf(node: SelectionNode, parent: GraphQLNamedType | null | undefined): SelectionNode[] {
    const fragment = node.kind === Kind.FRAGMENT_SPREAD ? fragments.get(node.name.value) : node
    if (!isInterfaceType(parent) || !fragment || fragment.kind === Kind.FIELD) return [node]
    const type = typeOf(fragment)
    if (!isAbstractType(type) || type === parent || schema.isSubType(type, parent)) return [node]
    const { directives = [] } = node
    return schema.getPossibleTypes(type).flatMap((member) => {
      if (!schema.isSubType(parent, member)) return []
      return [fragmentOn(member, directives, fragment.selectionSet)]
    })
  }

  function rewrite(node: SelectionNode, parent: GraphQLNamedType | null | undefined): SelectionNode | null {
    if (node.kind === Kind.FIELD) {
      if (!node.selectionSet) return node
      const field =
        isObjectType(parent) || isInterfaceType(parent) ? parent.getFields()[node.name.value] : undefined
      return { ...node, selectionSet: within(node.selectionSet, field && getNamedType(field.type)) }
    }
    const fragment = node.kind === Kind.FRAGMENT_SPREAD ? fragments.get(node.name.value) : node
    const type = fragment?.typeCondition ? typeOf(fragment) : parent
    if (isObjectType(parent) && fragment) {
      if (isObjectType(type) && type !== parent) return null
      if (isAbstractType(type)) {
        if (!schema.isSubType(type, parent)) return null
        const { directives = [] } = node
        return { kind: Kind.INLINE_FRAGMENT, directives, selectionSet: within(fragment.selectionSet, parent) }
      }
    }
    return node.kind === Kind.INLINE_FRAGMENT
      ? { ...node, selectionSet: within(node.selectionSet, type) }
      : node
  }

  function typeOf({
    typeCondition,
  }: FragmentDefinitionNode | InlineFragmentNode): GraphQLNamedType | undefined {
    return typeCondition && schema.getType(typeCondition.name.value)
  }
}

const fragmentOn = (
  { name: value }: GraphQLObjectType,
  directives: readonly DirectiveNode[],
  selectionSet: SelectionSetNode,
): InlineFragmentNode => ({
  kind: Kind.INLINE_FRAGMENT,
  typeCondition: { kind: Kind.NAMED_TYPE, name: { kind: Kind.NAME, value } },
  directives,
  selectionSet,
})
