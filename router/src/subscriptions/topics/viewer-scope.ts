import type { Bearer } from '@karcis/kit/service-token'
import {
  getNamedType,
  type GraphQLNamedType,
  type GraphQLSchema,
  isAbstractType,
  isInterfaceType,
  isObjectType,
  Kind,
  type SelectionSetNode,
} from 'graphql'
import type { OperationRequest, ReadyOperation } from '../../execution/operation.ts'
import { knownOperation } from '../../planning/known-operation.ts'
import { type PreparedOperation, prepareOperation } from '../../planning/prepare.ts'

/**
 * A field, or every field of a type, that is declared `@tag(name: "same-for-all")` in a schema has the same value for
 * all viewers, and for people who are not signed in.
 */
const SAME_FOR_ALL = 'same-for-all'

const known = new WeakMap<PreparedOperation, boolean>()

/**
 * The viewer that a subscription has to be run for so that its events are right for whoever asked: null, when all that it
 * selects is declared to be the same for all, so that all can share it; otherwise the viewer who asked.
 * Nothing can leak by a wrong declaration: what is shared is run without a viewer, and is what anybody may see.
 */
export function viewerScope({ request, prepared, variables }: ReadyOperation): Bearer | null {
  const { viewer, supergraph } = request
  if (!viewer) return null
  const isSame =
    known.get(prepared) ??
    (isSameForAll(prepared, supergraph.federation.supergraphSchema) && isOpenToAll(request, variables))
  known.set(prepared, isSame)
  return isSame ? null : viewer
}

/** Whether nothing of it is denied to people who are not signed in. */
function isOpenToAll(
  { supergraph, document, operationName }: OperationRequest,
  variables: ReadyOperation['variables'],
): boolean {
  try {
    return (
      prepareOperation(knownOperation(supergraph, document, operationName), null, variables).settle === null
    )
  } catch {
    return false
  }
}

function isSameForAll({ context }: PreparedOperation, schema: GraphQLSchema): boolean {
  const { operation, fragments } = context
  const root = schema.getRootType(operation.operation)
  const seen = new Set<string>()
  return root != null && covers(operation.selectionSet, root)

  function covers({ selections }: SelectionSetNode, parent: GraphQLNamedType): boolean {
    return selections.every((selection) => {
      if (selection.kind === Kind.FIELD) {
        const name = selection.name.value
        if (name === '__typename') return true
        const type = typeOf(parent, name)
        if (!type || !isDeclared(parent, name)) return false
        return !selection.selectionSet || covers(selection.selectionSet, type)
      }
      if (selection.kind === Kind.FRAGMENT_SPREAD) {
        if (seen.has(selection.name.value)) return true
        seen.add(selection.name.value)
      }
      const fragment = selection.kind === Kind.FRAGMENT_SPREAD ? fragments[selection.name.value] : selection
      const type = fragment?.typeCondition ? schema.getType(fragment.typeCondition.name.value) : parent
      return fragment !== undefined && type != null && covers(fragment.selectionSet, type)
    })
  }

  /** On an interface the object behind it may be any of its implementations. */
  function isDeclared(parent: GraphQLNamedType, name: string): boolean {
    const types = isAbstractType(parent) ? schema.getPossibleTypes(parent) : [parent]
    return types.every((type) => isTagged(type) || (isObjectType(type) && isTagged(type.getFields()[name])))
  }
}

const typeOf = (parent: GraphQLNamedType, field: string): GraphQLNamedType | null => {
  const type = isObjectType(parent) || isInterfaceType(parent) ? parent.getFields()[field]?.type : undefined
  return type ? getNamedType(type) : null
}

interface Tagged {
  astNode?: { directives?: readonly TagNode[] | undefined } | null | undefined
}

interface TagNode {
  name: { value: string }
  arguments?: readonly { value: { kind: Kind; value?: unknown } }[] | undefined
}

const isTagged = (element: Tagged | undefined): boolean =>
  element?.astNode?.directives?.some(
    ({ name, arguments: [argument] = [] }) => name.value === 'tag' && argument?.value.value === SAME_FOR_ALL,
  ) ?? false
