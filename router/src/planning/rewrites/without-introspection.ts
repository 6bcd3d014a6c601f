import { type DocumentNode, Kind, visit } from 'graphql'
import { NOTHING } from './nothing.ts'

const INTROSPECTION = new Set(['__schema', '__type'])

/**
 * What is left to fetch: introspection is answered from the schema, and the planner does not know all of it, `isOneOf` for one.
 * @returns the document itself where it has none.
 */
export function withoutIntrospection(document: DocumentNode): DocumentNode {
  if (!introspects(document)) return document
  return visit(document, {
    FragmentDefinition: ({ typeCondition }) => (typeCondition.name.value.startsWith('__') ? null : undefined),
    Field: ({ name }) => (INTROSPECTION.has(name.value) ? null : undefined),
    SelectionSet: {
      leave: (set) => (set.selections.length > 0 ? undefined : { ...set, selections: [NOTHING] }),
    },
  })
}

/** Whether an operation asks for nothing: what it had was introspection, or left out. */
export const isNothing = ({ definitions }: DocumentNode): boolean =>
  definitions.every(
    (definition) =>
      definition.kind !== Kind.OPERATION_DEFINITION ||
      definition.selectionSet.selections.every((selection) => selection === NOTHING),
  )

function introspects(document: DocumentNode): boolean {
  let found = false
  visit(document, { Field: ({ name }) => void (found ||= INTROSPECTION.has(name.value)) })
  return found
}
