import {
  type DocumentNode,
  type FragmentDefinitionNode,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
  visit,
} from 'graphql'
import { clientError } from '../../errors.ts'
import { aliasName, isInternalName, publicName } from '../../internal-names.ts'

type Data = Record<string, unknown> | null | undefined

/** Response keys, with those below each. */
type Keys = Map<string, Keys>

/**
 * Renames every alias that is also the name of some field. What is fetched for an object has one name per value:
 * `{ id: title }` would make the title the key by which the object is fetched elsewhere.
 * @param names of all fields of the supergraph. @returns the document itself when there is nothing to rename.
 * @throws GraphQLError BAD_USER_INPUT for an alias that is reserved.
 */
export function renameAliases(document: DocumentNode, names: ReadonlySet<string>): DocumentNode {
  return visit(document, {
    Field(node) {
      const alias = node.alias?.value
      if (alias === undefined || alias === node.name.value) return undefined
      if (isInternalName(alias)) throw clientError('BAD_USER_INPUT', `The alias "${alias}" is reserved.`)
      if (!names.has(alias) && alias !== '__typename') return undefined
      return { ...node, alias: { kind: Kind.NAME, value: aliasName(alias) } }
    },
  })
}

/** Makes the function that restores the client's names in the data of a renamed operation. */
export function createAliasRestorer(
  operation: OperationDefinitionNode,
  fragments: Record<string, FragmentDefinitionNode>,
): (data: Data) => Data {
  const keys: Keys = new Map()
  collect(operation.selectionSet, keys)
  return (data) => data && (restored(data, keys) as Data)

  function collect({ selections }: SelectionSetNode, into: Keys): void {
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) {
        const key = selection.alias?.value ?? selection.name.value
        const below = into.get(key) ?? new Map()
        into.set(key, below)
        if (selection.selectionSet) collect(selection.selectionSet, below)
      } else {
        const fragment = selection.kind === Kind.FRAGMENT_SPREAD ? fragments[selection.name.value] : selection
        if (fragment) collect(fragment.selectionSet, into)
      }
    }
  }
}

function restored(value: unknown, keys: Keys): unknown {
  if (Array.isArray(value)) return value.map((item) => restored(item, keys))
  if (keys.size === 0 || typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      keys.has(key) ? publicName(key) : key,
      restored(item, keys.get(key) ?? NONE),
    ]),
  )
}

const NONE: Keys = new Map()
