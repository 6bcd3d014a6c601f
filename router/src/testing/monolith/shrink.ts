import { type ASTNode, type DocumentNode, Kind, parse, print, visit } from 'graphql'
import type { Case } from './compare.ts'

/**
 * Makes a failing case smaller for as long as one of the smaller ones fails as well: first its operation, then its schemas.
 * @param isFailing false as well for what is no valid case.
 */
export async function shrink(failing: Case, isFailing: (smaller: Case) => Promise<boolean>): Promise<Case> {
  const withOperation = await smallest(failing, isFailing, function* (one) {
    for (const document of smallerDocuments(one.document)) yield { ...one, document }
  })
  return smallest(withOperation, isFailing, function* (one) {
    for (const schemas of smallerSchemas(one.schemas)) yield { ...one, schemas }
  })
}

/** What is left when nothing smaller fails. After a step it goes on where it was: what was needed before is needed still. */
async function smallest(
  failing: Case,
  isFailing: (smaller: Case) => Promise<boolean>,
  smallerThan: (one: Case) => Iterable<Case>,
): Promise<Case> {
  let found = failing
  let skipped = 0
  for (let isSmaller = true; isSmaller || skipped > 0; ) {
    if (!isSmaller) skipped = 0
    isSmaller = false
    let index = 0
    for (const smaller of smallerThan(found)) {
      if (index++ < skipped || !(await isFailing(smaller))) continue
      found = smaller
      skipped = index - 1
      isSmaller = true
      break
    }
  }
  return found
}

function* smallerSchemas(schemas: Record<string, string>): Generator<Record<string, string>> {
  for (const name of Object.keys(schemas)) {
    const others = Object.fromEntries(Object.entries(schemas).filter(([other]) => other !== name))
    if (Object.keys(others).length > 0) yield others
  }
  for (const [name, sdl] of Object.entries(schemas))
    for (const document of smallerDocuments(parse(sdl), true)) yield { ...schemas, [name]: print(document) }
}

const REMOVABLE = new Set<string>([
  Kind.FIELD,
  Kind.INLINE_FRAGMENT,
  Kind.FRAGMENT_SPREAD,
  Kind.FRAGMENT_DEFINITION,
  Kind.DIRECTIVE,
  Kind.ARGUMENT,
  Kind.VARIABLE_DEFINITION,
  Kind.OBJECT_TYPE_DEFINITION,
  Kind.INTERFACE_TYPE_DEFINITION,
  Kind.UNION_TYPE_DEFINITION,
  Kind.ENUM_TYPE_DEFINITION,
  Kind.FIELD_DEFINITION,
  Kind.INPUT_VALUE_DEFINITION,
])

/** The document without one of its nodes, larger ones first, or with a fragment or alias replaced by what is in it. */
function* smallerDocuments(document: DocumentNode, isSchema = false): Generator<DocumentNode> {
  const nodes: ASTNode[] = []
  visit(document, {
    enter(node) {
      if (node.kind === Kind.SCHEMA_EXTENSION) return false
      if (REMOVABLE.has(node.kind)) nodes.push(node)
      return undefined
    },
  })
  for (const node of nodes) {
    const without = visit(document, { enter: (one) => (one === node ? null : undefined) })
    yield isSchema ? without : tidy(without)
  }
  if (isSchema) {
    for (const node of nodes)
      if (node.kind === Kind.UNION_TYPE_DEFINITION || node.kind === Kind.OBJECT_TYPE_DEFINITION)
        for (const part of node.kind === Kind.UNION_TYPE_DEFINITION
          ? (node.types ?? [])
          : (node.interfaces ?? []))
          yield visit(document, { NamedType: (one) => (one === part ? null : undefined) })
    return
  }
  for (const node of nodes) {
    if (node.kind === Kind.FIELD && node.alias)
      yield visit(document, { Field: (one) => (one === node ? { ...one, alias: undefined } : undefined) })
    if (node.kind === Kind.INLINE_FRAGMENT)
      yield visit(document, {
        SelectionSet: (set) => ({
          ...set,
          selections: set.selections.flatMap((one) => (one === node ? node.selectionSet.selections : [one])),
        }),
      })
    if (node.kind === Kind.FRAGMENT_SPREAD) {
      const fragment = document.definitions.find(
        (one) => one.kind === Kind.FRAGMENT_DEFINITION && one.name.value === node.name.value,
      )
      if (fragment?.kind !== Kind.FRAGMENT_DEFINITION) continue
      const { typeCondition, selectionSet } = fragment
      const inline = {
        kind: Kind.INLINE_FRAGMENT,
        typeCondition,
        directives: node.directives,
        selectionSet,
      } as const
      yield tidy(visit(document, { FragmentSpread: (one) => (one === node ? inline : undefined) }))
    }
  }
}

/** Without fragments and variables that nobody uses, and without selections that select nothing. */
function tidy(document: DocumentNode): DocumentNode {
  const isEmpty = (node: { selectionSet?: { selections: readonly unknown[] } | undefined }) =>
    node.selectionSet?.selections.length === 0
  const pruned = visit(document, {
    Field: { leave: (node) => (isEmpty(node) ? null : undefined) },
    InlineFragment: { leave: (node) => (isEmpty(node) ? null : undefined) },
  })
  const used = new Set<string>()
  visit(pruned, {
    FragmentSpread: ({ name }) => void used.add(`...${name.value}`),
    VariableDefinition: () => false,
    Variable: ({ name }) => void used.add(name.value),
  })
  const tidied = visit(pruned, {
    FragmentDefinition: ({ name }) => (used.has(`...${name.value}`) ? undefined : null),
    VariableDefinition: ({ variable }) => (used.has(variable.name.value) ? undefined : null),
  })
  return print(tidied) === print(document) ? tidied : tidy(tidied)
}
