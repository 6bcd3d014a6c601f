import { buildOperationContext } from '@apollo/gateway'
import { type FieldNode, type FragmentDefinitionNode, Kind, parse, type SelectionSetNode } from 'graphql'
import { withoutMarks } from '../planning/defer-directive.ts'
import { NOTHING } from '../planning/rewrites/nothing.ts'
import type { ReadyOperation } from './operation.ts'

/** Path to one object in a response. */
export type ObjectPath = (string | number)[]

const TYPE_CONDITION = '... on '

/** The operation that asks for nothing but `subselection` of the objects at `path`. */
export function blockContext({ request, prepared }: ReadyOperation, path: string[], subselection: string) {
  const { operation, fragments } = prepared.context
  const selectionSet = around([operation.selectionSet], path, selectionsOf(subselection), fragments)
  return buildOperationContext({
    schema: request.supergraph.apiSchema,
    operationDocument: { kind: Kind.DOCUMENT, definitions: [{ ...operation, selectionSet }] },
  })
}

function around(
  sets: SelectionSetNode[],
  [step, ...rest]: string[],
  inner: SelectionSetNode,
  fragments: Record<string, FragmentDefinitionNode>,
): SelectionSetNode {
  if (step === undefined) return inner
  if (step.startsWith(TYPE_CONDITION)) {
    const name = { kind: Kind.NAME, value: step.slice(TYPE_CONDITION.length) } as const
    const typeCondition = { kind: Kind.NAMED_TYPE, name } as const
    const selectionSet = around(sets, rest, inner, fragments)
    return setOf({ kind: Kind.INLINE_FRAGMENT, typeCondition, selectionSet })
  }
  const fields = sets.flatMap((set) => fieldsOf(set, step, fragments))
  const [field] = fields
  if (!field) throw new Error(`a deferred fragment is at "${step}", which was not selected`)
  const below = fields.flatMap(({ selectionSet }) => selectionSet ?? [])
  return setOf({ ...field, directives: [], selectionSet: around(below, rest, inner, fragments) })
}

function fieldsOf(
  { selections }: SelectionSetNode,
  key: string,
  fragments: Record<string, FragmentDefinitionNode>,
): FieldNode[] {
  return selections.flatMap((selection) => {
    if (selection.kind === Kind.FIELD)
      return (selection.alias?.value ?? selection.name.value) === key ? [selection] : []
    const fragment = selection.kind === Kind.FRAGMENT_SPREAD ? fragments[selection.name.value] : selection
    return fragment ? fieldsOf(fragment.selectionSet, key, fragments) : []
  })
}

const setOf = (selection: SelectionSetNode['selections'][number]): SelectionSetNode => ({
  kind: Kind.SELECTION_SET,
  selections: [selection],
})

function selectionsOf(text: string): SelectionSetNode {
  const nothing = { kind: Kind.SELECTION_SET, selections: [NOTHING] } as const
  if (text === '') return nothing
  const [operation] = withoutMarks(parse(text, { noLocation: true })).definitions
  return operation?.kind === Kind.OPERATION_DEFINITION ? operation.selectionSet : nothing
}

/** The path to each object at a path of the plan, which knows no indexes. */
export function objectPaths(data: unknown, path: string[], parent: ObjectPath = []): ObjectPath[] {
  if (Array.isArray(data)) return data.flatMap((item, index) => objectPaths(item, path, [...parent, index]))
  if (typeof data !== 'object' || data === null) return []
  const [step, ...rest] = path
  if (step === undefined) return [parent]
  return step.startsWith(TYPE_CONDITION)
    ? objectPaths(data, rest, parent)
    : objectPaths((data as Record<string, unknown>)[step], rest, [...parent, step])
}

/** The object at a path; null when a null is there or above. */
export function valueAt(data: unknown, path: ObjectPath): Record<string, unknown> | null {
  const value = path.reduce<unknown>(
    (at, step) => (typeof at === 'object' && at !== null ? (at as Record<string, unknown>)[step] : null),
    data,
  )
  return (value as Record<string, unknown> | null | undefined) ?? null
}
